import { createReadStream } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { importRows } from '../import/import-rows.js'
import { readCsv } from '../import/read-csv.js'
import { formatDatetime } from '../standard/datetime.js'
import type { Endpoint } from '../standard/terms.js'
import { timeZoneOf } from '../store/catalog/jurisdictions.js'
import { CommandFailure, DONE, type ExitCode, ROWS_REFUSED, type World } from './command.js'

/** Refused rows that are told one by one; the rest goes to the file of --rejects. */
const MOST_TOLD = 20

/** Imports service requests from a CSV file; every refused row is told with its line and reason. */
export async function importCsv(
  world: World,
  file: string,
  { jurisdiction, endpoint, rejects }: { jurisdiction: string; endpoint: Endpoint; rejects?: string },
): Promise<ExitCode> {
  const path = resolve(world.cwd, file)
  const size = await stat(path).then(
    (found) => found.size,
    (error) => {
      throw new CommandFailure(`${file} cannot be read: ${error.code}`)
    },
  )
  const { store } = await world.open()
  const zone = await timeZoneOf(store, jurisdiction)
  if (!zone)
    throw new CommandFailure(`There is no jurisdiction ${jurisdiction}; make one with georeport load.`)

  const rejected = rejects === undefined ? null : await openRejects(resolve(world.cwd, rejects))
  await rejected?.write('line,service_request_id,reason\r\n')
  let refused = 0
  const source = createReadStream(path)
  const rows = readCsv(source, { isPacked: path.endsWith('.gz'), zone })
  const report = await importRows(store, { jurisdiction_id: jurisdiction, endpoint }, rows, {
    now: formatDatetime(Date.now()),
    progress: () => world.progress(source.bytesRead, size),
    refused: async ({ line, service_request_id, reason }) => {
      refused++
      await rejected?.write(`${[line, service_request_id, reason].map(csvCell).join(',')}\r\n`)
      if (refused <= MOST_TOLD) world.tell(`line ${line}: ${reason}`)
      else if (refused === MOST_TOLD + 1)
        world.tell(rejects ? `… more in ${rejects}` : '… and more; --rejects FILE keeps them all')
    },
  })
  await rejected?.close()
  const { inserted, updated, unchanged, services, unlocated } = report
  world.out(`${inserted} new, ${updated} changed, ${unchanged} as before, ${refused} refused`)
  if (services > 0) world.tell(`${services} services were met for the first time and created.`)
  if (unlocated > 0) world.tell(`${unlocated} rows came without a usable place and are kept without one.`)
  return refused > 0 ? ROWS_REFUSED : DONE
}

async function openRejects(path: string): Promise<FileHandle> {
  return open(path, 'w', 0o600).catch((error) => {
    throw new CommandFailure(`${path} cannot be written: ${error.code}`)
  })
}

/** A cell that no spreadsheet takes for a formula. */
function csvCell(value: unknown): string {
  const text = String(value).replace(/^[=+\-@\t\r]/, "'$&")
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
