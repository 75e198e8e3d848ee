import fc from 'fast-check'
import type { Hono } from 'hono'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Catalog, Service } from '../../../src/standard/catalog.js'
import { createKey } from '../../../src/store/catalog/api-keys.js'
import { loadCatalog } from '../../../src/store/catalog/load-catalog.js'
import { writeCities } from '../../../src/store/catalog/write-city.js'
import { sequenceEvents } from '../../../src/store/events/sequence-events.js'
import { resetRowCache } from '../../../src/store/list/row-cache.js'
import { importServiceRequests } from '../../../src/store/service-requests/import.js'
import { postUpdate } from '../../../src/store/service-requests/post-update.js'
import { createTestApp } from '../../harness/app.js'
import { databases, type TestDatabase } from '../../harness/databases.js'
import * as town from '../../harness/squareton.js'
import { changeServiceRequest } from './change-service-request.js'
import { createImport } from './create-import.js'
import { submitServiceRequest } from './submit-service-request.js'

// Two jurisdictions with the same public changes. The second one has private changes too. Every public request gets the
// same response from both.

const QUIET = 'quiet.example'
const SECRETIVE = 'secretive.example'
const NOW = '2026-06-01T12:00:00Z'
/** Grid size of the service HOME. */
const CELL_METRES = 500

const SERVICES = [
  ...town.SERVICES,
  { service_code: 'HOME', service_name: 'Home', group: 'Streets', blur_metres: CELL_METRES },
  { service_code: 'BATCH', service_name: 'Batch', type: 'batch' },
]

/** Public changes, in both jurisdictions: a new service request, or a change of one by its number. */
const publicChange = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant('file' as const),
      service: fc.constantFrom('POTHOLE', 'CRACK', 'HOME'),
      north: fc.integer({ min: 0, max: 40 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constant('status' as const),
      of: fc.nat(20),
      word: fc.constantFrom('in_progress', 'fixed', 'open'),
    }),
  },
  fc.record({ act: fc.constant('say' as const), of: fc.nat(20) }),
  fc.record({
    act: fc.constant('hide' as const),
    of: fc.nat(20),
    visibility: fc.constantFrom('public' as const, 'private' as const),
  }),
)
/** Private changes, in the second jurisdiction only. */
const privateChange = fc.oneof(
  fc.record({ act: fc.constant('secret' as const), service: fc.constantFrom('TIP', 'CARE', 'BATCH') }),
  fc.record({
    act: fc.constant('secret change' as const),
    of: fc.nat(20),
    word: fc.constantFrom('in_progress', 'fixed'),
  }),
  fc.record({ act: fc.constant('address' as const), of: fc.nat(20) }),
)
type Change =
  | (typeof publicChange extends fc.Arbitrary<infer A> ? A : never)
  | (typeof privateChange extends fc.Arbitrary<infer A> ? A : never)

/** Paths of all public requests; `ids` are the ids of the public service requests. */
function listPaths(ids: readonly string[]): string[] {
  const all = 'start_date=2026-05-01&end_date=2026-06-30'
  const place = `lat=52&long=10.5`
  const paths = [
    ...['json', 'xml', 'geojson', 'csv', 'rss', 'ndjson'].flatMap((format) => [
      `requests.${format}?${all}`,
      `requests.${format}?${all}&extensions=true&count=exact`,
      `requests.${format}?${place}&radius=100000&extensions=true&sort=distance&start_date=2026-05-01`,
    ]),
    ...[
      `requests.json?${all}&count=estimated&page_size=3`,
      `requests.json?${all}&page_size=2&page=2`,
      `requests.json?${all}&bbox=10,50,12,54`,
      `requests.json?${all}&area=ward:west`,
      `requests.json?${all}&q=zzyzx`,
      `requests.json?${all}&status=closed&detailed_status=fixed`,
      `requests.json?updated_after=2026-05-01`,
      `requests.json?service_request_id=${ids.join(',')}&extensions=true`,
      `preflight.json?service_code=POTHOLE&${place}&description=deep`,
      `preflight.json?service_code=HOME&${place}`,
      'servicerequestupdates.json',
      'servicerequestupdates.xml',
      'changes.json?limit=1000',
      'changes.ndjson?after=2&limit=3',
      'services.json',
      'definitions.json',
      'areas.json',
    ],
    ...ids.slice(0, 6).flatMap((id) => [`requests/${id}.xml?extensions=true`, `requests/${id}/updates.json`]),
  ]
  return paths.map((each) => `/open311/v2/${each}`)
}

