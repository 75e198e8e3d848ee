import type { Datetime } from '../standard/datetime.js'
import { ensureServices, makeServiceCode, type NamedService } from '../store/catalog/ensure-services.js'
import type { Store } from '../store/database/database.js'
import { refreshStatistics } from '../store/database/maintenance.js'
import { type ImportedServiceRequest, importServiceRequests } from '../store/service-requests/import.js'
import type { EndpointScope } from '../store/service-requests/public-service-requests.js'
import type { CsvRow } from './read-csv.js'

/** Rows per statement. */
const BATCH_SIZE = 1000

export interface ImportReport {
  inserted: number
  updated: number
  unchanged: number
  /** Services created. */
  services: number
  /** Rows without usable coordinates. */
  unlocated: number
}

export interface ImportOptions {
  now: Datetime
  onProgress(): void
  onRefused(row: { line: number; service_request_id: string; reason: string }): Promise<void>
}

/** Imports rows in batches, one transaction each. If an id occurs twice in a batch, the later row wins. */
export async function importRows(
  store: Store,
  scope: EndpointScope,
  rows: AsyncIterable<CsvRow>,
  { now, onProgress, onRefused }: ImportOptions,
): Promise<ImportReport> {
  const report: ImportReport = { inserted: 0, updated: 0, unchanged: 0, services: 0, unlocated: 0 }
  const knownCodes = new Set<string>()
  let batch = new Map<string, { line: number; row: ImportedServiceRequest; service: NamedService }>()

  async function write(): Promise<void> {
    const entries = [...batch.values()]
    batch = new Map()
    const newServices = new Map(
      entries
        .filter(({ row }) => !knownCodes.has(row.service_code))
        .map(({ row, service }) => [row.service_code, service]),
    )
    if (newServices.size > 0)
      report.services += await ensureServices(store, scope.jurisdiction_id, [...newServices.values()], now)
    for (const code of newServices.keys()) knownCodes.add(code)
    const { inserted, updated, taken } = await importServiceRequests(
      store,
      scope,
      entries.map(({ row }) => row),
    )
    report.inserted += inserted
    report.updated += updated
    report.unchanged += entries.length - inserted - updated - taken.length
    for (const { line, row } of entries.filter((entry) => taken.includes(entry.row.service_request_id))) {
      await onRefused({
        line,
        service_request_id: row.service_request_id,
        reason: 'this id belongs to a service request that was submitted here',
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
