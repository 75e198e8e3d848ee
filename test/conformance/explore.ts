import { expect, inject } from 'vitest'
import { type Args, get, post } from './client.js'
import type { PlainRecord } from './plain-record.js'
import { describeResponse, expectList, expectObject, expectOne, getRecords, getText } from './response.js'
import { INSIDE } from './rivertown.js'
import type { Target } from './target.js'

// Finds the data that a test needs on any server: a service, a location, a service request.

const run = `${Date.now().toString(36)}${Math.floor(Math.random() * 1e9).toString(36)}`
let count = 0

/** Returns a unique text. */
export function createMarker(about = 'conformance'): string {
  count += 1
  return `${about} ${run} ${count}`
}

export const DAY = 86_400_000

/** Formats an instant as in GR-DT-02. */
export function formatInstant(instant: Date | number): string {
  return new Date(instant).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** Midnight UTC so many days before the run. */
export function getMidnight(daysAgo: number): number {
  return (Math.floor(inject('now') / DAY) - daysAgo) * DAY
}

/** The date (UTC) so many days before the run. */
export function getDateBefore(daysAgo: number): string {
  return formatInstant(getMidnight(daysAgo)).slice(0, 10)
}

const cached = new Map<string, Promise<unknown>>()
function cacheOnce<T>(target: Target, key: string, find: () => Promise<T>): Promise<T> {
  const name = `${target.url} ${target.jurisdiction_id} ${key}`
  const result = cached.get(name) ?? find()
  cached.set(name, result)
  return result as Promise<T>
}

export function getServices(target: Target): Promise<PlainRecord[]> {
  return cacheOnce(target, 'services', async () => expectList(await get(target, 'xml', '/services'), 'xml'))
}

const OWN: Record<string, string> = { realtime: 'POTHOLE', batch: 'BULK-PICKUP', blackbox: 'ANON-TIP' }

/** Returns the code of a service of the type without attributes, or null. */
export async function findPlainService(target: Target, type = 'realtime'): Promise<string | null> {
  if (target.own) return OWN[type] ?? null
  const matching = (await getServices(target)).find((one) => one.type === type && one.metadata === 'false')
  return matching ? getText(matching, 'service_code') : null
}

/** Returns the attributes of the services with metadata, of at most ten services. */
export function getDefinitions(target: Target): Promise<{ code: string; attributes: PlainRecord[] }[]> {
  return cacheOnce(target, 'definitions', async () => {
    const withMetadata = (await getServices(target)).filter((one) => one.metadata === 'true').slice(0, 10)
    return Promise.all(
      withMetadata.map(async (one) => {
        const code = getText(one, 'service_code')
        const definition = expectObject(
          await get(target, 'xml', `/services/${encodeURIComponent(code)}`),
          'xml',
        )
        return { code, attributes: getRecords(definition, 'attributes') }
      }),
    )
  })
}

/** Returns the code of a service with a matching attribute, or null; for georeport itself STREET-LIGHT. */
export async function findServiceWith(
  target: Target,
  matches: (attribute: PlainRecord) => boolean,
): Promise<string | null> {
  const all = await getDefinitions(target)
  const matching = all.filter(({ attributes }) => attributes.some(matches)).map(({ code }) => code)
  return (target.own ? matching.find((code) => code === 'STREET-LIGHT') : undefined) ?? matching[0] ?? null
}

/** Returns recent public service requests. */
export function getRecent(target: Target): Promise<PlainRecord[]> {
  return cacheOnce(target, 'recent', async () => expectList(await get(target, 'xml', '/requests'), 'xml'))
}

/** Returns service requests of past days, a list that does not change during the tests. */
export function getPast(target: Target, from = 30, to = 25): Promise<PlainRecord[]> {
  return cacheOnce(target, `past ${from} ${to}`, async () =>
    expectList(await get(target, 'xml', '/requests', getPastWindow(from, to)), 'xml'),
  )
}

export function getPastWindow(from = 30, to = 25): { start_date: string; end_date: string } {
  return { start_date: formatInstant(getMidnight(from)), end_date: formatInstant(getMidnight(to)) }
}

/** Returns a location that the server accepts. */
export async function getLocation(
  target: Target,
): Promise<{ lat: string; long: string; address_string: string }> {
  const address_string = 'Quay Road 12, Oldtown'
  if (target.own) return { ...INSIDE, address_string }
  const located = (await getRecent(target)).find((one) => one.lat && one.long)
  return {
    lat: located ? getText(located, 'lat') : '40.1',
    long: located ? getText(located, 'long') : '-91.5',
    address_string,
  }
}

/** Submits a realtime service request and returns its id. */
export async function submit(target: Target, args: Exclude<Args, string | unknown[]> = {}): Promise<string> {
  const service_code = await findPlainService(target)
  expect(service_code, 'no realtime service without metadata').not.toBeNull()
  const response = await post(target, 'xml', {
    service_code,
    ...(await getLocation(target)),
    description: createMarker(),
    ...args,
  })
  const id = expectOne(response, 'xml').service_request_id
  expect(id, describeResponse(response)).toBeTruthy()
  return String(id)
}

/** Returns the record of an id, from GET requests/ID. */
export async function getServiceRequest(target: Target, id: string): Promise<PlainRecord> {
  return expectOne(await get(target, 'xml', `/requests/${encodeURIComponent(id)}`), 'xml')
}

/** Reads a, b and a again until a is stable (at most six rounds), because other clients may submit requests. */
export async function readStable<T>(a: () => Promise<T>, b: () => Promise<T>): Promise<[T, T]> {
  for (let round = 0; ; round += 1) {
    const [before, between, after] = [await a(), await b(), await a()]
    if (round === 5 || JSON.stringify(before) === JSON.stringify(after)) return [before, between]
  }
}
