import type { BrokenRule } from '../standard/refusal.js'
import type { DocumentSchema, Row } from './document.js'

/** GR-ERR-02: one or more errors, each with a code and a description. */
export const errors: DocumentSchema = {
  root: 'errors',
  item: 'error',
  fields: [
    { name: 'code', kind: 'integer' },
    { name: 'description', kind: 'text' },
  ],
}

/** GR-ERR-03, A-07: `code` is the HTTP status as an integer. */
export function presentError(broken: BrokenRule): Row {
  return { code: broken.status, description: broken.description }
}
