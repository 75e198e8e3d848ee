import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { parse } from 'csv-parse'
import { type RowResult, readRow } from './read-row.js'

/** A row of the file, read or refused, and the line it begins on. */
export type CsvRow = RowResult & { line: number }

/**
 * Streams the rows of a CSV file with a header line, in the common schema of row.ts. Byte-order marks, line breaks in
 * cells and unequal row lengths are all read; times without a zone are those of `zone`. A file whose header lacks
 * what every row needs is refused by throwing.
 */
export async function* readCsv(
  source: Readable,
  { isPacked, zone }: { isPacked: boolean; zone: string },
): AsyncGenerator<CsvRow> {
  const text = isPacked ? source.pipe(createGunzip()) : source
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

/** The file is not in the schema at all. */
export class HeaderError extends Error {}
