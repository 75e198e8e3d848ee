import { expect } from 'vitest'
import { about, listOf, objectOf, oneOf, recordsIn, word } from './answer.js'
import { type Args, get, post } from './client.js'
import { INSIDE } from './rivertown.js'
import type { PlainRecord } from './same-record.js'
import type { Target } from './target.js'

// Finds on any server what a test needs: a fitting service, a place, a record.

const run = `${Date.now().toString(36)}${Math.floor(Math.random() * 1e9).toString(36)}`
let count = 0

/** A text that occurs nowhere else. */
export function marker(about = 'conformance'): string {
  count += 1
  return `${about} ${run} ${count}`
}

export const DAY = 86_400_000

/** The instant as GR-DT-02 writes it. */
export function stamp(instant: Date | number): string {
  return new Date(instant).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** Midnight UTC so many days ago. */
export function midnight(daysAgo: number): number {
  return Math.floor((Date.now() - daysAgo * DAY) / DAY) * DAY
}

const known = new Map<string, Promise<unknown>>()
function once<T>(target: Target, what: string, find: () => Promise<T>): Promise<T> {
  const name = `${target.url} ${target.jurisdiction_id} ${what}`
  const found = known.get(name) ?? find()
  known.set(name, found)
  return found as Promise<T>
}

export function servicesOf(target: Target): Promise<PlainRecord[]> {
  return once(target, 'services', async () => listOf(await get(target, 'xml', '/services'), 'xml'))
}

const OWN: Record<string, string> = { realtime: 'POTHOLE', batch: 'BULK-PICKUP', blackbox: 'ANON-TIP' }

/** Code of a service of a type that demands no attribute; null when there is none. */
export async function plainService(target: Target, type = 'realtime'): Promise<string | null> {
  if (target.own) return OWN[type] ?? null
  const fitting = (await servicesOf(target)).find((one) => one.type === type && one.metadata === 'false')
  return fitting ? word(fitting, 'service_code') : null
}

/** Every definition of a service with metadata (at most ten of them), by attributes. */
export function definitionsOf(target: Target): Promise<{ code: string; attributes: PlainRecord[] }[]> {
  return once(target, 'definitions', async () => {
    const asked = (await servicesOf(target)).filter((one) => one.metadata === 'true').slice(0, 10)
    return Promise.all(
      asked.map(async (one) => {
        const code = word(one, 'service_code')
        const definition = objectOf(await get(target, 'xml', `/services/${encodeURIComponent(code)}`), 'xml')
        return { code, attributes: recordsIn(definition, 'attributes') }
      }),
    )
  })
}

/** Code of a service with an attribute that fits; georeport's own is STREET-LIGHT. */
export async function serviceWith(
  target: Target,
  fits: (attribute: PlainRecord) => boolean,
): Promise<string | null> {
  const all = await definitionsOf(target)
  const fitting = all.filter(({ attributes }) => attributes.some(fits)).map(({ code }) => code)
  return (target.own ? fitting.find((code) => code === 'STREET-LIGHT') : undefined) ?? fitting[0] ?? null
}

/** Some recent public service requests. */
export function recent(target: Target): Promise<PlainRecord[]> {
  return once(target, 'recent', async () => listOf(await get(target, 'xml', '/requests'), 'xml'))
}

/** Service requests of some past days, on which nobody files any more. */
export function past(target: Target, from = 30, to = 25): Promise<PlainRecord[]> {
  return once(target, `past ${from} ${to}`, async () =>
    listOf(await get(target, 'xml', '/requests', pastWindow(from, to)), 'xml'),
  )
}

export function pastWindow(from = 30, to = 25): { start_date: string; end_date: string } {
  return { start_date: stamp(midnight(from)), end_date: stamp(midnight(to)) }
}

/** A place this server will take. */
export async function place(target: Target): Promise<{ lat: string; long: string; address_string: string }> {
  const address_string = 'Quay Road 12, Oldtown'
  if (target.own) return { ...INSIDE, address_string }
  const there = (await recent(target)).find((one) => one.lat && one.long)
  return {
    lat: there ? word(there, 'lat') : '40.1',
    long: there ? word(there, 'long') : '-91.5',
    address_string,
  }
}

/** Files a plain realtime service request and answers its id. */
export async function file(target: Target, args: Exclude<Args, string | unknown[]> = {}): Promise<string> {
  const service_code = await plainService(target)
  expect(service_code, 'no realtime service without metadata').not.toBeNull()
  const answer = await post(target, 'xml', {
    service_code,
    ...(await place(target)),
    description: marker(),
    ...args,
  })
  const id = oneOf(answer, 'xml').service_request_id
  expect(id, about(answer)).toBeTruthy()
  return String(id)
}

/** The record of an id, from ONE. */
export async function found(target: Target, id: string): Promise<PlainRecord> {
  return oneOf(await get(target, 'xml', `/requests/${encodeURIComponent(id)}`), 'xml')
}

/** Asks a, then b, then a again until a stands still, so that others may file meanwhile. */
export async function settled<T>(a: () => Promise<T>, b: () => Promise<T>): Promise<[T, T]> {
  for (let round = 0; ; round += 1) {
    const [before, between, after] = [await a(), await b(), await a()]
    if (round === 5 || JSON.stringify(before) === JSON.stringify(after)) return [before, between]
  }
}
