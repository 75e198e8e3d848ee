import { describe, expect, test } from 'vitest'
import { about, expectErrors, first, ids, listOf, word } from './answer.js'
import { discover, get, post, rawCall } from './client.js'
import { DAY, file, found, midnight, past, pastWindow, recent, stamp } from './exploring.js'
import { LAMP } from './rivertown.js'
import type { PlainRecord } from './same-record.js'
import { targets } from './targets.js'

const W3C = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/
const EXACT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/
const TIMES = ['requested_datetime', 'updated_datetime', 'expected_datetime']

function times(list: PlainRecord[]): string[] {
  return list.flatMap((one) =>
    TIMES.map((name) => one[name]).filter((time) => time !== undefined && time !== ''),
  ) as string[]
}

/** The same instant on a clock that runs two hours ahead. */
const ahead = (instant: number, zone: string) => stamp(instant + 2 * 3_600_000).replace('Z', zone)

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const posting = test.skipIf(!target.key)
  const [from, to] = [midnight(33), midnight(30)]
  const asked = async (start_date: string, end_date: string) =>
    ids(listOf(await get(target, 'xml', '/requests', { start_date, end_date }), 'xml'))

  test.for(target.formats)(
    'GR-DT-01 every date-time carries a date, a time and a zone, in %s',
    async (format) => {
      for (const args of [{}, pastWindow()]) {
        const list = listOf(await get(target, format, '/requests', args), format)
        for (const time of times(list)) {
          expect(time).toMatch(W3C)
          expect(Number.isNaN(Date.parse(time)), time).toBe(false)
        }
      }
    },
  )

  test.for(target.formats)(
    'GR-DT-02 every date-time is YYYY-MM-DDThh:mm:ssZ exactly, in %s',
    async (format) => {
      const list = listOf(await get(target, format, '/requests'), format)
      const one = await get(
        target,
        format,
        `/requests/${encodeURIComponent(word(first(list), 'service_request_id'))}`,
      )
      for (const time of [...times(list), ...times(listOf(one, format))]) expect(time).toMatch(EXACT)
      for (const [time] of (await get(target, format, '/requests', pastWindow())).text.matchAll(
        /\d{4}-\d\d-\d\dT[\d:.]+[^<"]*/g,
      ))
        expect(time).toMatch(EXACT)
    },
  )

  test.for(target.formats)('GR-DT-02 DISC-08 the changesets of discovery too, in %s', async (format) => {
    const answer = await discover(target, format)
    const found = [...answer.text.matchAll(/changeset"?\s*[:>]\s*"?([^<"]+)/g)].map(([, time]) => time)
    expect(found.length, about(answer)).toBeGreaterThanOrEqual(2)
    for (const time of found) expect(time).toMatch(EXACT)
  })

  test('GR-DT-03 every usual way to write an instant is read as that instant', async () => {
    const usual = await asked(stamp(from), stamp(to))
    expect(usual.length).toBeGreaterThan(0)
    const plain = stamp(from).replace('Z', '')
    const starts = [
      `${plain}+00:00`,
      `${plain}-00:00`,
      ahead(from, '+02:00'),
      ahead(from, '+0200'),
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
      ahead(from, ' 02:00'),
      ahead(from, ' 0200'),
      ` ${plain}Z `,
    ]
    for (const start of starts) expect(await asked(start, stamp(to)), start).toEqual(usual)
    const end = stamp(to).replace('Z', '')
    for (const other of [
      `${end}+00:00`,
      ahead(to, '+02:00'),
      ahead(to, '+0200'),
      end,
      end.slice(0, 16),
      `${end}.000`,
      ahead(to, ' 02:00'),
    ])
      expect(await asked(stamp(from), other), other).toEqual(usual)
  })

  test('GR-DT-03 a plus that the client forgot to encode arrives as a blank and is understood', async () => {
    const tail = target.jurisdiction_id ? `&jurisdiction_id=${target.jurisdiction_id}` : ''
    const path = `requests.xml?start_date=${ahead(from, '+02:00')}&end_date=${ahead(to, '+02:00')}${tail}`
    const answer = await rawCall(target, path)
    expect(ids(listOf(answer, 'xml'))).toEqual(await asked(stamp(from), stamp(to)))
  })

  test('GR-DT-03 a date alone begins at 00:00:00 as start and ends at 23:59:59 as end', async () => {
    const [start, end] = [stamp(from).slice(0, 10), stamp(to).slice(0, 10)]
    expect(await asked(start, end)).toEqual(await asked(stamp(from), stamp(to + DAY - 1000)))
    expect(await asked(end, end)).toEqual(await asked(stamp(to), stamp(to + DAY - 1000)))
  })

  test.for(target.formats)('GR-DT-03 GR-LIST-11 anything else is refused with 400, in %s', async (format) => {
    const odd = [
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
    for (const start_date of odd)
      expectErrors(await get(target, format, '/requests', { start_date }), format, 400, /start_date/)
    for (const end_date of odd.slice(0, 8))
      expectErrors(await get(target, format, '/requests', { end_date }), format, 400, /end_date/)
  })

  own('GR-DT-03 a leap day is a day and a leap second is no crash', async () => {
    await asked('2024-02-29', '2024-03-01')
    expectErrors(
      await get(target, 'json', '/requests', { start_date: '2025-02-29' }),
      'json',
      400,
      /start_date/,
    )
    const leap = await get(target, 'json', '/requests', { start_date: '2016-12-31T23:59:60Z' })
    expect(leap.status, about(leap)).toBeLessThan(500)
  })

  posting(
    'GR-DT-04 requested_datetime is the moment of the report, and nothing was updated before it',
    async () => {
      const before = Date.now()
      const record = await found(target, await file(target))
      const requested = Date.parse(word(record, 'requested_datetime'))
      // a minute of grace for clocks that differ
      expect(requested).toBeGreaterThan(before - 60_000)
      expect(requested).toBeLessThan(Date.now() + 60_000)
      expect(Date.parse(word(record, 'updated_datetime'))).toBeGreaterThanOrEqual(requested)
      const expected = record.expected_datetime
      if (expected) expect(Date.parse(String(expected))).toBeGreaterThanOrEqual(requested)
    },
  )

  own('GR-DT-04 our own clock is the same to the second', async () => {
    const before = Math.floor(Date.now() / 1000) * 1000
    const record = await found(target, await file(target))
    expect(Date.parse(word(record, 'requested_datetime'))).toBeGreaterThanOrEqual(before)
    expect(Date.parse(word(record, 'requested_datetime'))).toBeLessThanOrEqual(Date.now())
  })

  test('GR-DT-04 A-18 A-44 no request was updated before it was requested, or in the future', async () => {
    for (const one of [...(await recent(target)), ...(await past(target))]) {
      const [requested, updated] = [
        Date.parse(word(one, 'requested_datetime')),
        Date.parse(word(one, 'updated_datetime')),
      ]
      expect(updated, JSON.stringify(one)).toBeGreaterThanOrEqual(requested)
      expect(updated, JSON.stringify(one)).toBeLessThan(Date.now() + 60_000)
    }
  })

  own('A-29 a datetime attribute may be written with or without zone, seconds or time', async () => {
    for (const since of [
      '2026-05-01T09:30',
      '2026-05-01T09:30:00Z',
      '2026-05-01T09:30:00+02:00',
      '2026-05-01',
      '2026-05-01T09:30:00.123Z',
    ]) {
      const answer = await post(target, 'json', { ...LAMP, 'attribute[SINCE]': since })
      expect(answer.status, `${since} ${about(answer)}`).toBe(200)
    }
    for (const since of ['yesterday', '1 May 2026 9:30', '01/05/2026', '2026-05-41', '2026-05-01T26:00'])
      expectErrors(await post(target, 'json', { ...LAMP, 'attribute[SINCE]': since }), 'json', 400, /SINCE/)
  })
})
