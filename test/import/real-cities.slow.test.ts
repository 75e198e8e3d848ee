import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createPostgresStorage,
  georeport,
  type ServerProcess,
  type Storage,
  startServer,
} from '../harness/server-process.js'

/** A folder with requests/*.csv.gz and boundaries/*.geojson.gz of real cities; not part of this repository. */
const DATA = process.env.GEOREPORT_DATA
const reason = 'real city data: set GEOREPORT_DATA to its folder, and TEST_DATABASE_URL'

const CITIES = [
  {
    id: 'nola.example',
    zone: 'America/Chicago',
    file: 'new_orleans_2024',
    boundary: 'new_orleans',
    rows: 91_922,
    refused: 0,
    inside: ['29.95', '-90.07'],
  },
  {
    id: 'boston.example',
    zone: 'America/New_York',
    file: 'boston_2011_H2',
    boundary: 'boston',
    rows: 58_248,
    refused: 3,
    inside: ['42.35', '-71.06'],
  },
] as const

describe.skipIf(!DATA || !process.env.TEST_DATABASE_URL)(`real cities in one PostgreSQL (${reason})`, () => {
  let storage: Storage
  let served: ServerProcess
  let folder: string
  let key: string
  const get = async (path: string) => (await fetch(`${served.origin}/open311/v2/${path}`)).text()

  beforeAll(async () => {
    storage = await createPostgresStorage()
    served = await startServer(storage)
    folder = await mkdtemp(join(tmpdir(), 'cities-'))
    for (const { id, zone, boundary } of CITIES) {
      await mkdir(join(folder, id))
      const file = join(DATA!, 'boundaries', `${boundary}__city_limits_tiger2019.geojson.gz`)
      const city = {
        jurisdiction_id: id,
        name: id,
        time_zone: zone,
        contact: 'c',
        key_service: 'k',
        boundary: file,
      }
      await writeFile(join(folder, id, 'jurisdiction.json'), JSON.stringify(city))
    }
    expect((await georeport(served.environment, 'load', folder)).exit).toBe(0)
    key = (await georeport(served.environment, 'keys', 'create', '--name', 'k')).out
  })
  afterAll(async () => {
    await served?.stop()
    await storage?.remove()
    await rm(folder, { recursive: true, force: true })
  })

  test.each(CITIES)(
    'imports all rows of $id, and changes nothing if the import is repeated',
    async ({ id, file, rows, refused }) => {
      const importFile = () =>
        georeport(
          served.environment,
          'import',
          'csv',
          join(DATA!, 'requests', `${file}.csv.gz`),
          '--jurisdiction',
          id,
        )
      const exit = refused > 0 ? 3 : 0
      expect(await importFile()).toMatchObject({
        out: `${rows} new, 0 changed, 0 unchanged, ${refused} refused`,
        exit,
      })
      expect(await importFile()).toMatchObject({
        out: `0 new, 0 changed, ${rows} unchanged, ${refused} refused`,
        exit,
      })
    },
    120_000,
  )

  test('serves each city only under its own jurisdiction_id, in both formats', async () => {
    expect(await get('services.xml')).toContain('<code>400</code>')
    const nola = JSON.parse(
      await get('requests.json?jurisdiction_id=nola.example&start_date=2024-03-01&end_date=2024-03-31'),
    ) as { service_request_id: string; requested_datetime: string; lat: number | null }[]
    expect(nola).toHaveLength(1000)
    for (const { requested_datetime } of nola)
      expect(requested_datetime).toMatch(/^2024-(03|04)-\d\dT\d\d:\d\d:\d\dZ$/)
    const located = nola.filter((each) => each.lat !== null)
    expect(located.length).toBeGreaterThan(980)
    const id = nola[0]!.service_request_id
    expect(await get(`requests/${id}.xml?jurisdiction_id=nola.example`)).toContain(
      `<service_request_id>${id}</service_request_id>`,
    )
    expect(await get(`requests/${id}.xml?jurisdiction_id=boston.example`)).toContain('<code>404</code>')
    expect(JSON.parse(await get('services.json?jurisdiction_id=boston.example'))).toHaveLength(141)
    const closed = JSON.parse(
      await get(
        'requests.json?jurisdiction_id=boston.example&status=closed&start_date=2011-09-01&end_date=2011-09-05&service_code=STREET-LIGHTS-STREET-LIGHT-OUTAGES',
      ),
    ) as object[]
    expect(closed.length).toBeGreaterThan(10)
    for (const each of closed)
      expect(each).toMatchObject({ status: 'closed', service_name: 'Street Light Outages' })
  })

  test.each(CITIES)(
    '$id accepts service requests inside its real boundary and refuses others',
    async ({ id, inside }) => {
      const [service] = JSON.parse(await get(`services.json?jurisdiction_id=${id}`)) as [
        { service_code: string },
      ]
      const submit = (format: string, lat: string, long: string) =>
        fetch(`${served.origin}/open311/v2/requests.${format}`, {
          method: 'POST',
          body: new URLSearchParams({
            api_key: key,
            jurisdiction_id: id,
            service_code: service.service_code,
            lat,
            long,
          }),
        })
      const other = CITIES.find((each) => each.id !== id)!
      for (const format of ['xml', 'json']) {
        expect((await submit(format, inside[0], inside[1])).status).toBe(200)
        expect((await submit(format, other.inside[0], other.inside[1])).status).toBe(400)
      }
    },
  )
})
