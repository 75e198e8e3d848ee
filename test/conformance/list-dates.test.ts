import { describe, expect, test } from 'vitest'
import { type Args, get, post, sendRequest } from './client.js'
import {
  createMarker,
  DAY,
  findPlainService,
  formatInstant,
  getLocation,
  getMidnight,
  getPast,
  getPastWindow,
  readStable,
  submit,
} from './explore.js'
import type { PlainRecord } from './plain-record.js'
import { describeResponse, expectErrors, expectList, first, getIds, getText } from './response.js'
import { targets } from './targets.js'

const getRequestedTime = (one: PlainRecord) => Date.parse(getText(one, 'requested_datetime'))

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const listRequests = async (args: Args = {}) =>
    expectList(await get(target, 'xml', '/requests', args), 'xml')
  const between = (from: number, to: number) => ({
    start_date: formatInstant(from),
    end_date: formatInstant(to),
  })
  /** Requests that are older than 90 days. */
  const getOld = () => getPast(target, 170, 100)

  test('GR-LIST-04 A-17 A-18 start_date and end_date bound requested_datetime, both inclusive', async () => {
    const all = await getPast(target)
    const [from, to] = [Date.parse(getPastWindow().start_date), Date.parse(getPastWindow().end_date)]
    expect(all.length).toBeGreaterThan(0)
    for (const one of all) {
      expect(getRequestedTime(one)).toBeGreaterThanOrEqual(from)
      expect(getRequestedTime(one)).toBeLessThanOrEqual(to)
    }
    for (const one of [first(all), all.at(-1) ?? first(all)]) {
      const at = getRequestedTime(one)
      expect(getIds(await listRequests(between(at, at)))).toContain(getText(one, 'service_request_id'))
      expect(getIds(await listRequests(between(at, at + DAY)))).toContain(getText(one, 'service_request_id'))
      expect(getIds(await listRequests(between(at - DAY, at)))).toContain(getText(one, 'service_request_id'))
      expect(getIds(await listRequests(between(at + 1000, at + DAY)))).not.toContain(
        getText(one, 'service_request_id'),
      )
      expect(getIds(await listRequests(between(at - DAY, at - 1000)))).not.toContain(
        getText(one, 'service_request_id'),
      )
    }
    const middle = Math.floor((from + to) / 2000) * 1000
    const halves = [
      ...getIds(await listRequests(between(middle + 1000, to))),
      ...getIds(await listRequests(between(from, middle))),
    ]
    expect(halves.sort()).toEqual(getIds(all).sort())
  })

  test.for(target.formats)(
    'GR-LIST-05 A-16 refuses a span of more than 90 days with 400, in %s',
    async (format) => {
      for (const days of [91, 92, 365, 5000]) {
        const response = await get(target, format, '/requests', between(getMidnight(days), getMidnight(0)))
        expectErrors(response, format, 400, /90/)
      }
      expectErrors(
        await get(target, format, '/requests', {
          start_date: '1990-01-01',
          end_date: formatInstant(Date.now()),
        }),
        format,
        400,
      )
    },
  )

  test('GR-LIST-05 accepts a span of 90 days', async () => {
    const response = await get(target, 'xml', '/requests', between(getMidnight(130), getMidnight(40)))
    expect(response.status, describeResponse(response)).toBe(200)
  })

  own('GR-LIST-05 refuses a span of 90 days and one second', async () => {
    expectErrors(
      await get(target, 'json', '/requests', between(getMidnight(130) - 1000, getMidnight(40))),
      'json',
      400,
    )
  })

  test.for(target.formats)(
    'GR-LIST-11 A-16 refuses a start_date after end_date with 400, in %s',
    async (format) => {
      expectErrors(
        await get(target, format, '/requests', between(getMidnight(5), getMidnight(6))),
        format,
        400,
        /start_date|end_date/,
      )
    },
  )

  test('GR-LIST-06 lists the last 90 days if there are no dates', async () => {
    const edge = Date.now() - 90 * DAY - 60_000
    for (const one of await listRequests())
      expect(getRequestedTime(one), JSON.stringify(one)).toBeGreaterThan(edge)
    const service_code = getText(first(await getOld()), 'service_code')
    const list = await listRequests({ service_code })
    for (const one of list) expect(getRequestedTime(one)).toBeGreaterThan(edge)
    if (list.length < 1000)
      expect(
        [...(await listRequests({ ...between(Date.now() - 89 * DAY, Date.now()), service_code }))].length,
      ).toBeLessThanOrEqual(list.length)
  })

  own('GR-LIST-06 lists requests that are 89 days old, and not those that are 91 days old', async () => {
    const getCodes = (list: PlainRecord[]) => new Set(list.map((one) => one.service_code))
    const [young, aged] = [
      await listRequests(between(getMidnight(89), getMidnight(80))),
      await listRequests(between(getMidnight(100), getMidnight(91))),
    ]
    const shared = [...getCodes(young)].find((code) => getCodes(aged).has(code ?? ''))
    expect(shared, 'no service with requests on both sides').toBeDefined()
    const list = getIds(await listRequests({ service_code: String(shared) }))
    expect(list.length).toBeLessThan(1000)
    expect(list).toEqual(expect.arrayContaining(getIds(young.filter((one) => one.service_code === shared))))
    for (const one of aged) expect(list).not.toContain(one.service_request_id)
  })

  own('GR-LIST-13 GR-ONE-05 hidden requests do not count toward the limit of 1000', async () => {
    const text = createMarker('hidden')
    for (const service_code of ['ENCAMPMENT', 'DANGEROUS-DOG', 'BULK-PICKUP', 'ANON-TIP'])
      await post(target, 'xml', {
        service_code,
        ...(await getLocation(target)),
        description: `${text} ${service_code}`,
      })
    const response = await sendRequest(target, '/requests.json')
    expect(expectList(response, 'json').length).toBe(1000)
    for (const code of ['ENCAMPMENT', 'DANGEROUS-DOG', 'BULK-PICKUP'])
      expect(response.text).not.toContain(`${text} ${code}`)
    expect(await listRequests({ service_code: 'ENCAMPMENT' })).toEqual([])
  })

  test('A-15 start_date alone selects the next 90 days, end_date alone the previous 90 days', async () => {
    const [from, to] = [getMidnight(150), getMidnight(60)]
    expect(getIds(await listRequests({ start_date: formatInstant(from) }))).toEqual(
      getIds(await listRequests(between(from, to))),
    )
    expect(getIds(await listRequests({ end_date: formatInstant(to) }))).toEqual(
      getIds(await listRequests(between(from, to))),
    )
    expect(await listRequests({ start_date: '2001-01-01T00:00:00Z' })).toEqual([])
    expect(await listRequests({ end_date: '2001-01-01T00:00:00Z' })).toEqual([])
  })

  test.skipIf(!target.key)('A-15 start_date alone finds a new request', async () => {
    const start_date = formatInstant(Date.now() - 120_000)
    const id = await submit(target)
    const service_code = String(await findPlainService(target))
    expect(getIds(await listRequests({ start_date, service_code }))).toContain(id)
    expect(first(await listRequests({ service_code })).service_code).toBe(service_code)
    const [one, other] = await readStable(
      () => listRequests({ service_code }),
      () => listRequests({ service_code }),
    )
    expect(getIds(other)).toEqual(getIds(one))
  })
})
