import { expect } from 'vitest'
import { createLog } from '../../src/log.js'
import type { Catalog } from '../../src/standard/catalog.js'
import { SCOPES, type Scope } from '../../src/standard/terms.js'
import { createKey } from '../../src/store/catalog/api-keys.js'
import { loadCatalog } from '../../src/store/catalog/load-catalog.js'
import { writeCities } from '../../src/store/catalog/write-city.js'
import { sequenceEvents } from '../../src/store/events/sequence-events.js'
import { createTestApp, type TestContext } from '../harness/app.js'
import type { TestDatabase } from '../harness/databases.js'
import * as town from '../harness/squareton.js'
import { expectDocumented } from './openapi-schemas.js'

const NOW = '2026-01-05T12:00:00Z'

export const SERVICES = [
  ...town.SERVICES.filter(({ service_code }) => service_code !== 'ASKING'),
  {
    service_code: 'ASKING',
    service_name: 'Asking',
    attributes: [{ code: 'WORDS', datatype: 'text', description: 'In your words?' }],
  },
  { service_code: 'BATCH', service_name: 'Batch', type: 'batch' },
  { service_code: 'BLACK', service_name: 'Black', type: 'blackbox' },
  { service_code: 'HOME', service_name: 'Home', blur_metres: 500 },
  {
    service_code: 'QUICK',
    service_name: 'Quick',
    agency_responsible: 'Fast Lane',
    service_notice: 'Today.',
    expected_within: { hours: 4 },
    agency_by_area: { 'ward:west': 'Fast Lane West' },
  },
]

export interface RequestOptions {
  method?: string
  body?: unknown
  key?: string
  headers?: Record<string, string>
}

/** The desk of a city: Squareton on a database, served in this process, with a key that is good for everything. */
export async function openCityClient(database: TestDatabase, context: TestContext = {}) {
  const { store } = database
  await writeCities(store, [await town.readTown({ services: SERVICES })], NOW)
  const newKey = (scopes: Scope[], jurisdiction_id: string | null = null) =>
    createKey(store, { name: scopes.join('-'), jurisdiction_id, scopes, now: NOW })
  const key = await newKey([...SCOPES])
  let catalog: Catalog = await loadCatalog(store)
  const app = createTestApp(database, () => catalog, {
    log: createLog('error', { write: (line) => expect.fail(line) }),
    ...context,
  })
  const ask = async (path: string, { method, body, headers, ...asking }: RequestOptions = {}) => {
    const url = `http://localhost${path}`
    const how = method ?? (body === undefined ? 'GET' : 'POST')
    const answer = await app.request(url, {
      method: how,
      headers: {
        authorization: `Bearer ${asking.key ?? key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    await expectDocumented(how, url, answer)
    return answer
  }
  const city = (path: string, asking?: RequestOptions) => ask(`/city/v1${path}`, asking)
  // biome-ignore lint/suspicious/noExplicitAny: tests say what they expect in it
  const good = async (answer: Promise<Response>): Promise<any> => {
    const { status } = await answer
    const text = await (await answer).text()
    expect(status, text).toBe(200)
    return JSON.parse(text)
  }
  const form = async (path: string, said: Record<string, string | string[]>) => {
    const pairs = Object.entries(said).flatMap(([name, values]) =>
      [values].flat().map((value) => [name, value]),
    )
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    return good(ask(`/open311/v2/${path}.json`, { body: String(new URLSearchParams(pairs)), headers }))
  }
  return {
    database,
    store,
    ask,
    city,
    good,
    form,
    newKey: async (...args: Parameters<typeof newKey>) => {
      const created = await newKey(...args)
      catalog = await loadCatalog(store)
      return created
    },
    /** Files a service request; gives its id or its token. */
    file: async (service_code: string, said: Record<string, string | string[]> = {}): Promise<string> => {
      const place = { lat: String(town.WEST.lat), long: String(town.WEST.long) }
      const [{ service_request_id, token }] = await form('requests', { service_code, ...place, ...said })
      return service_request_id ?? token
    },
    show: (id: string) => good(city(`/requests/${id}`)),
    /** Changes it as it is. */
    change: (id: string, body: object, asking: RequestOptions = {}) =>
      city(`/requests/${id}`, { method: 'PATCH', body, headers: { 'if-match': '*' }, ...asking }),
    /** What everyone sees of it. */
    read: async (id: string) => (await good(ask(`/open311/v2/requests/${id}.json`)))[0],
    trail: async (id: string) => (await good(city(`/requests/${id}/events`))).events,
    numberAll: async () => {
      while ((await sequenceEvents(store)) > 0);
    },
  }
}

export type CityClient = Awaited<ReturnType<typeof openCityClient>>

/** The descriptions of a refusal. */
export async function expectRefusal(answer: Promise<Response>, status: number): Promise<string[]> {
  const text = await (await answer).text()
  expect((await answer).status, text).toBe(status)
  return (JSON.parse(text) as { code: number; description: string }[]).map(({ code, description }) => {
    expect(code).toBe(status)
    return description
  })
}
