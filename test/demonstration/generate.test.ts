import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { booleanPointInPolygon } from '@turf/turf'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { addDays } from '../../src/demonstration/calendar.js'
import { generate } from '../../src/demonstration/generate.js'
import { readProfile } from '../../src/demonstration/profile.js'
import type { ImportedServiceRequest } from '../../src/store/service-requests/import.js'

const city = join(import.meta.dirname, '../../fixtures/rivertown')
const profile = readProfile(join(city, 'demonstration.yaml'))
const [from, to, now] = ['2025-11-22', '2026-11-21', '2026-11-21T20:00:00Z']
const year = [...generate(profile, from, to, now)]

interface Service {
  service_code: string
  type?: string
  visibility?: string
}

function readCityServices(): Service[] {
  return readdirSync(join(city, 'services')).flatMap(
    (file) => parse(readFileSync(join(city, 'services', file), 'utf8')).services,
  )
}

function daysBetween(first: string, last: string): string[] {
  const days: string[] = []
  for (let day = first; day <= last; day = addDays(day)) days.push(day)
  return days
}

/** Selects the fields that do not depend on the generated range or on the current time. */
function selectStableFields({
  service_request_id,
  lat,
  long,
  address,
  requested_datetime,
  description,
}: ImportedServiceRequest) {
  return { service_request_id, lat, long, address, requested_datetime, description }
}

