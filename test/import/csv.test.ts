import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readCityFolders } from '../../src/catalog/read-city-folder.js'
import { importRows } from '../../src/import/import-rows.js'
import { type CsvRow, readCsv } from '../../src/import/read-csv.js'
import { ensureServices, makeServiceCode } from '../../src/store/catalog/ensure-services.js'
import { loadCatalog } from '../../src/store/catalog/load-catalog.js'
import { writeCities } from '../../src/store/catalog/write-city.js'
import { importServiceRequests } from '../../src/store/service-requests/import.js'
import { findServiceRequest } from '../../src/store/service-requests/public-service-requests.js'
import { databases, type TestDatabase } from '../harness/databases.js'
import { createImport } from '../store/service-requests/create-import.js'

const readOdd = () =>
  readCsv(createReadStream('test/import/odd.csv'), { isCompressed: false, zone: 'America/Chicago' })
const collect = async (rows: AsyncIterable<CsvRow>) => {
  const collected: CsvRow[] = []
  for await (const row of rows) collected.push(row)
  return collected
}

test('reads each row, or refuses it with its line and the reason', async () => {
  const rows = await collect(readOdd())
  expect(rows.filter((row) => 'reason' in row)).toEqual([
    { line: 5, service_request_id: 'A-3', reason: 'status is neither open nor closed' },
    { line: 6, service_request_id: '', reason: 'service_request_id is missing' },
    { line: 7, service_request_id: 'A-4', reason: 'requested_datetime is missing or not a date-time' },
    { line: 8, service_request_id: 'A-5', reason: 'service_name and service_code are missing' },
  ])
  const read = rows.flatMap((row) => ('row' in row ? [row.row] : []))
  expect(read[0]).toMatchObject({
    description: 'two\nlines, and "quotes"',
    requested_datetime: '2024-01-01T06:30:52Z',
    closed_datetime: '2024-01-01T06:30:52Z', // not before it was requested
    zipcode: '00501',
    lat: 29.925676,
    status_notes: null,
  })
  expect(read[1]).toMatchObject({
    requested_datetime: '2024-01-01T18:00:00Z',
    lat: null,
    long: null,
    media_url: null,
    status_notes: 'Pending',
  })
  expect(read[2]).toMatchObject({ status: 'open', status_notes: 'note', lat: null })
  expect(read[3]).toMatchObject({ lat: null, long: null })
})

test('reads gzip and a byte order mark, and refuses files of another kind', async () => {
  const text = '\ufeffservice_request_id,requested_datetime,status,service_name\r\n1,2024-01-01,open,X\r\n'
  const compressed = Readable.from([gzipSync(text)])
  expect(await collect(readCsv(compressed, { isCompressed: true, zone: 'UTC' }))).toMatchObject([
    { row: { service_request_id: '1' } },
  ])
  await expect(
    collect(readCsv(Readable.from(['a,b\n1,2\n']), { isCompressed: false, zone: 'UTC' })),
  ).rejects.toThrow('no column service_request_id')
  await expect(
    collect(readCsv(Readable.from(['not packed']), { isCompressed: true, zone: 'UTC' })),
  ).rejects.toThrow()
})

test('GR-SVC-08 makes service codes from group and name, and keeps valid codes', () => {
  const service = {
    service_code: '',
    service_name: 'Cart: missing / stolen',
    group: 'Trash & Recycling',
    agency_responsible: null,
  }
  expect(makeServiceCode(service)).toBe('TRASH-RECYCLING-CART-MISSING-STOLEN')
  expect(makeServiceCode({ ...service, service_code: 'S0301' })).toBe('S0301')
  expect(makeServiceCode({ ...service, service_code: 'TREE.1' })).toMatch(/^TREE-1-[0-9A-F]{8}$/)
  expect(makeServiceCode({ ...service, service_name: 'x'.repeat(100) })).toMatch(/^[A-Z0-9-]{1,64}$/)
  expect(makeServiceCode({ ...service, group: '', service_name: '道路' })).toMatch(/^[A-Z0-9-]{1,64}$/)
})

describe.each(databases)('$kind', ({ open }) => {
  let database: TestDatabase
  const at = { jurisdiction_id: 'harbourview.example', endpoint: 'production' as const }
  const importFile = () =>
    importRows(database.store, at, readOdd(), {
      now: '2026-06-01T12:00:00Z',
      onProgress: () => {},
      onRefused: async () => {},
    })
  beforeAll(async () => {
    database = await open()
    await writeCities(database.store, await readCityFolders('fixtures/two-towns'), '2026-06-01T12:00:00Z')
  })
  afterAll(() => database?.close())

  test('an import keeps ids, creates services, and changes nothing if it is repeated', async () => {
    expect(await importFile()).toEqual({ inserted: 4, updated: 0, unchanged: 0, services: 3, unlocated: 4 })
    expect(await importFile()).toEqual({ inserted: 0, updated: 0, unchanged: 4, services: 0, unlocated: 4 })
    expect(await findServiceRequest(database.store, { ...at, service_request_id: 'A-1' })).toMatchObject({
      description: 'the later row wins',
      agency_responsible: 'Works',
      status: 'closed',
    })
    const { services } = (await loadCatalog(database.store)).jurisdictions.get('harbourview.example')!
    expect([...services.keys()].slice(-3)).toEqual([
      'STREETS-POTHOLE',
      'TRASH-RECYCLING-CART-MISSING-STOLEN',
      expect.stringMatching(/^TREE-1-/),
    ])
  })

  test('A-61 an import hides a service request that moves to a private service, and never changes a submitted one', async () => {
    const row = createImport({ service_request_id: 'M-1' })
    await importServiceRequests(database.store, at, [row])
    await database.store
      .updateTable('service')
      .set({ visibility: 'private' })
      .where('service_code', '=', 'FERRY')
      .execute()
    await importServiceRequests(database.store, at, [{ ...row, service_code: 'FERRY' }])
    expect(await findServiceRequest(database.store, { ...at, service_request_id: 'M-1' })).toBeUndefined()
    await database.store
      .updateTable('service_request')
      .set({ origin: 'submission' })
      .where('service_request_id', '=', 'M-1')
      .execute()
    expect(await importServiceRequests(database.store, at, [row])).toEqual({
      inserted: 0,
      updated: 0,
      taken: ['M-1'],
    })
  })

  test('two simultaneous imports create each service once, even if names collide', async () => {
    const names = ['X', 'X (g)', 'X (A4)', 'X']
    const named = names.map((service_name, index) => ({
      service_code: `A${index + 1}`,
      service_name,
      group: 'g',
      agency_responsible: null,
    }))
    const created = await Promise.all(
      [1, 2].map(() => ensureServices(database.store, 'millfield.example', named, '2026-06-01T12:00:00Z')),
    )
    expect(created.sort()).toEqual([0, 4])
  })
})
