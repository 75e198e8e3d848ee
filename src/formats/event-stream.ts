import type { DocumentSchema, Row } from '../documents/document.js'
import { compileJson } from './json.js'

/** HTML standard, 9.2: no charset parameter, always UTF-8. */
export const contentType = 'text/event-stream'

/** An SSE comment: keeps the connection alive. */
export const HEARTBEAT = ':\n\n'

/**
 * Compiles a list schema into a server-sent events encoder: one event per row, with `change_type` as its name and `seq` as its id
 * (EXT-36).
 */
export function compileEventStream({ root, fields }: DocumentSchema): (rows: readonly Row[]) => string {
  const encodeObject = compileJson({ root, fields })
  return (rows) => {
    let events = ''
    // JSON escapes line breaks: the data is always one line.
    for (const row of rows)
      events += `id: ${row.seq}\nevent: ${row.change_type}\ndata: ${encodeObject(row)}\n\n`
    return events
  }
}
