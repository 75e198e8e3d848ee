import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { parse } from 'csv-parse'
import { type RowResult, readRow } from './read-row.js'

/** A row of the file, read or refused, with the line where it begins. */
export type CsvRow = RowResult & { line: number }

/**
 * Streams the rows of a CSV file with a header line, with the columns of readRow. Accepts a byte-order mark, line breaks in
 * cells and rows of different lengths. Times without an offset are in the time zone `zone`. Throws HeaderError if the header
 * lacks a required column.
 */
export async function* readCsv(
  source: Readable,
  { isCompressed, zone }: { isCompressed: boolean; zone: string },
): AsyncGenerator<CsvRow> {
  const text = isCompressed ? source.pipe(createGunzip()) : source
  const parser = parse({
    bom: true,
    columns: (header: string[]) => {
      const names = header.map((name) => name.trim().toLowerCase())
      const missing = ['service_request_id', 'requested_datetime'].filter((name) => !names.includes(name))
      if (missing.length > 0) throw new HeaderError(`the first line has no column ${missing.join(', ')}`)
      return names
    },
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    info: true,
    max_record_size: 1_000_000,
  })
  source.on('error', (error) => parser.destroy(error))
  text.on('error', (error) => parser.destroy(error))
  text.pipe(parser)
  let line = 2
  for await (const { record, info } of parser as AsyncIterable<{
    record: Record<string, string>
    info: { lines: number }
  }>) {
    yield { line, ...readRow(record, zone) }
    line = info.lines + 1
  }
}

/** The header lacks a required column. */
export class HeaderError extends Error {}
