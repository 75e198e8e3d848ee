import type { DocumentSchema, Row } from '../documents/document.js'
import { compileJson } from './json.js'

export const contentType = 'application/x-ndjson; charset=utf-8'

/**
 * Compiles a list schema into an NDJSON encoder: one JSON object per line, encoded as in the JSON format.
 */
export function compileNdjson({ root, fields }: DocumentSchema): (rows: readonly Row[]) => string {
  const encodeObject = compileJson({ root, fields })
  return (rows) => {
    let lines = ''
    // JSON escapes line breaks, so an object is always one line. The last line ends in LF too.
    for (const row of rows) lines += `${encodeObject(row)}\n`
    return lines
  }
}
