import { describe, expect, test } from 'vitest'
import { get, getDiscovery, post, sendRawRequest } from './client.js'
import {
  DAY,
  formatInstant,
  getMidnight,
  getPast,
  getPastWindow,
  getRecent,
  getServiceRequest,
  submit,
} from './explore.js'
import type { PlainRecord } from './plain-record.js'
import { describeResponse, expectErrors, expectList, first, getIds, getText } from './response.js'
import { LAMP } from './rivertown.js'
import { targets } from './targets.js'

const W3C = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/
const EXACT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/
const TIMES = ['requested_datetime', 'updated_datetime', 'expected_datetime']

function getTimes(list: PlainRecord[]): string[] {
  return list.flatMap((one) =>
    TIMES.map((name) => one[name]).filter((time) => time !== undefined && time !== ''),
  ) as string[]
}

/** Formats an instant in a zone two hours ahead of UTC. */
const formatAhead = (instant: number, zone: string) =>
  formatInstant(instant + 2 * 3_600_000).replace('Z', zone)

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const posting = test.skipIf(!target.key)
  const [from, to] = [getMidnight(33), getMidnight(30)]
  const listIds = async (start_date: string, end_date: string) =>
    getIds(expectList(await get(target, 'xml', '/requests', { start_date, end_date }), 'xml'))

  test.for(target.formats)('GR-DT-01 every datetime has a date, a time and a zone, in %s', async (format) => {
    for (const args of [{}, getPastWindow()]) {
      const list = expectList(await get(target, format, '/requests', args), format)
      for (const time of getTimes(list)) {
        expect(time).toMatch(W3C)
        expect(Number.isNaN(Date.parse(time)), time).toBe(false)
      }
    }
  })

  test.for(target.formats)(
    'GR-DT-02 every datetime has the format YYYY-MM-DDThh:mm:ssZ, in %s',
    async (format) => {
      const list = expectList(await get(target, format, '/requests'), format)
      const one = await get(
        target,
        format,
        `/requests/${encodeURIComponent(getText(first(list), 'service_request_id'))}`,
      )
      for (const time of [...getTimes(list), ...getTimes(expectList(one, format))])
        expect(time).toMatch(EXACT)
      for (const [time] of (await get(target, format, '/requests', getPastWindow())).text.matchAll(
        /\d{4}-\d\d-\d\dT[\d:.]+[^<"]*/g,
      ))
        expect(time).toMatch(EXACT)
    },
  )

  test.for(target.formats)(
    'GR-DT-02 DISC-08 every changeset in discovery has the format YYYY-MM-DDThh:mm:ssZ, in %s',
    async (format) => {
      const response = await getDiscovery(target, format)
      const changesets = [...response.text.matchAll(/changeset"?\s*[:>]\s*"?([^<"]+)/g)].map(
        ([, time]) => time,
      )
      expect(changesets.length, describeResponse(response)).toBeGreaterThanOrEqual(2)
      for (const time of changesets) expect(time).toMatch(EXACT)
    },
  )

  test('GR-DT-03 reads every common notation of an instant', async () => {
    const expected = await listIds(formatInstant(from), formatInstant(to))
    expect(expected.length).toBeGreaterThan(0)
    const plain = formatInstant(from).replace('Z', '')
    const starts = [
      `${plain}+00:00`,
      `${plain}-00:00`,
      formatAhead(from, '+02:00'),
      formatAhead(from, '+0200'),
      `${plain}.000Z`,
      `${plain}.999Z`,
      `${plain}.123456Z`,
      `${plain}.1234567Z`,
      plain.slice(0, 16),
      `${plain.slice(0, 16)}Z`,
      `${plain.slice(0, 16)}+00:00`,
      plain,
      `${plain}.123456`,
      plain.slice(0, 10),
      formatAhead(from, ' 02:00'),
      formatAhead(from, ' 0200'),
      ` ${plain}Z `,
    ]
    for (const start of starts) expect(await listIds(start, formatInstant(to)), start).toEqual(expected)
    const end = formatInstant(to).replace('Z', '')
    for (const other of [
      `${end}+00:00`,
      formatAhead(to, '+02:00'),
      formatAhead(to, '+0200'),
      end,
      end.slice(0, 16),
      `${end}.000`,
      formatAhead(to, ' 02:00'),
    ])
      expect(await listIds(formatInstant(from), other), other).toEqual(expected)
  })

  test('GR-DT-03 reads a blank in the zone as a plus that was not encoded', async () => {
    const tail = target.jurisdiction_id ? `&jurisdiction_id=${target.jurisdiction_id}` : ''
    const path = `requests.xml?start_date=${formatAhead(from, '+02:00')}&end_date=${formatAhead(to, '+02:00')}${tail}`
    const response = await sendRawRequest(target, path)
    expect(getIds(expectList(response, 'xml'))).toEqual(await listIds(formatInstant(from), formatInstant(to)))
  })

  test('GR-DT-03 reads a date alone as 00:00:00 in start_date and as 23:59:59 in end_date', async () => {
    const [start, end] = [formatInstant(from).slice(0, 10), formatInstant(to).slice(0, 10)]
    expect(await listIds(start, end)).toEqual(
      await listIds(formatInstant(from), formatInstant(to + DAY - 1000)),
    )
    expect(await listIds(end, end)).toEqual(await listIds(formatInstant(to), formatInstant(to + DAY - 1000)))
  })

  test.for(target.formats)('GR-DT-03 GR-LIST-11 refuses any other text with 400, in %s', async (format) => {
    const invalid = [
      'banana',
      '01/02/2026',
      '2026-13-01T00:00:00Z',
      '2026-02-30T00:00:00Z',
      '2026-02-30',
      '2026-01-01T25:00:00Z',
      '2026-01-01T00:60:00Z',
      '2026-01-01T00:00:00+99:00',
      '2026-01-01T00:00:00 EST',
      '1767225600',
      '-1',
      'today',
      '0000',
      '2026',
      "2026-01-01' or '1'='1",
      '2026-01-01T00:00:00Z;drop',
      '99999-01-01T00:00:00Z',
      'null',
      'undefined',
      '2026-1-1',
      'Thu Jan 01 2026',
    ]
    for (const start_date of invalid)
      expectErrors(await get(target, format, '/requests', { start_date }), format, 400, /start_date/)
    for (const end_date of invalid.slice(0, 8))
      expectErrors(await get(target, format, '/requests', { end_date }), format, 400, /end_date/)
  })

  own('GR-DT-03 accepts a leap day, refuses a wrong one, and does not fail on a leap second', async () => {
    await listIds('2024-02-29', '2024-03-01')
    expectErrors(
      await get(target, 'json', '/requests', { start_date: '2025-02-29' }),
      'json',
      400,
      /start_date/,
    )
    const leap = await get(target, 'json', '/requests', { start_date: '2016-12-31T23:59:60Z' })
    expect(leap.status, describeResponse(leap)).toBeLessThan(500)
  })

  posting(
    'GR-DT-04 requested_datetime is the time of the submission, and updated_datetime is not earlier',
    async () => {
      const before = Date.now()
      const record = await getServiceRequest(target, await submit(target))
      const requested = Date.parse(getText(record, 'requested_datetime'))
      // One minute of tolerance, because clocks differ.
      expect(requested).toBeGreaterThan(before - 60_000)
      expect(requested).toBeLessThan(Date.now() + 60_000)
      expect(Date.parse(getText(record, 'updated_datetime'))).toBeGreaterThanOrEqual(requested)
      const expected = record.expected_datetime
      if (expected) expect(Date.parse(String(expected))).toBeGreaterThanOrEqual(requested)
    },
  )

  own('GR-DT-04 requested_datetime is exact to the second', async () => {
    const before = Math.floor(Date.now() / 1000) * 1000
    const record = await getServiceRequest(target, await submit(target))
    expect(Date.parse(getText(record, 'requested_datetime'))).toBeGreaterThanOrEqual(before)
    expect(Date.parse(getText(record, 'requested_datetime'))).toBeLessThanOrEqual(Date.now())
  })

  test('GR-DT-04 A-18 A-44 updated_datetime is neither before requested_datetime nor in the future', async () => {
    for (const one of [...(await getRecent(target)), ...(await getPast(target))]) {
      const [requested, updated] = [
        Date.parse(getText(one, 'requested_datetime')),
        Date.parse(getText(one, 'updated_datetime')),
      ]
      expect(updated, JSON.stringify(one)).toBeGreaterThanOrEqual(requested)
      expect(updated, JSON.stringify(one)).toBeLessThan(Date.now() + 60_000)
    }
  })

  own('A-29 accepts a datetime attribute with or without zone, seconds and time', async () => {
    for (const since of [
      '2026-05-01T09:30',
      '2026-05-01T09:30:00Z',
      '2026-05-01T09:30:00+02:00',
      '2026-05-01',
      '2026-05-01T09:30:00.123Z',
    ]) {
      const response = await post(target, 'json', { ...LAMP, 'attribute[SINCE]': since })
      expect(response.status, `${since} ${describeResponse(response)}`).toBe(200)
    }
    for (const since of ['yesterday', '1 May 2026 9:30', '01/05/2026', '2026-05-41', '2026-05-01T26:00'])
      expectErrors(await post(target, 'json', { ...LAMP, 'attribute[SINCE]': since }), 'json', 400, /SINCE/)
  })
})
