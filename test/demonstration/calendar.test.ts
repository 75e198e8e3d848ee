import { expect, it } from 'vitest'
import { addDays, localTime, readWeekday, timestamp, toInstant } from '../../src/demonstration/calendar.js'

const chicago = 'America/Chicago'
const toTimestamp = (day: string, hour: number, minute = 0) =>
  timestamp(toInstant(day, hour * 3600 + minute * 60, chicago))

it.each([
  ['2026-01-15', 12, 0, '2026-01-15T18:00:00Z'],
  ['2026-07-15', 12, 0, '2026-07-15T17:00:00Z'],
  ['2026-07-15', 23, 59, '2026-07-16T04:59:00Z'],
  // Clocks go forward at 2:00 on 2026-03-08: 2:30 does not exist.
  ['2026-03-08', 1, 59, '2026-03-08T07:59:00Z'],
  ['2026-03-08', 2, 30, '2026-03-08T07:30:00Z'],
  ['2026-03-08', 3, 0, '2026-03-08T08:00:00Z'],
  // Clocks go back at 2:00 on 2026-11-01.
  ['2026-11-01', 0, 30, '2026-11-01T05:30:00Z'],
  ['2026-11-01', 2, 30, '2026-11-01T08:30:00Z'],
] as const)('toInstant converts %s %i:%i in the city to %s', (day, hour, minute, instant) => {
  expect(toTimestamp(day, hour, minute)).toBe(instant)
})

it('localTime reverses toInstant', () => {
  const instant = toInstant('2026-11-21', 41_000, chicago)
  expect(localTime(instant, chicago)).toEqual({ day: '2026-11-21', seconds: 41_000 })
})

it('addDays and readWeekday handle months, leap days and years', () => {
  expect([addDays('2028-02-28'), addDays('2026-12-31'), addDays('2026-03-01', -1)]).toEqual([
    '2028-02-29',
    '2027-01-01',
    '2026-02-28',
  ])
  expect([readWeekday('2026-11-16'), readWeekday('2026-11-22')]).toEqual([0, 6])
})
