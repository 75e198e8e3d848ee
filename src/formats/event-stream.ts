import type { DocumentSchema, Row } from '../documents/document.js'
import { compileJson } from './json.js'

/** Of HTML: it is always UTF-8. */
export const contentType = 'text/event-stream'

/** A comment, which shows that the connection is alive. */
export const HEARTBEAT = ':\n\n'

/** Compiles the list `schema` into a writer of one event a row: named by its `change`, with its `seq` as id. */
export function compileEventStream({ root, fields }: DocumentSchema): (rows: readonly Row[]) => string {
  const object = compileJson({ root, fields })
  return (rows) => {
    let events = ''
    // JSON escapes line breaks, so that the data is one line.
    for (const row of rows) events += `id: ${row.seq}\nevent: ${row.change}\ndata: ${object(row)}\n\n`
    return events
  }
}
