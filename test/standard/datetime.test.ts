import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addDays, daysBetween, formatDatetime, parseDatetime } from '../../src/standard/datetime.js'

const linesOf = (name: string) =>
  readFileSync(new URL(name, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))

describe('GR-DT-03 A-17 dates that clients send', () => {
  test.each(linesOf('datetime.valid.txt'))('%s', (line) => {
    const [said, meant] = line.split(' => ') as [string, string]
    const [start, end = start] = meant.split(' | ')
    expect(parseDatetime(said, { edge: 'start' })).toBe(start)
    expect(parseDatetime(said, { edge: 'end' })).toBe(end)
  })

  test.each(linesOf('datetime.invalid.txt'))('not %s', (line) => {
    expect(parseDatetime(line, { edge: 'start' })).toBeNull()
  })

  test('A-29 a time without a zone is on the clock of the zone, on both sides of a change of clocks', () => {
    const chicago = (text: string) => parseDatetime(text, { edge: 'start', zone: 'America/Chicago' })
    expect(chicago('2026-01-15T12:00')).toBe('2026-01-15T18:00:00Z')
    expect(chicago('2026-07-15T12:00')).toBe('2026-07-15T17:00:00Z')
    expect(chicago('2026-03-08T01:59:59')).toBe('2026-03-08T07:59:59Z')
    expect(chicago('2026-03-08T03:00:00')).toBe('2026-03-08T08:00:00Z')
    expect(chicago('2026-01-15T12:00Z')).toBe('2026-01-15T12:00:00Z')
    expect(chicago('2026-01-15')).toBe('2026-01-15T06:00:00Z')
  })

  test('GR-DT-01 GR-DT-02 every instant is written in UTC, in whole seconds, and read back the same', () => {
    const instants = fc.date({
      min: new Date('1000-01-02'),
      max: new Date('8999-12-30'),
      noInvalidDate: true,
    })
    fc.assert(
      fc.property(instants, (instant) => {
        const text = formatDatetime(instant)
        expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
        expect(parseDatetime(text, { edge: 'start' })).toBe(text)
        expect(Date.parse(text)).toBe(Math.floor(instant.getTime() / 1000) * 1000)
      }),
    )
  })

  test('days are days of 24 hours', () => {
    expect(addDays('2026-03-01T00:00:00Z', 90)).toBe('2026-05-30T00:00:00Z')
    expect(daysBetween('2026-03-01T00:00:00Z', '2026-03-01T12:00:00Z')).toBe(0.5)
  })
})
