import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  georeport,
  type ServerProcess,
  type Storage,
  startServer,
  storages,
} from '../harness/server-process.js'

/** A folder with requests/*.csv.gz and boundaries/*.geojson.gz of real cities; not part of this repository. */
const DATA = process.env.GEOREPORT_DATA
const reason = 'real city data: set GEOREPORT_DATA to its folder, and TEST_DATABASE_URL'

interface Recorded {
  service_request_id: string
  district: string
  lat: string
  long: string
}

interface Listed {
  service_request_id: string
  lat: number | null
  extended_attributes: { areas: { area_type: string; area_id: string }[] }
}

/** The digit with which the codes of a borough's community districts begin. */
const BOROUGHS = ['', 'MANHATTAN', 'BRONX', 'BROOKLYN', 'QUEENS', 'STATEN ISLAND']

const CITIES = [
  {
    id: 'new-york.example',
    zone: 'America/New_York',
    file: 'new_york_2023-02-28',
    boundary: 'new_york__community_districts',
    properties: { area_type: 'community-district', id: 'boro_cd', name: 'boro_cd' },
    rows: 4999,
    /** `03 BROOKLYN` is 303; `Unspecified BROOKLYN` has no district. */
    parseDistrict: ({ district }: Recorded) => {
      const [, number, borough] = /^(\d\d) ([A-Z ]+)$/.exec(district) ?? []
      return number && borough ? `${BOROUGHS.indexOf(borough)}${number}` : null
    },
    compared: 4800,
    share: 0.97,
  },
  {
    id: 'baltimore.example',
    zone: 'America/New_York',
    file: 'baltimore',
    boundary: 'baltimore__council_districts',
    properties: { area_type: 'council-district', id: 'id', name: 'name' },
    rows: 10_000,
    /** Ignores coordinates in whole degrees such as 39 and -77. */
    parseDistrict: ({ district, lat, long }: Recorded) =>
      district !== '' && lat.includes('.') && long.includes('.') ? district : null,
    compared: 8000,
    share: 0.98,
  },
] as const

async function readRecorded(file: string): Promise<Map<string, Recorded>> {
  const compressed = await readFile(join(DATA!, 'requests', `${file}.csv.gz`))
  const rows: Recorded[] = parse(gunzipSync(compressed), { columns: true, bom: true })
  return new Map(rows.map((row) => [row.service_request_id, row]))
}

describe.skipIf(!DATA || !process.env.TEST_DATABASE_URL)(`recorded districts (${reason})`, () => {
  describe.each(storages)('on $kind', ({ create }) => {
    let storage: Storage
    let served: ServerProcess
    let folder: string

    /** Reads all service requests of a city by the `next` links of its list. */
    async function crawl(id: string): Promise<Listed[]> {
      const all: Listed[] = []
      let next = `${served.origin}/open311/v2/requests.json?jurisdiction_id=${id}&extensions=true&cursor=first&page_size=1000`
      while (next) {
        const response = await fetch(next)
        expect(response.status).toBe(200)
        all.push(...((await response.json()) as Listed[]))
        const link = /<([^>]+)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1]
        next = link ? new URL(link, next).href : ''
      }
      return all
    }

    beforeAll(async () => {
      storage = await create()
      served = await startServer(storage, { DEMO: 'false' })
      folder = await mkdtemp(join(tmpdir(), 'districts-'))
      for (const { id, zone, boundary, properties } of CITIES) {
        await mkdir(join(folder, id))
        const areas = [{ ...properties, file: join(DATA!, 'boundaries', `${boundary}.geojson.gz`) }]
        const city = { jurisdiction_id: id, name: id, time_zone: zone, contact: 'c', key_service: 'k', areas }
        await writeFile(join(folder, id, 'jurisdiction.json'), JSON.stringify(city))
      }
      expect((await georeport(served.environment, 'load', folder)).messages).toBe('')
      for (const { id, file, rows } of CITIES) {
        const path = join(DATA!, 'requests', `${file}.csv.gz`)
        const { out } = await georeport(served.environment, 'import', 'csv', path, '--jurisdiction', id)
        expect(out).toBe(`${rows} new, 0 changed, 0 unchanged, 0 refused`)
      }
    })
    afterAll(async () => {
      await served?.stop()
      await storage?.remove()
      if (folder) await rm(folder, { recursive: true, force: true })
    })

    test.each(CITIES)(
      'EXT-13 EXT-19 $id: areas of a service request include the district that the city recorded',
      async ({ id, file, rows, parseDistrict, compared, share, properties }) => {
        const recorded = await readRecorded(file)
        const listed = await crawl(id)
        expect(listed.length).toBe(rows)
        expect(new Set(listed.map((each) => each.service_request_id))).toEqual(new Set(recorded.keys()))

        const ofDistrict = new Map<string, number>()
        const pairs = listed.flatMap(({ service_request_id, lat, extended_attributes: { areas } }) => {
          for (const { area_id } of areas) ofDistrict.set(area_id, (ofDistrict.get(area_id) ?? 0) + 1)
          if (lat === null) expect(areas).toEqual([])
          const district = parseDistrict(recorded.get(service_request_id)!)
          return lat === null || district === null
            ? []
            : [{ district, found: areas.map(({ area_id }) => area_id) }]
        })
        const agreeing = pairs.filter(({ district, found }) => found.includes(district)).length
        expect(pairs.length).toBeGreaterThan(compared)
        expect(agreeing / pairs.length).toBeGreaterThanOrEqual(share)

        // The area filter finds the same number of rows.
        const [area, count] = [...ofDistrict].sort(([, one], [, other]) => other - one)[0]!
        const query = `jurisdiction_id=${id}&area=${properties.area_type}:${area}&cursor=first&page_size=1&count=exact`
        const response = await fetch(`${served.origin}/open311/v2/requests.json?${query}`)
        expect(response.headers.get('x-result-count')).toBe(String(count))
      },
    )
  })
})
