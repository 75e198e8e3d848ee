import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  georeport,
  type ServerProcess,
  type Storage,
  startServer,
  storages,
} from '../harness/server-process.js'
import * as town from '../harness/squareton.js'

const BASE = '/open311/v2'
type Args = Record<string, string | number>

interface Listed {
  service_request_id: string
  agency_responsible: string | null
  extended_attributes: {
    areas: { area_type: string; area_id: string; name: string }[]
    answers: { code: string; label: string; options: { key: string; name: string }[] }[]
    media_urls: string[]
  }
}

describe.each(storages)('Squareton on $kind', ({ create }) => {
  let storage: Storage
  let served: ServerProcess
  let folder: string
  let key: string
  const run = (...argv: string[]) => georeport(served.environment, ...argv)
  const request = (path: string, args: Args = {}) =>
    fetch(`${served.origin}${BASE}${path}?${new URLSearchParams(args as Record<string, string>)}`)
  const read = async <Value>(path: string, args: Args = {}) => (await request(path, args)).json() as Value
  const post = (args: Args) => {
    const body = new URLSearchParams({ api_key: key, ...(args as Record<string, string>) })
    return fetch(`${served.origin}${BASE}/requests.json`, { method: 'POST', body })
  }
  async function file(args: Args): Promise<string> {
    const [{ service_request_id }] = (await (await post(args)).json()) as [{ service_request_id: string }]
    return service_request_id
  }
  const getOne = async (id: string) =>
    (await read<[Listed]>(`/requests/${id}.json`, { extensions: 'true' }))[0]
  const listAreas = async (id: string) =>
    (await getOne(id)).extended_attributes.areas.map((each) => `${each.area_type}:${each.area_id}`)
  const listCodes = async (args: Args) =>
    (await read<{ service_code: string }[]>('/services.json', args)).map((each) => each.service_code)

  beforeAll(async () => {
    storage = await create()
    folder = await town.createFolder()
    await town.writeTown(folder)
    served = await startServer(storage, { DEMO: 'false' })
    expect(await run('load', folder)).toMatchObject({ exit: 0 })
    key = (await run('keys', 'create', '--name', 'app')).out
    // The server loads the key a moment after the command has ended.
    while ((await post({})).status === 403) await new Promise((done) => setTimeout(done, 20))
  })
  afterAll(async () => {
    await served?.stop()
    await storage?.remove()
    await rm(folder, { recursive: true, force: true })
  })

  test('EXT-13 EXT-26 a submission gets the agency and the areas of its location', async () => {
    const old = await getOne(await file({ service_code: 'POTHOLE', ...town.OLD_WEST }))
    expect(old.agency_responsible).toBe('Old Town Office')
    expect(old.extended_attributes.areas).toEqual([
      { area_type: 'district', area_id: 'old', name: 'Old Town' },
      { area_type: 'ward', area_id: 'west', name: 'Westside' },
    ])
    const east = await getOne(await file({ service_code: 'POTHOLE', ...town.EAST }))
    expect(east.agency_responsible).toBe('Streets')
    const nowhere = await getOne(await file({ service_code: 'POTHOLE', address_string: 'Square 1' }))
    expect([nowhere.agency_responsible, nowhere.extended_attributes.areas]).toEqual(['Streets', []])
  })

  test('EXT-23 services at a location are those offered there', async () => {
    const all = town.SERVICES.map((each) => each.service_code)
    expect(await listCodes({})).toEqual(all)
    expect(await listCodes(town.EAST)).toEqual(all)
    expect(await listCodes(town.WEST)).toEqual(all.filter((code) => code !== 'FERRY'))
    expect(await listCodes(town.BORDER)).toEqual(all)
    expect(await listCodes({ lat: town.EAST.lat, lng: town.EAST.long })).toEqual(all)
    expect(await listCodes(town.OUTSIDE)).toEqual([])
    const xml = await (await request('/services.xml', town.WEST)).text()
    expect(xml).toContain('<service_code>POTHOLE</service_code>')
    expect(xml).not.toContain('FERRY')
    expect(await (await request('/services.xml', town.OUTSIDE)).text()).toMatch(/<services><\/services>\n?$/)
  })

  test.each([
    ['/services', { lat: '52' }, 'long'],
    ['/services', { long: '12' }, 'lat'],
    ['/services', { lat: '52', long: 'x' }, 'long'],
    ['/services', { lat: '91', long: '12' }, 'lat'],
    ['/areas', { lat: '52' }, 'long'],
    ['/preflight', { service_code: 'POTHOLE', long: '12' }, 'lat'],
    ['/preflight', { service_code: 'POTHOLE' }, 'lat'],
    ['/preflight', { lat: '52', long: '12' }, 'service_code'],
  ])(
    'EXT-23 EXT-24 EXT-26 %s with %j is refused with an error that names %s, in both formats',
    async (path, args, name) => {
      const json = await request(`${path}.json`, args)
      expect(json.status).toBe(400)
      expect(await json.json()).toEqual([{ code: 400, description: expect.stringContaining(name) }])
      const xml = await request(`${path}.xml`, args)
      expect(xml.status).toBe(400)
      expect(await xml.text()).toMatch(new RegExp(`<errors><error><code>400</code><description>[^<]*${name}`))
    },
  )

  test('EXT-23 a service limited to areas accepts locations inside them or no location, and refuses others', async () => {
    expect((await post({ service_code: 'FERRY', ...town.EAST })).status).toBe(200)
    expect((await post({ service_code: 'FERRY', ...town.BORDER })).status).toBe(200)
    expect((await post({ service_code: 'FERRY' })).status).toBe(200)
    const refused = await post({ service_code: 'FERRY', ...town.WEST })
    expect(refused.status).toBe(400)
    expect(await refused.json()).toEqual([
      { code: 400, description: expect.stringContaining('lat and long') },
    ])
    expect((await post({ service_code: 'POTHOLE', ...town.OUTSIDE })).status).toBe(400)
  })

  test('EXT-19 values of public attributes are shown with the names of their options, others are not', async () => {
    const id = await file({
      service_code: 'ASKING',
      ...town.WEST,
      'attribute[KIND]': 'B',
      'attribute[SECRET_KIND]': 'A',
      'attribute[HOW_MANY]': '7',
      'attribute[SINCE]': '1977-05-01T10:00:00Z',
      'attribute[WORDS]': 'planted words',
      'attribute[STORY]': 'planted story',
      'attribute[POLE]': 'K-204',
      'attribute[UNKNOWN]': 'planted code',
    })
    const answer = (code: string, label: string, k: string, name = k) => ({
      code,
      label,
      options: [{ key: k, name }],
    })
    const expected = [
      answer('KIND', 'Which kind?', 'B', 'Beta'),
      answer('HOW_MANY', 'How many?', '7'),
      answer('POLE', 'Which pole?', 'K-204'),
    ]
    expect((await getOne(id)).extended_attributes.answers).toEqual(expected)
    for (const args of [{ service_request_id: id }, { service_code: 'ASKING' }]) {
      const [listed] = await read<Listed[]>('/requests.json', { ...args, extensions: 'true' })
      expect(listed!.extended_attributes.answers).toEqual(expected)
    }
    const bodies = await Promise.all(
      ['xml', 'json'].flatMap((format) =>
        [`/requests/${id}.${format}`, `/requests.${format}`].map(async (path) =>
          (await request(path, { extensions: 'true' })).text(),
        ),
      ),
    )
    expect(bodies.join()).not.toMatch(/planted|SECRET_KIND|1977/)
    expect(await (await request(`/requests/${id}.json`)).text()).not.toContain('extended_attributes')
    expect((await request(`/requests/${id}.json`, { extensions: 'perhaps' })).status).toBe(400)
  })

  test('EXT-19 A-61 a moderated service request shows no areas, answers or media', async () => {
    const id = await file({
      service_code: 'CARE',
      ...town.OLD_WEST,
      description: 'planted',
      media_url: 'https://a.example/planted.jpg',
      'attribute[ANY]': 'planted',
    })
    const { extended_attributes } = await getOne(id)
    expect(extended_attributes).toMatchObject({ areas: [], answers: [], media_urls: [] })
    expect(JSON.stringify(await getOne(id))).not.toContain('planted')
    expect(await read('/requests.json', { service_request_id: id, extensions: 'true' })).toEqual([])
  })

  test('EXT-26 preflight lists a service request that was just filed, in both formats, and agrees with a submission', async () => {
    const here = { lat: 50.5, long: 10.5 }
    const id = await file({ service_code: 'POTHOLE', ...here, description: 'Deep hole' })
    const args = { service_code: 'POTHOLE', ...here, description: 'deep hole!' }
    const preflight = await read<Record<string, unknown>>('/preflight.json', args)
    expect(preflight).toMatchObject({
      service_code: 'POTHOLE',
      served: true,
      reason: null,
      agency_responsible: 'Streets West',
      expected_datetime: null,
      areas: [{ area_type: 'ward', area_id: 'west', name: 'Westside' }],
      duplicates: [{ service_request_id: id, distance: 0, similarity: 1, description: 'Deep hole' }],
    })
    expect((await getOne(id)).agency_responsible).toBe(preflight.agency_responsible)
    const xml = await (await request('/preflight.xml', args)).text()
    expect(xml).toContain('<served>true</served><reason></reason>')
    expect(xml).toContain(`<duplicates><duplicate><service_request_id>${id}</service_request_id>`)
    const away = await (await request('/preflight.xml', { ...args, ...town.OUTSIDE })).text()
    expect(away).toMatch(/<served>false<\/served><reason>[^<]+<\/reason>/)
    for (const [format, status] of [
      ['json', 404],
      ['xml', 404],
    ] as const)
      expect((await request(`/preflight.${format}`, { ...args, service_code: 'NONE' })).status).toBe(status)
    expect((await request('/preflight.json', { ...args, description: 'x'.repeat(4001) })).status).toBe(400)
  })

  test('EXT-13 a running server applies area changes of another process to all service requests', async () => {
    const id = await file({ service_code: 'CRACK', ...town.OLD_EAST })
    expect(await listAreas(id)).toEqual(['district:old', 'ward:east'])
    const move = "area set geom = st_translate(geom, 100, 0) where area_id = 'old'"
    expect(await run('sql', `update ${move}`)).toMatchObject({ exit: 0 })
    await expect.poll(() => listAreas(id), { timeout: 60_000 }).toEqual(['ward:east'])
    expect(await read('/requests.json', { area: 'district:old' })).toEqual([])
    const reloaded = await run('load', folder)
    expect(reloaded).toMatchObject({ exit: 0, out: expect.stringContaining('1 areas changed') })
    await expect.poll(() => listAreas(id), { timeout: 60_000 }).toEqual(['district:old', 'ward:east'])
    const listInOld = async () =>
      (await read<Listed[]>('/requests.json', { area: 'district:old' })).map(
        (each) => each.service_request_id,
      )
    await expect.poll(listInOld, { timeout: 60_000 }).toContain(id)
    expect((await run('load', folder)).out).toBe('squareton.example: no changes')
  })

  test('EXT-29 EXT-30 EXT-31 EXT-32 groups, expected_within, blur_metres and statuses of a folder take effect in responses', async () => {
    await town.writeTown(folder, {
      jurisdiction: {
        statuses: [
          { code: 'looking', name: 'Somebody looks', status: 'open' },
          { code: 'mended', name: 'Mended', status: 'closed' },
        ],
      },
      services: [
        ...town.SERVICES,
        {
          service_code: 'SHED',
          service_name: 'Shed',
          groups: ['Streets', 'Parks'],
          expected_within: { hours: 48 },
        },
        { service_code: 'HOME', service_name: 'Home', blur_metres: 1000 },
      ],
    })
    expect(await run('load', folder)).toMatchObject({ exit: 0 })
    expect((await run('load', folder)).out).toBe('squareton.example: no changes')
    await expect.poll(() => listCodes({}), { timeout: 10_000 }).toContain('HOME')
    const xml = await (await request('/services.xml')).text()
    expect(xml).toContain(
      '<group>Streets</group><groups><group>Streets</group><group>Parks</group></groups></service>',
    )
    expect(xml.match(/<groups>/g)).toHaveLength(1)

    const shed = await getOne(await file({ service_code: 'SHED', ...town.WEST }))
    const { requested_datetime, expected_datetime } = shed as unknown as Record<string, string>
    expect(Date.parse(expected_datetime!) - Date.parse(requested_datetime!)).toBe(48 * 3_600_000)

    const home = await getOne(
      await file({ service_code: 'HOME', lat: 52.123456, long: 10.654321, address_string: 'Elm 5' }),
    )
    expect(JSON.stringify(home)).not.toMatch(/Elm|52\.123|10\.654/)
    const { lat, long } = home as unknown as { lat: number; long: number }
    expect(Math.hypot((lat - 52.123456) * 111_320, (long - 10.654321) * 68_300)).toBeLessThan(710)
    const around = { lat: 52.123456, long: 10.654321, radius: 1 }
    expect(await read('/requests.json', around)).toEqual([])

    const update = (await run('keys', 'create', '--name', 'crm', '--scope', 'update')).out
    const postStatus = (status: string) =>
      fetch(`${served.origin}${BASE}/servicerequestupdates.json`, {
        method: 'POST',
        body: new URLSearchParams({ api_key: update, service_request_id: shed.service_request_id, status }),
      })
    await expect.poll(async () => (await postStatus('Mended')).status, { timeout: 10_000 }).toBe(200)
    expect(await getOne(shed.service_request_id)).toMatchObject({
      status: 'closed',
      extended_attributes: { detailed_status: 'mended' },
    })
    // A FixMyStreet status without a counterpart in the city still sets open or closed.
    expect((await postStatus('IN_PROGRESS')).status).toBe(200)
    expect(await getOne(shed.service_request_id)).toMatchObject({
      status: 'open',
      extended_attributes: { detailed_status: null },
    })
  })
})