describe.each(databases)('$kind', ({ kind, open }) => {
  let database: TestDatabase
  let catalog: Catalog
  let app: Hono
  let run = 0

  beforeAll(async () => {
    database = await open()
    await createKey(database.store, { name: 'a', jurisdiction_id: null, scopes: ['report'], now: NOW })
    app = createTestApp(database, () => catalog)
  })
  afterAll(() => database?.close())

  async function createTowns(): Promise<[string, string]> {
    run++
    const names = [`${run}.${QUIET}`, `${run}.${SECRETIVE}`] as const
    const read = await town.readTown({
      services: SERVICES,
      areas: { ward: town.WARDS, district: town.DISTRICTS },
    })
    await writeCities(
      database.store,
      names.map((jurisdiction_id) => ({ ...read, jurisdiction: { ...read.jurisdiction, jurisdiction_id } })),
      NOW,
    )
    catalog = await loadCatalog(database.store)
    resetRowCache(database.store, 1000)
    return [...names]
  }

  /** The middle of the blur cell of the point that is `north` hundredths of a degree north of latitude 52. */
  async function findMiddle(north: number): Promise<{ lat: number; long: number }> {
    const { rows } = await sql<{ lat: number; long: number }>`
      select st_y(b) as lat, st_x(b) as long
        from blur_point(st_setsrid(st_makepoint(10.5, ${52 + north / 100}::float8), 4326), ${CELL_METRES}) as b`.execute(
      database.store,
    )
    return rows[0]!
  }

  async function applyChanges(
    jurisdiction_id: string,
    changes: readonly Change[],
    isSecretive: boolean,
  ): Promise<string[]> {
    const at = { jurisdiction_id, endpoint: 'production' as const }
    const ids: string[] = []
    const secrets: string[] = []
    const change = (service_request_id: string | undefined, set: object, context: object = {}) =>
      service_request_id === undefined
        ? null
        : changeServiceRequest(database.store, { ...at, service_request_id }, set, {
            now: '2026-06-02T12:00:00Z',
            key_id: 1,
            ...context,
          })
    const word = (detailed_status: string) => ({
      detailed_status,
      status: detailed_status === 'fixed' ? ('closed' as const) : ('open' as const),
      status_notes: `now ${detailed_status}`,
    })
    for (const [index, act] of changes.entries()) {
      if (act.act === 'file') {
        const middle = await findMiddle(act.north)
        const aside =
          isSecretive && act.service === 'HOME'
            ? { lat: middle.lat + 0.0015, long: middle.long - 0.002 }
            : middle
        const id = `P-${ids.length + 1}`
        await importServiceRequests(database.store, at, [
          createImport({
            ...aside,
            service_request_id: id,
            service_code: act.service,
            description: `deep ${index}`,
            address: act.service === 'HOME' ? (isSecretive ? '5 Zzyzx St' : '9 Other Rd') : '1 Main St',
          }),
        ])
        ids.push(id)
      } else if (act.act === 'status') {
        await change(ids[act.of], word(act.word))
      } else if (act.act === 'say') {
        if (ids[act.of] !== undefined)
          await postUpdate(database.store, {
            ...at,
            service_request_id: ids[act.of]!,
            key_id: 1,
            update_id: isSecretive ? `secret ${index}` : null,
            meaning: null,
            description: `said ${index}`,
            media_urls: [],
            author: {
              email: isSecretive ? 'zzyzx@example.org' : null,
              first_name: null,
              last_name: null,
              phone: null,
              account_id: null,
            },
            datetime: '2026-06-02T11:00:00Z',
            now: '2026-06-02T12:00:00Z',
          })
      } else if (act.act === 'hide') {
        await change(ids[act.of], { visibility: act.visibility })
      } else if (!isSecretive) {
        // The first jurisdiction has no private changes.
      } else if (act.act === 'secret') {
        const service = catalog.jurisdictions.get(jurisdiction_id)!.services.get(act.service) as Service
        const id = await submitServiceRequest(database.store, {
          ...at,
          service,
          lat: 52.1,
          long: 10.5,
          description: 'zzyzx deep',
          reporter: {
            email: 'zzyzx@example.org',
            first_name: null,
            last_name: null,
            phone: null,
            device_id: null,
            account_id: null,
          },
        })
        if (act.service !== 'BATCH') secrets.push(id)
      } else if (act.act === 'secret change') {
        await change(secrets[act.of], { ...word(act.word), status_notes: 'zzyzx' })
      } else {
        const homes = ids.filter(
          (_, at) => changes.filter((each) => each.act === 'file')[at]?.service === 'HOME',
        )
        await change(homes[act.of], { address: `zzyzx ${index}` })
      }
      if (index % 4 === 3) await sequenceEvents(database.store)
    }
    while ((await sequenceEvents(database.store)) > 0);
    return ids
  }

  /** A response without the parts that always differ: the jurisdiction_id, random update_ids, and the current time. */
  async function requestNormalized(path: string, jurisdiction_id: string): Promise<string> {
    const response = await app.request(
      `http://localhost${path}${path.includes('?') ? '&' : '?'}jurisdiction_id=${jurisdiction_id}`,
    )
    const headers = ['link', 'x-total-count', 'x-last-seq', 'x-result-count'].map((name) =>
      response.headers.get(name),
    )
    const today = new Date().toISOString().slice(0, 10)
    return `${response.status} ${headers.join(' ')}\n${await response.text()}`
      .replaceAll(jurisdiction_id, 'TOWN')
      .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'UUID')
      .replace(new RegExp(`${today}T[0-9:]{8}Z`, 'g'), 'TODAY')
  }

  test('GR-POST-10 A-61 EXT-28 EXT-29 no public response reveals private service requests or a location within its blur cell', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof({ weight: 3, arbitrary: publicChange }, privateChange), {
          minLength: 4,
          maxLength: 24,
        }),
        async (changes) => {
          const [quiet, secretive] = await createTowns()
          const ids = await applyChanges(quiet, changes, false)
          expect(await applyChanges(secretive, changes, true)).toEqual(ids)
          for (const path of listPaths(ids)) {
            const response = await requestNormalized(path, secretive)
            expect(response, path).toBe(await requestNormalized(path, quiet))
            // Links repeat the arguments.
            if (!path.includes('q=zzyzx')) expect(response, path).not.toMatch(/zzyzx/i)
          }
        },
      ),
      { numRuns: kind === 'embedded' ? 4 : 12 },
    )
  }, 120_000)
})
