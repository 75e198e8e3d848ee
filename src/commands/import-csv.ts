import { createReadStream } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { importRows } from '../import/import-rows.js'
import { readCsv } from '../import/read-csv.js'
import { formatDatetime } from '../standard/datetime.js'
import type { Endpoint } from '../standard/terms.js'
import { findTimeZone } from '../store/catalog/jurisdictions.js'
import { type CommandContext, CommandFailure, DONE, type ExitCode, ROWS_REFUSED } from './command.js'

/** Refused rows with a message each; the others are only in the --rejects file. */
const MAX_REPORTED_ROWS = 20

/** Imports service requests from a CSV file. Reports each refused row with its line number and reason. */
export async function importCsv(
  context: CommandContext,
  file: string,
  { jurisdiction, endpoint, rejects }: { jurisdiction: string; endpoint: Endpoint; rejects?: string },
): Promise<ExitCode> {
  const path = resolve(context.cwd, file)
  const size = await stat(path).then(
    (stats) => stats.size,
    (error) => {
      throw new CommandFailure(`${file} cannot be read: ${error.code}`)
    },
  )
  const { store } = await context.openDatabase()
  const zone = await findTimeZone(store, jurisdiction)
  if (!zone)
    throw new CommandFailure(`There is no jurisdiction ${jurisdiction}; load it with georeport load.`)

  const rejected = rejects === undefined ? null : await openRejects(resolve(context.cwd, rejects))
  await rejected?.write('line,service_request_id,reason\r\n')
  let refused = 0
  const source = createReadStream(path)
  const rows = readCsv(source, { isCompressed: path.endsWith('.gz'), zone })
  const report = await importRows(store, { jurisdiction_id: jurisdiction, endpoint }, rows, {
    now: formatDatetime(Date.now()),
    onProgress: () => context.progress(source.bytesRead, size),
    onRefused: async ({ line, service_request_id, reason }) => {
      refused++
      await rejected?.write(`${[line, service_request_id, reason].map(escapeCell).join(',')}\r\n`)
      if (refused <= MAX_REPORTED_ROWS) context.writeMessage(`line ${line}: ${reason}`)
      else if (refused === MAX_REPORTED_ROWS + 1)
        context.writeMessage(rejects ? `… more in ${rejects}` : '… and more; use --rejects FILE to get all')
    },
  })
  await rejected?.close()
  const { inserted, updated, unchanged, services, unlocated } = report
  context.writeResult(`${inserted} new, ${updated} changed, ${unchanged} unchanged, ${refused} refused`)
  if (services > 0) context.writeMessage(`${services} new services were created.`)
  if (unlocated > 0)
    context.writeMessage(`${unlocated} rows have no usable coordinates and were imported without a location.`)
  return refused > 0 ? ROWS_REFUSED : DONE
}

async function openRejects(path: string): Promise<FileHandle> {
  return open(path, 'w', 0o600).catch((error) => {
    throw new CommandFailure(`${path} cannot be written: ${error.code}`)
  })
}

/** Quotes a CSV cell, and escapes it so that no spreadsheet runs it as a formula. */
function escapeCell(value: unknown): string {
  const text = String(value).replace(/^[=+\-@\t\r]/, "'$&")
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
