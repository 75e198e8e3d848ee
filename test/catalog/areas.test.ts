import { rm } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CatalogErrors } from '../../src/catalog/catalog-errors.js'
import { readCityFolders } from '../../src/catalog/read-city-folder.js'
import { toService } from '../../src/store/catalog/write-services.js'
import * as town from '../harness/squareton.js'

let folder: string
beforeEach(async () => {
  folder = await town.newFolder()
})
afterEach(() => rm(folder, { recursive: true }))

async function read(written: town.Town) {
  await town.writeTown(folder, written)
  return (await readCityFolders(folder))[0]!
}
async function faultsOf(written: town.Town): Promise<string[]> {
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

test('EXT-23 EXT-24 a folder that names its areas rightly has no faults, and routes keep their order', async () => {
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

test('EXT-26 routes of a file hold for all its services, but for those with their own', async () => {
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

test('EXT-23 an area that is not there is a fault that names the service and the area', async () => {
  const faults = await faultsOf(one({ areas: ['ward:north'], agency_by_area: { 'district:new': 'X' } }))
  expect(faults).toEqual([
    expect.stringContaining('service_code ONE names the area ward:north, which is not there'),
    expect.stringContaining('service_code ONE names the area district:new, which is not there'),
  ])
  expect(await faultsOf(one({ areas: ['ward:West'] }))).toEqual([expect.stringContaining('ward:West')])
  expect(await faultsOf({ areas: {}, ...one({ areas: ['ward:west'] }) })).toEqual([
    expect.stringContaining('ward:west'),
  ])
})

test('EXT-23 a name that can be none of an area is a fault where it stands', async () => {
  for (const name of ['west', ':west', 'Ward:west', 'w ard:west', '1:west', '']) {
    const [areas] = await faultsOf(one({ areas: [name] }))
    expect(areas, name).toMatch(/^services\.json: services\.0\.areas\.0: /)
    const [routes] = await faultsOf(one({ agency_by_area: { [name]: 'X' } }))
    expect(routes, name).toMatch(/^services\.json: services\.0\.agency_by_area/)
  }
  const [nobody] = await faultsOf(one({ agency_by_area: { 'ward:west': '' } }))
  expect(nobody).toContain('services.0.agency_by_area.ward:west: has to be one line of text')
})

test('EXT-24 features of one id and name are one area; with another name they are a fault', async () => {
  const [west, east] = town.WARDS
  const more = { ...town.area('west', 'Westside', 14, 50, 15, 51) }
  const { areas } = await read({ ...one({}), areas: { ward: [west!, east!, more] } })
  expect(areas.map(({ area_id }) => area_id)).toEqual(['west', 'east'])
  expect(JSON.parse(areas[0]!.geometry)).toEqual({
    type: 'MultiPolygon',
    coordinates: [west!.rings, more.rings],
  })
  expect(await faultsOf({ ...one({}), areas: { ward: [west!, { ...more, name: 'Other' }] } })).toEqual([
    'ward.geojson: features.1.properties.id: west is the id of Westside already',
  ])
})

test('EXT-24 an id is a text or a number, a name too; without one the feature is named', async () => {
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
    expect(await faultsOf({ ...one({}), areas: { ward: [town.area(id, 'Name', ...square)] } })).toEqual([
      'ward.geojson: features.0.properties.id: is not there',
    ])
  }
})

test('EXT-24 two files of one type may not have an area twice', async () => {
  const files = [
    { area_type: 'ward', file: 'ward.geojson', id: 'id', name: 'name' },
    { area_type: 'ward', file: 'district.geojson', id: 'id', name: 'name' },
  ]
  const areas = {
    ward: [town.area('1', 'One', 10, 50, 11, 51)],
    district: [town.area('1', 'One', 11, 50, 12, 51)],
  }
  expect(await faultsOf({ jurisdiction: { areas: files }, areas, ...one({}) })).toEqual([
    expect.stringContaining('area ward:1 is there twice'),
  ])
})

test('EXT-19 answers are public where people choose from a list, unless the file says otherwise', async () => {
  const { services } = await read({})
  const asking = toService(services.find((each) => each.service_code === 'ASKING')!)
  expect(Object.fromEntries(asking.attributes.map((each) => [each.code, each.public]))).toEqual({
    KIND: true,
    SECRET_KIND: false,
    HOW_MANY: true,
    SINCE: false,
    WORDS: false,
    STORY: false,
    POLE: true,
  })
  const [fault] = await faultsOf(
    one({ attributes: [{ code: 'A', datatype: 'string', description: 'A?', public: 'yes' }] }),
  )
  expect(fault).toMatch(/services\.0\.attributes\.0\.public/)
})
