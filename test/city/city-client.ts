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

/** A client of the city API of Squareton, served in this process from a database, with a key of all scopes. */
export async function openCityClient(database: TestDatabase, context: TestContext = {}) {
  const { store } = database
  await writeCities(store, [await town.readTown({ services: SERVICES })], NOW)
  const createKeyFor = (scopes: Scope[], jurisdiction_id: string | null = null) =>
    createKey(store, { name: scopes.join('-'), jurisdiction_id, scopes, now: NOW })
  const key = await createKeyFor([...SCOPES])
  let catalog: Catalog = await loadCatalog(store)
  const app = createTestApp(database, () => catalog, {
    log: createLog('error', { write: (line) => expect.fail(line) }),
    ...context,
  })
  const request = async (
    path: string,
    { method: givenMethod, body, headers, key: ownKey }: RequestOptions = {},
  ) => {
    const url = `http://localhost${path}`
    const method = givenMethod ?? (body === undefined ? 'GET' : 'POST')
    const response = await app.request(url, {
      method,
      headers: {
        authorization: `Bearer ${ownKey ?? key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    await expectDocumented(method, url, response)
    return response
  }
  const requestCity = (path: string, options?: RequestOptions) => request(`/city/v1${path}`, options)
  // biome-ignore lint/suspicious/noExplicitAny: the assertions of each test state its shape
  const expectOk = async (response: Promise<Response>): Promise<any> => {
    const { status } = await response
    const text = await (await response).text()
    expect(status, text).toBe(200)
    return JSON.parse(text)
  }
  const postForm = async (path: string, args: Record<string, string | string[]>) => {
    const pairs = Object.entries(args).flatMap(([name, values]) =>
      [values].flat().map((value) => [name, value]),
    )
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    return expectOk(
      request(`/open311/v2/${path}.json`, { body: String(new URLSearchParams(pairs)), headers }),
    )
  }
  return {
    database,
    store,
    request,
    requestCity,
    expectOk,
    postForm,
    createKey: async (...args: Parameters<typeof createKeyFor>) => {
      const created = await createKeyFor(...args)
      catalog = await loadCatalog(store)
      return created
    },
    /** Files a service request; returns its service_request_id or its token. */
    file: async (service_code: string, args: Record<string, string | string[]> = {}): Promise<string> => {
      const location = { lat: String(town.WEST.lat), long: String(town.WEST.long) }
      const [{ service_request_id, token }] = await postForm('requests', {
        service_code,
        ...location,
        ...args,
      })
      return service_request_id ?? token
    },
    getFull: (id: string) => expectOk(requestCity(`/requests/${id}`)),
    /** Patches any version of a service request. */
    change: (id: string, body: object, options: RequestOptions = {}) =>
      requestCity(`/requests/${id}`, { method: 'PATCH', body, headers: { 'if-match': '*' }, ...options }),
    /** The public document of a service request. */
    getPublic: async (id: string) => (await expectOk(request(`/open311/v2/requests/${id}.json`)))[0],
    listEvents: async (id: string) => (await expectOk(requestCity(`/requests/${id}/events`))).events,
    sequenceAll: async () => {
      while ((await sequenceEvents(store)) > 0);
    },
  }
}

export type CityClient = Awaited<ReturnType<typeof openCityClient>>

/** Expects an error response of this status; returns its descriptions. */
export async function expectRefusal(response: Promise<Response>, status: number): Promise<string[]> {
  const text = await (await response).text()
  expect((await response).status, text).toBe(status)
  return (JSON.parse(text) as { code: number; description: string }[]).map(({ code, description }) => {
    expect(code).toBe(status)
    return description
  })
}
