import { expect, test } from 'vitest'
import { computeExpectedDatetime } from '../../src/standard/service-level.js'

const calendar = {
  time_zone: 'America/Chicago',
  working_days: [1, 2, 3, 4, 5],
  days_off: ['2026-11-26', '2026-12-25'],
}
const hours = (target_hours: number) => ({ target_hours, target_days: null })
const days = (target_days: number) => ({ target_hours: null, target_days })

test.each([
  ['has no expected date without a target', hours(null as never), '2026-11-20T18:00:00Z', null],
  ['counts target hours day and night', hours(48), '2026-11-20T18:00:00Z', '2026-11-22T18:00:00Z'],
  ['does not count weekends as working days', days(1), '2026-11-20T18:00:00Z', '2026-11-23T18:00:00Z'],
  ['does not count holidays as working days', days(2), '2026-11-25T18:00:00Z', '2026-11-30T18:00:00Z'],
  ['counts from Monday if requested on a Saturday', days(1), '2026-11-21T18:00:00Z', '2026-11-24T06:00:00Z'],
  [
    'uses the day in the time zone of the city: Friday there, Saturday in UTC',
    days(1),
    '2026-11-21T03:00:00Z',
    '2026-11-24T03:00:00Z',
  ],
  [
    'keeps the local time across a daylight saving change',
    days(1),
    '2026-03-06T18:00:00Z',
    '2026-03-09T17:00:00Z',
  ],
  ['counts five working days as one week', days(5), '2026-11-16T18:00:00Z', '2026-11-23T18:00:00Z'],
])('EXT-31 %s', (_, target, from, expected) => {
  expect(computeExpectedDatetime(target, calendar, from)).toBe(expected)
})

test('EXT-31 computes an expected date even if a century has only holidays', () => {
  const allOff = Array.from({ length: 40_000 }, (_, day) =>
    new Date(Date.UTC(2026, 0, 1) + day * 86_400_000).toISOString().slice(0, 10),
  )
  expect(
    computeExpectedDatetime(
      days(1),
      { ...calendar, days_off: allOff.slice(0, 36_000) },
      '2026-01-02T12:00:00Z',
    ),
  ).toMatch(/^21\d\d-/)
})
