import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readProfile } from '../../src/demonstration/profile.js'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'georeport-demonstration-'))
  cpSync(join(import.meta.dirname, '../../fixtures/rivertown'), folder, { recursive: true })
})

afterEach(() => rmSync(folder, { recursive: true }))

/** Replaces one text of the profile and returns the path of the profile. */
function editProfile(text: string, replacement: string): string {
  const path = join(folder, 'demonstration.yaml')
  const content = readFileSync(path, 'utf8')
  if (!content.includes(text)) throw new Error(`not in the profile: ${text}`)
  writeFileSync(path, content.replace(text, replacement))
  return path
}

it('reads time zone and polygons from the files of the city', () => {
  const profile = readProfile(join(folder, 'demonstration.yaml'))
  expect(profile.timeZone).toBe('America/Chicago')
  expect(profile.boundary).toHaveLength(1)
  expect(profile.neighbourhoods).toHaveLength(12)
})

it.each([
  ['rows_per_day: 15.3', 'rows_per_day: many', /demonstration\.yaml: rows_per_day: .*number/],
  ['seed: rivertown', 'sed: rivertown', /demonstration\.yaml: .*seed/],
  [
    'factors: {WATER-LEAK: 4,',
    'factors: {WATER-LEEK: 4,',
    /weather\.2\.factors: no service WATER-LEEK below services/,
  ],
  [
    '    OT: {',
    '    XX: {',
    /demonstration\.yaml: neighbourhoods\.entries\.XX: not in areas\/neighbourhoods\.geojson/,
  ],
  ['hours: [5', 'hours: [[5', /demonstration\.yaml: /],
] as const)('names file, path and error in the message: %s → %s', (text, replacement, message) => {
  expect(() => readProfile(editProfile(text, replacement))).toThrow(message)
})
