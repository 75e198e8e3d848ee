import { describe, expect, test } from 'vitest'
import { about, expectErrors, first, ids, listOf, word } from './answer.js'
import { type Args, call, get, post } from './client.js'
import {
  DAY,
  file,
  marker,
  midnight,
  past,
  pastWindow,
  place,
  plainService,
  settled,
  stamp,
} from './exploring.js'
import type { PlainRecord } from './same-record.js'
import { targets } from './targets.js'

const requested = (one: PlainRecord) => Date.parse(word(one, 'requested_datetime'))

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const asked = async (args: Args = {}) => listOf(await get(target, 'xml', '/requests', args), 'xml')
  const between = (from: number, to: number) => ({ start_date: stamp(from), end_date: stamp(to) })
  /** Requests that the default 90 days no longer cover. */
  const old = () => past(target, 170, 100)

  test('GR-LIST-04 A-17 A-18 the dates bound requested_datetime, both ends inclusive', async () => {
    const all = await past(target)
    const [from, to] = [Date.parse(pastWindow().start_date), Date.parse(pastWindow().end_date)]
    expect(all.length).toBeGreaterThan(0)
    for (const one of all) {
      expect(requested(one)).toBeGreaterThanOrEqual(from)
      expect(requested(one)).toBeLessThanOrEqual(to)
    }
    for (const one of [first(all), all.at(-1) ?? first(all)]) {
      const at = requested(one)
      expect(ids(await asked(between(at, at)))).toContain(word(one, 'service_request_id'))
      expect(ids(await asked(between(at, at + DAY)))).toContain(word(one, 'service_request_id'))
      expect(ids(await asked(between(at - DAY, at)))).toContain(word(one, 'service_request_id'))
      expect(ids(await asked(between(at + 1000, at + DAY)))).not.toContain(word(one, 'service_request_id'))
      expect(ids(await asked(between(at - DAY, at - 1000)))).not.toContain(word(one, 'service_request_id'))
    }
    const middle = Math.floor((from + to) / 2000) * 1000
    const halves = [
      ...ids(await asked(between(middle + 1000, to))),
      ...ids(await asked(between(from, middle))),
    ]
    expect(halves.sort()).toEqual(ids(all).sort())
  })

  test.for(target.formats)(
    'GR-LIST-05 A-16 a span over 90 days is refused with 400, in %s',
    async (format) => {
      for (const days of [91, 92, 365, 5000]) {
        const answer = await get(target, format, '/requests', between(midnight(days), midnight(0)))
        expectErrors(answer, format, 400, /90/)
      }
      expectErrors(
        await get(target, format, '/requests', { start_date: '1990-01-01', end_date: stamp(Date.now()) }),
        format,
        400,
      )
    },
  )

  test('GR-LIST-05 a span of 90 days is no more than 90 days', async () => {
    const answer = await get(target, 'xml', '/requests', between(midnight(130), midnight(40)))
    expect(answer.status, about(answer)).toBe(200)
  })

  own('GR-LIST-05 a second more than 90 days is too much', async () => {
    expectErrors(
      await get(target, 'json', '/requests', between(midnight(130) - 1000, midnight(40))),
      'json',
      400,
    )
  })

  test.for(target.formats)('GR-LIST-11 A-16 a start after its end is 400, in %s', async (format) => {
    expectErrors(
      await get(target, format, '/requests', between(midnight(5), midnight(6))),
      format,
      400,
      /start_date|end_date/,
    )
  })

  test('GR-LIST-06 without dates the last 90 days are searched', async () => {
    const edge = Date.now() - 90 * DAY - 60_000
    for (const one of await asked()) expect(requested(one), JSON.stringify(one)).toBeGreaterThan(edge)
    const service_code = word(first(await old()), 'service_code')
    const list = await asked({ service_code })
    for (const one of list) expect(requested(one)).toBeGreaterThan(edge)
    if (list.length < 1000)
      expect(
        [...(await asked({ ...between(midnight(89), Date.now()), service_code }))].length,
      ).toBeLessThanOrEqual(list.length)
  })

  own('GR-LIST-06 what is 89 days old is in, and what is 91 days old is out', async () => {
    const codesOf = (list: PlainRecord[]) => new Set(list.map((one) => one.service_code))
    const [young, aged] = [
      await asked(between(midnight(89), midnight(80))),
      await asked(between(midnight(100), midnight(91))),
    ]
    const shared = [...codesOf(young)].find((code) => codesOf(aged).has(code ?? ''))
    expect(shared, 'no service with requests on both sides').toBeDefined()
    const list = ids(await asked({ service_code: String(shared) }))
    expect(list.length).toBeLessThan(1000)
    expect(list).toEqual(expect.arrayContaining(ids(young.filter((one) => one.service_code === shared))))
    for (const one of aged) expect(list).not.toContain(one.service_request_id)
  })

  own('GR-LIST-13 GR-ONE-05 hidden requests take no place of the thousand', async () => {
    const text = marker('hidden')
    for (const service_code of ['ENCAMPMENT', 'DANGEROUS-DOG', 'BULK-PICKUP', 'ANON-TIP'])
      await post(target, 'xml', {
        service_code,
        ...(await place(target)),
        description: `${text} ${service_code}`,
      })
    const answer = await call(target, '/requests.json')
    expect(listOf(answer, 'json').length).toBe(1000)
    for (const code of ['ENCAMPMENT', 'DANGEROUS-DOG', 'BULK-PICKUP'])
      expect(answer.text).not.toContain(`${text} ${code}`)
    expect(await asked({ service_code: 'ENCAMPMENT' })).toEqual([])
  })

  test('A-15 a start alone reaches 90 days forward, an end alone 90 days back', async () => {
    const [from, to] = [midnight(150), midnight(60)]
    expect(ids(await asked({ start_date: stamp(from) }))).toEqual(ids(await asked(between(from, to))))
    expect(ids(await asked({ end_date: stamp(to) }))).toEqual(ids(await asked(between(from, to))))
    expect(await asked({ start_date: '2001-01-01T00:00:00Z' })).toEqual([])
    expect(await asked({ end_date: '2001-01-01T00:00:00Z' })).toEqual([])
  })

  test.skipIf(!target.key)('A-15 a fresh request is found by a start alone', async () => {
    const start_date = stamp(Date.now() - 120_000)
    const id = await file(target)
    const service_code = String(await plainService(target))
    expect(ids(await asked({ start_date, service_code }))).toContain(id)
    expect(first(await asked({ service_code })).service_code).toBe(service_code)
    const [one, other] = await settled(
      () => asked({ service_code }),
      () => asked({ service_code }),
    )
    expect(ids(other)).toEqual(ids(one))
  })
})
