import { createReadStream } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { importRows } from '../import/import-rows.js'
import { readCsv } from '../import/read-csv.js'
import { formatDatetime } from '../standard/datetime.js'
import type { Endpoint } from '../standard/terms.js'
import { findTimeZone } from '../store/catalog/jurisdictions.js'
import { type CommandContext, CommandFailure, DONE, type ExitCode, ROWS_REFUSED } from './command.js'

/** Refused rows that are told one by one; the rest goes to the file of --rejects. */
const MAX_REPORTED_ROWS = 20

/** Imports service requests from a CSV file; every refused row is told with its line and reason. */
export async function importCsv(
  world: CommandContext,
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
  const { store } = await world.openDatabase()
  const zone = await findTimeZone(store, jurisdiction)
  if (!zone)
    throw new CommandFailure(`There is no jurisdiction ${jurisdiction}; make one with georeport load.`)

  const rejected = rejects === undefined ? null : await openRejects(resolve(world.cwd, rejects))
  await rejected?.write('line,service_request_id,reason\r\n')
  let refused = 0
  const source = createReadStream(path)
  const rows = readCsv(source, { isPacked: path.endsWith('.gz'), zone })
  const report = await importRows(store, { jurisdiction_id: jurisdiction, endpoint }, rows, {
    now: formatDatetime(Date.now()),
    onProgress: () => world.progress(source.bytesRead, size),
    onRefused: async ({ line, service_request_id, reason }) => {
      refused++
      await rejected?.write(`${[line, service_request_id, reason].map(escapeCell).join(',')}\r\n`)
      if (refused <= MAX_REPORTED_ROWS) world.writeMessage(`line ${line}: ${reason}`)
      else if (refused === MAX_REPORTED_ROWS + 1)
        world.writeMessage(rejects ? `… more in ${rejects}` : '… and more; --rejects FILE keeps them all')
    },
  })
  await rejected?.close()
  const { inserted, updated, unchanged, services, unlocated } = report
  world.writeResult(`${inserted} new, ${updated} changed, ${unchanged} as before, ${refused} refused`)
  if (services > 0) world.writeMessage(`${services} services were met for the first time and created.`)
  if (unlocated > 0)
    world.writeMessage(`${unlocated} rows came without a usable place and are kept without one.`)
  return refused > 0 ? ROWS_REFUSED : DONE
}

async function openRejects(path: string): Promise<FileHandle> {
  return open(path, 'w', 0o600).catch((error) => {
    throw new CommandFailure(`${path} cannot be written: ${error.code}`)
  })
}

/** A cell that no spreadsheet takes for a formula. */
function escapeCell(value: unknown): string {
  const text = String(value).replace(/^[=+\-@\t\r]/, "'$&")
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