describe('generated service requests', () => {
  it('are the same in every run', () => {
    expect([...generate(profile, from, to, now)]).toEqual(year)
  })

  it('differ with the seed', () => {
    const other = [...generate({ ...profile, seed: 'another' }, '2026-05-01', '2026-05-03', now)]
    expect(other.map(selectStableFields)).not.toEqual(
      [...generate(profile, '2026-05-01', '2026-05-03', now)].map(selectStableFields),
    )
  })

  it('are the same for one day and for that day within a range', () => {
    const range = [...generate(profile, '2026-03-01', '2026-03-31', now)]
    const alone = daysBetween('2026-03-01', '2026-03-31').flatMap((day) => [
      ...generate(profile, day, day, now),
    ])
    expect(alone).toEqual(range)
  })

  it('stay the same as time passes, except for later updates', () => {
    const early = [...generate(profile, '2026-06-01', '2026-06-30', '2026-06-20T17:00:00Z')]
    const late = new Map(
      [...generate(profile, '2026-06-01', '2026-06-30', now)].map((row) => [row.service_request_id, row]),
    )
    expect(early.length).toBeGreaterThan(200)
    expect(early.every((row) => row.requested_datetime <= '2026-06-20T17:00:00Z')).toBe(true)
    for (const row of early) {
      const later = late.get(row.service_request_id)!
      expect(selectStableFields(later)).toEqual(selectStableFields(row))
      expect(later.updated_datetime >= row.updated_datetime).toBe(true)
      if (row.status === 'closed') expect(later).toEqual(row)
    }
  })

  it('are about 6,000 per year and more than 1,000 in any 90 days', () => {
    expect(year.length).toBeGreaterThan(5500)
    expect(year.length).toBeLessThan(7500)
    const perDay = new Map<string, number>()
    for (const { service_request_id } of year) {
      const day = service_request_id.slice(3, 9)
      perDay.set(day, (perDay.get(day) ?? 0) + 1)
    }
    const counts = daysBetween(from, to).map((day) => perDay.get(day.slice(2).replaceAll('-', '')) ?? 0)
    for (let i = 0; i + 90 <= counts.length; i++) {
      expect(counts.slice(i, i + 90).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(1000)
    }
    expect(counts.slice(-90).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(1200)
  })

  it('have unique ids that consist of the local day and a number', () => {
    expect(new Set(year.map((row) => row.service_request_id)).size).toBe(year.length)
    const formatter = new Intl.DateTimeFormat('sv-SE', { timeZone: profile.timeZone, dateStyle: 'short' })
    for (const { service_request_id, requested_datetime } of year) {
      const day = formatter.format(new Date(requested_datetime)).slice(2).replaceAll('-', '')
      expect(service_request_id).toMatch(new RegExp(`^RT-${day}-\\d{2,}$`))
    }
  })

  it('lie inside the boundary, with both or neither of lat and long, to 6 decimals', () => {
    const boundary = JSON.parse(readFileSync(join(city, 'boundary.geojson'), 'utf8')).features[0]
    for (const { lat, long, service_request_id } of year) {
      expect(lat === null, service_request_id).toBe(long === null)
      if (lat === null || long === null) continue
      expect(booleanPointInPolygon([long, lat], boundary), service_request_id).toBe(true)
      expect([Number(lat.toFixed(6)), Number(long.toFixed(6))]).toEqual([lat, long])
    }
    expect(year.filter(({ lat }) => lat === null).length).toBeLessThan(0.05 * year.length)
  })

  it('have datetimes in the format of GR-DT-02 and in a possible order', () => {
    for (const row of year) {
      const { requested_datetime, updated_datetime, expected_datetime, closed_datetime } = row
      for (const datetime of [requested_datetime, updated_datetime, expected_datetime, closed_datetime]) {
        if (datetime !== null) expect(datetime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      }
      expect(requested_datetime <= updated_datetime && updated_datetime <= now).toBe(true)
      expect(row.status === 'closed').toBe(closed_datetime !== null)
      if (closed_datetime !== null) expect(updated_datetime).toBe(closed_datetime)
    }
  })

  it('use only public services of the city that assign an id', () => {
    const listed = readCityServices()
      .filter(({ type, visibility }) => type !== 'blackbox' && (visibility ?? 'public') === 'public')
      .map(({ service_code }) => service_code)
    expect(listed).toEqual(expect.arrayContaining(Object.keys(profile.services)))
    expect(new Set(year.map((row) => row.service_code))).toEqual(new Set(Object.keys(profile.services)))
    for (const row of year) expect(row.service_code === 'WEBSITE' && row.address !== null).toBe(false)
  })

  it('name an earlier service request of the same service in each duplicate', () => {
    const rows = new Map(year.map((row) => [row.service_request_id, row]))
    const duplicates = year.filter((row) => row.status_notes?.startsWith('Duplicate of '))
    expect(duplicates.length).toBeGreaterThan(50)
    for (const row of duplicates) {
      const first = rows.get(row.status_notes!.slice('Duplicate of '.length, -1))!
      expect(row.status).toBe('closed')
      expect(first.service_code).toBe(row.service_code)
      expect(first.requested_datetime <= row.requested_datetime).toBe(true)
      expect(first.address).toBe(row.address)
    }
  })

  it('vary with the seasons, and have varied descriptions and pictures', () => {
    const countInMonths = (code: string, months: string[]) =>
      year.filter((row) => row.service_code === code && months.includes(row.requested_datetime.slice(5, 7)))
        .length
    expect(countInMonths('SNOW-STREET', ['12', '01', '02'])).toBeGreaterThan(
      4 * countInMonths('SNOW-STREET', ['03', '11']),
    )
    expect(countInMonths('TALL-GRASS', ['05', '06', '07'])).toBeGreaterThan(
      countInMonths('TALL-GRASS', ['03', '09', '10', '11']),
    )
    expect(year.some((row) => row.description?.includes('\n'))).toBe(true)
    expect(year.some((row) => /[éíëñ]/.test(row.description ?? ''))).toBe(true)
    expect(year.some((row) => /\p{Extended_Pictographic}/u.test(row.description ?? ''))).toBe(true)
    const pictures = year.filter((row) => row.media_url !== null).length / year.length
    expect(pictures).toBeGreaterThan(0.07)
    expect(pictures).toBeLessThan(0.14)
  })
})
