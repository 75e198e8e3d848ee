import { rm } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CatalogErrors } from '../../src/catalog/catalog-errors.js'
import { readCityFolders } from '../../src/catalog/read-city-folder.js'
import { toService } from '../../src/store/catalog/write-services.js'
import * as town from '../harness/squareton.js'

let folder: string
beforeEach(async () => {
  folder = await town.createFolder()
})
afterEach(() => rm(folder, { recursive: true }))

async function read(written: town.Town) {
  await town.writeTown(folder, written)
  return (await readCityFolders(folder))[0]!
}
async function readFaults(written: town.Town): Promise<string[]> {
  const error = await read(written).then(
    () => null,
    (caught) => caught,
  )
  expect(error).toBeInstanceOf(CatalogErrors)
  return (error as CatalogErrors).message.split('\n').map((each) => each.replace(`${folder}/`, ''))
}
const one = (fields: object) => ({
  services: [{ service_code: 'ONE', service_name: 'One', ...fields }],
})

test('EXT-23 EXT-24 reads areas and routes of a valid folder, and keeps the order of routes', async () => {
  const { services, areas } = await read({})
  expect(areas.map(({ area_type, area_id, name }) => [area_type, area_id, name])).toEqual([
    ['ward', 'west', 'Westside'],
    ['ward', 'east', 'Eastside'],
    ['district', 'old', 'Old Town'],
  ])
  const [pothole, , ferry] = services.map(toService)
  expect(pothole!.routes).toEqual([
    { area: 'district:old', agency_responsible: 'Old Town Office' },
    { area: 'ward:west', agency_responsible: 'Streets West' },
  ])
  expect(pothole!.areas).toEqual([])
  expect(ferry!.areas).toEqual(['ward:east'])
})

test('EXT-26 routes of a file apply to all its services, except to services with their own routes', async () => {
  const own = { agency_by_area: { 'ward:east': 'Own' } }
  const { services } = await read({
    shared: { agency_by_area: { 'ward:west': 'Shared' } },
    services: [
      { service_code: 'A', service_name: 'A' },
      { service_code: 'B', service_name: 'B', ...own },
    ],
  })
  expect(services.map((each) => toService(each).routes.map((route) => route.agency_responsible))).toEqual([
    ['Shared'],
    ['Own'],
  ])
})

test('EXT-23 refuses an unknown area, and names the service and the area', async () => {
  const faults = await readFaults(one({ areas: ['ward:north'], agency_by_area: { 'district:new': 'X' } }))
  expect(faults).toEqual([
    expect.stringContaining('service_code ONE names the area ward:north, which is not there'),
    expect.stringContaining('service_code ONE names the area district:new, which is not there'),
  ])
  expect(await readFaults(one({ areas: ['ward:West'] }))).toEqual([expect.stringContaining('ward:West')])
  expect(await readFaults({ areas: {}, ...one({ areas: ['ward:west'] }) })).toEqual([
    expect.stringContaining('ward:west'),
  ])
})

test('EXT-23 refuses a text that is not TYPE:ID as an area, and names its path', async () => {
  for (const name of ['west', ':west', 'Ward:west', 'w ard:west', '1:west', '']) {
    const [areas] = await readFaults(one({ areas: [name] }))
    expect(areas, name).toMatch(/^services\.json: services\.0\.areas\.0: /)
    const [routes] = await readFaults(one({ agency_by_area: { [name]: 'X' } }))
    expect(routes, name).toMatch(/^services\.json: services\.0\.agency_by_area/)
  }
  const [agency] = await readFaults(one({ agency_by_area: { 'ward:west': '' } }))
  expect(agency).toContain('services.0.agency_by_area.ward:west: has to be one line of text')
})

test('EXT-24 joins features with the same id and name to one area, and refuses the same id with another name', async () => {
  const [west, east] = town.WARDS
  const more = { ...town.area('west', 'Westside', 14, 50, 15, 51) }
  const { areas } = await read({ ...one({}), areas: { ward: [west!, east!, more] } })
  expect(areas.map(({ area_id }) => area_id)).toEqual(['west', 'east'])
  expect(JSON.parse(areas[0]!.geometry)).toEqual({
    type: 'MultiPolygon',
    coordinates: [west!.rings, more.rings],
  })
  expect(await readFaults({ ...one({}), areas: { ward: [west!, { ...more, name: 'Other' }] } })).toEqual([
    'ward.geojson: features.1.properties.id: west is the id of Westside already',
  ])
})

test('EXT-24 accepts texts and numbers as id and name, and names the feature without an id', async () => {
  const square = [10, 50, 11, 51] as const
  const { areas } = await read({
    ...one({ areas: ['ward:7', 'ward:a:b c'] }),
    areas: { ward: [town.area(7, 7, ...square), town.area(' a:b c\u0000 ', ' Na\u0001me ', ...square)] },
  })
  expect(areas.map(({ area_id, name }) => [area_id, name])).toEqual([
    ['7', '7'],
    ['a:b c', 'Name'],
  ])
  for (const id of [null, '', ' ', '\u0000', true, ['x']]) {
    expect(await readFaults({ ...one({}), areas: { ward: [town.area(id, 'Name', ...square)] } })).toEqual([
      'ward.geojson: features.0.properties.id: is not there',
    ])
  }
})

test('EXT-24 refuses the same area in two files of one type', async () => {
  const files = [
    { area_type: 'ward', file: 'ward.geojson', id: 'id', name: 'name' },
    { area_type: 'ward', file: 'district.geojson', id: 'id', name: 'name' },
  ]
  const areas = {
    ward: [town.area('1', 'One', 10, 50, 11, 51)],
    district: [town.area('1', 'One', 11, 50, 12, 51)],
  }
  expect(await readFaults({ jurisdiction: { areas: files }, areas, ...one({}) })).toEqual([
    expect.stringContaining('area ward:1 is there twice'),
  ])
})

test('EXT-19 makes values of list and number attributes public by default, and other values only if the file says so', async () => {
  const { services } = await read({})
  const service = toService(services.find((each) => each.service_code === 'ASKING')!)
  expect(Object.fromEntries(service.attributes.map((each) => [each.code, each.public]))).toEqual({
    KIND: true,
    SECRET_KIND: false,
    HOW_MANY: true,
    SINCE: false,
    WORDS: false,
    STORY: false,
    POLE: true,
  })
  const [fault] = await readFaults(
    one({ attributes: [{ code: 'A', datatype: 'string', description: 'A?', public: 'yes' }] }),
  )
  expect(fault).toMatch(/services\.0\.attributes\.0\.public/)
})
