import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { searchWords } from '../../../src/http/arguments.js'
import { getServiceRequests } from '../../../src/operations/get-service-requests.js'
import type { Jurisdiction } from '../../../src/standard/catalog.js'
import { loadCatalog } from '../../../src/store/catalog/load-catalog.js'
import { writeCities } from '../../../src/store/catalog/write-city.js'
import { importServiceRequests } from '../../../src/store/service-requests/import.js'
import { databases, type TestDatabase } from '../../harness/databases.js'
import { fixedSeed } from '../../harness/property-seed.js'
import * as town from '../../harness/squareton.js'
import { createImport } from '../service-requests/create-import.js'
import { runOperation } from './run-operation.js'

const NOW = '2026-06-01T12:00:00Z'
const AT = town.PRODUCTION

const ROWS = {
  cafes: { description: 'Chairs of two Cafés in the way' },
  shouted: { description: 'CAFÉ TERRACE' },
  deep: { description: 'A deep hole', address: 'Müllerstraße 12' },
  hyphen: { description: 'Between Saint-Étienne and the deep-water quay' },
  quoted: { description: 'They call it "the O\'Neil hole" & more | or ! not :* \\ done' },
  cyrillic: { description: 'Яма на ДОРОГЕ' },
  cjk: { description: '日本語の道路', address: '東京' },
  emoji: { description: '🕳 at the corner 🚲' },
  crack: { service_code: 'CRACK', description: 'long' },
  none: {},
}

describe.each(databases)('$kind', ({ open }) => {
  let database: TestDatabase
  let city: Jurisdiction
  async function find(q: string): Promise<string[]> {
    const { rows } = await runOperation(getServiceRequests, database.store, city, { q })
    return rows.map((row) => String(row.service_request_id)).sort()
  }

  beforeAll(async () => {
    database = await open()
    await writeCities(database.store, [await town.readTown()], NOW)
    city = (await loadCatalog(database.store)).jurisdictions.get(town.SQUARETON)!
    const rows = Object.entries(ROWS).map(([service_request_id, fields]) =>
      createImport({ service_request_id, service_code: 'NOISE', ...fields }),
    )
    const hidden = ['TIP', 'CARE'].map((service_code) =>
      createImport({
        service_request_id: service_code,
        service_code,
        description: 'secretive words deep hole',
      }),
    )
    await importServiceRequests(database.store, AT, [...rows, ...hidden])
    await importServiceRequests(database.store, { ...AT, endpoint: 'test' }, [
      createImport({ service_request_id: 'tried', description: 'deep hole' }),
    ])
  })
  afterAll(() => database?.close())

  test.each([
    ['cafe', ['cafes', 'shouted']],
    ['CAFÉ', ['cafes', 'shouted']],
    ['cafe\u0301', ['cafes', 'shouted']],
    ['cafes', ['cafes']],
    ['caf', ['cafes', 'shouted']],
    ['afe', []],
    ['hol', ['deep', 'quoted']],
    ['deep hole', ['deep']],
    ['hole DEEP', ['deep']],
    ['deep deep', ['deep', 'hyphen']],
    ['mullerstrasse', ['deep']],
    ['Müllerstraße deep 12', ['deep']],
    ['etienne saint', ['hyphen']],
    ['deep-water', ['hyphen']],
    ["O'Neil", ['quoted']],
    ['"neil" & more', ['quoted']],
    ['дороге яма', ['cyrillic']],
    ['日本', ['cjk']],
    ['東京 日本語の道路', ['cjk']],
    ['🕳 corner', ['emoji']],
    ['crack', ['crack']],
    ['crack long', ['crack']],
    ['crack deep', []],
    ['noise deep', ['deep', 'hyphen']],
    ['secretive', []],
    ['tip', []],
  ])('EXT-22 %s finds %j', async (q, expected) => {
    expect(await find(q)).toEqual(expected)
  })

  test('EXT-22 operators of search languages only separate words', async () => {
    for (const sign of [
      ':*',
      '&',
      '|',
      '!',
      '\\',
      "'",
      '"',
      '<->',
      '(',
      ')',
      '%',
      '$1',
      '--',
      ';',
      '\u200B',
    ]) {
      const at = `corner${sign} ${sign}at`
      expect(await find(sign === '$1' ? 'corner at' : at), sign).toEqual(['emoji'])
    }
    expect(await find('!deep')).toEqual(['deep', 'hyphen'])
    expect(await find('deep | corner')).toEqual([])
  })

  test('EXT-22 GR-LIST-13 any search text gets a response with public service requests only', async () => {
    const hidden = new Set(['TIP', 'CARE', 'tried'])
    const letters = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
    const odd = fc.string({
      unit: fc.constantFrom(...'aé1½²ｱ𝒳ßİﬁ\u0301\u0940ʼ٣ _-.:/@\'"\\&|!*()<>%'),
      minLength: 1,
      maxLength: 20,
    })
    await fc.assert(
      fc.asyncProperty(fc.oneof(letters, odd), async (q) => {
        if (!searchWords.safeParse([q]).success) return
        for (const id of await find(q)) expect(hidden.has(id)).toBe(false)
      }),
      { numRuns: 250, seed: fixedSeed(22) },
    )
  })

  test.each([
    ['lamp/pole broken', 'pole'],
    ['lamp/pole broken', 'lamp/pole'],
    ['Lamp K-204 is dark', 'K-204'],
    ['corner Mill.Lane', 'Mill.Lane'],
    ['since 2026-03-02', '2026-03-02'],
    ['at Café2', 'cafe2'],
  ])('EXT-22 the description %s is found by %s', async (description, q) => {
    await importServiceRequests(database.store, AT, [
      createImport({ service_request_id: 'joined', description }),
    ])
    expect(await find(q)).toContain('joined')
  })

  test('EXT-22 a changed service request is found by its new words only, also by the new name of its service', async () => {
    await importServiceRequests(database.store, AT, [
      createImport({
        service_request_id: 'none',
        service_code: 'NOISE',
        description: 'unheard',
        address: 'Quay',
      }),
    ])
    expect(await find('unheard quay noise')).toEqual(['none'])
    await importServiceRequests(database.store, AT, [
      createImport({ service_request_id: 'none', service_code: 'CRACK', description: 'heard' }),
    ])
    expect(await find('unheard')).toEqual([])
    expect(await find('heard crack')).toEqual(['none'])
    const services = town.SERVICES.map((each) =>
      each.service_code === 'CRACK' ? { ...each, service_name: 'Fissure' } : each,
    )
    await writeCities(database.store, [await town.readTown({ services })], NOW)
    expect(await find('fissure')).toEqual(['crack', 'none'])
    expect(await find('crack')).toEqual([])
  })
})

test('EXT-22 a search has one to ten words and at most 200 characters', () => {
  const isValid = (q: string) => searchWords.safeParse([q]).success
  expect(isValid('a b c d e f g h i j')).toBe(true)
  expect(isValid('a b c d e f g h i j k')).toBe(false)
  expect(isValid('a a a a a a a a a a a a')).toBe(true)
  expect(isValid('x'.repeat(200))).toBe(true)
  expect(isValid('x'.repeat(201))).toBe(false)
  for (const none of ['!', '🕳', '&|', "''", '\u200B']) expect(isValid(none), none).toBe(false)
  expect(searchWords.parse(['Deep  HÖLE, deep'])).toEqual(['deep', 'höle'])
})
