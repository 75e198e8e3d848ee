import type { DocumentSchema, Row } from '../documents/document.js'
import type { Format } from '../standard/terms.js'
import * as json from './json.js'
import * as xml from './xml.js'

const FORMATS = { xml, json } as const

/** A document ready to be written in every format. */
export type Writers = Readonly<Record<Format, (value: Row | readonly Row[]) => string>>

/** Compiles the writers of `schema`, once, when the program starts. */
export function compileWriters(schema: DocumentSchema): Writers {
  return { xml: xml.compile(schema), json: json.compile(schema) }
}

export function contentTypeOf(format: Format): string {
  return FORMATS[format].contentType
}
