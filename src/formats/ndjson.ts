import type { DocumentSchema, Row } from '../documents/document.js'
import { compileJson } from './json.js'

export const contentType = 'application/x-ndjson; charset=utf-8'

/** Compiles the list `schema` into a writer of one JSON object a line, each as the JSON format writes it. */
export function compileNdjson({ root, fields }: DocumentSchema): (rows: readonly Row[]) => string {
  const object = compileJson({ root, fields })
  return (rows) => {
    let lines = ''
    // JSON escapes line breaks, so that an object never has one; the last line has an end like any other.
    for (const row of rows) lines += `${object(row)}\n`
    return lines
  }
}
