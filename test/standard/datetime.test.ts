import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addDays, daysBetween, formatDatetime, parseDatetime } from '../../src/standard/datetime.js'

const readLines = (name: string) =>
  readFileSync(new URL(name, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))

describe('GR-DT-03 A-17 parseDatetime', () => {
  test.each(readLines('datetime.valid.txt'))('reads %s', (line) => {
    const [text, expected] = line.split(' => ') as [string, string]
    const [start, end = start] = expected.split(' | ')
    expect(parseDatetime(text, { edge: 'start' })).toBe(start)
    expect(parseDatetime(text, { edge: 'end' })).toBe(end)
  })

  test.each(readLines('datetime.invalid.txt'))('rejects %s', (line) => {
    expect(parseDatetime(line, { edge: 'start' })).toBeNull()
  })

  test('A-29 reads a time without a zone in the default zone, before and after a daylight saving change', () => {
    const parseInChicago = (text: string) => parseDatetime(text, { edge: 'start', zone: 'America/Chicago' })
    expect(parseInChicago('2026-01-15T12:00')).toBe('2026-01-15T18:00:00Z')
    expect(parseInChicago('2026-07-15T12:00')).toBe('2026-07-15T17:00:00Z')
    expect(parseInChicago('2026-03-08T01:59:59')).toBe('2026-03-08T07:59:59Z')
    expect(parseInChicago('2026-03-08T03:00:00')).toBe('2026-03-08T08:00:00Z')
    expect(parseInChicago('2026-01-15T12:00Z')).toBe('2026-01-15T12:00:00Z')
    expect(parseInChicago('2026-01-15')).toBe('2026-01-15T06:00:00Z')
  })

  test('GR-DT-01 GR-DT-02 formatDatetime writes any instant in UTC and whole seconds, and parseDatetime reads the same instant', () => {
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

  test('addDays and daysBetween count days of 24 hours', () => {
    expect(addDays('2026-03-01T00:00:00Z', 90)).toBe('2026-05-30T00:00:00Z')
    expect(daysBetween('2026-03-01T00:00:00Z', '2026-03-01T12:00:00Z')).toBe(0.5)
  })
})
