import type { Datetime } from '../standard/datetime.js'
import type { Store } from '../store/database/database.js'
import { refreshStatistics } from '../store/database/maintenance.js'
import {
  ensureServices,
  type ImportedServiceRequest,
  importServiceRequests,
  makeServiceCode,
  type NamedService,
} from '../store/service-requests/import.js'
import type { EndpointScope } from '../store/service-requests/public-service-requests.js'
import type { CsvRow } from './read-csv.js'

/** Rows in one statement: large enough to be fast, small enough to lose little when a file breaks off. */
const BATCH_SIZE = 1000

export interface ImportReport {
  inserted: number
  updated: number
  unchanged: number
  /** Services created. */
  services: number
  /** Rows kept without a place. */
  unlocated: number
}

export interface ImportOptions {
  now: Datetime
  onProgress(): void
  onRefused(row: { line: number; service_request_id: string; reason: string }): Promise<void>
}

/** Writes `rows` in batches, each acknowledged by itself; an id that comes twice counts once, the later row wins. */
export async function importRows(
  store: Store,
  place: EndpointScope,
  rows: AsyncIterable<CsvRow>,
  { now, onProgress, onRefused }: ImportOptions,
): Promise<ImportReport> {
  const report: ImportReport = { inserted: 0, updated: 0, unchanged: 0, services: 0, unlocated: 0 }
  const known = new Set<string>()
  let batch = new Map<string, { line: number; row: ImportedServiceRequest; service: NamedService }>()

  async function write(): Promise<void> {
    const entries = [...batch.values()]
    batch = new Map()
    const unknown = new Map(
      entries
        .filter(({ row }) => !known.has(row.service_code))
        .map(({ row, service }) => [row.service_code, service]),
    )
    if (unknown.size > 0)
      report.services += await ensureServices(store, place.jurisdiction_id, [...unknown.values()], now)
    for (const code of unknown.keys()) known.add(code)
    const { inserted, updated, taken } = await importServiceRequests(
      store,
      place,
      entries.map(({ row }) => row),
    )
    report.inserted += inserted
    report.updated += updated
    report.unchanged += entries.length - inserted - updated - taken.length
    for (const { line, row } of entries.filter((entry) => taken.includes(entry.row.service_request_id))) {
      await onRefused({
        line,
        service_request_id: row.service_request_id,
        reason: 'this id was given to a service request filed here',
      })
    }
    report.unlocated += entries.filter(({ row }) => row.lat === null).length
    onProgress()
  }

  for await (const each of rows) {
    if ('reason' in each) {
      await onRefused(each)
      continue
    }
    const row = { ...each.row, service_code: makeServiceCode(each.service) }
    batch.set(row.service_request_id, { line: each.line, row, service: each.service })
    if (batch.size === BATCH_SIZE) await write()
  }
  if (batch.size > 0) await write()
  await refreshStatistics(store)
  return report
}
