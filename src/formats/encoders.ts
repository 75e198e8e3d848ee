import type { DocumentSchema, Row, Table } from '../documents/document.js'
import type { Format, ListFormat } from '../standard/terms.js'
import * as csv from './csv.js'
import * as geojson from './geojson.js'
import * as json from './json.js'
import * as ndjson from './ndjson.js'
import * as rss from './rss.js'
import type { Pieces } from './text.js'
import * as xml from './xml.js'

const FORMATS = { xml, json, geojson, csv, rss, ndjson } as const

/** A document ready to be written in every format, in pieces to be put together. */
export type Encoders = Readonly<Record<Format, (value: Row | readonly Row[] | Table) => Pieces>>

/** Compiles the writers of `schema`, once, when the program starts. */
export function compileEncoders(schema: DocumentSchema): Encoders {
  return { xml: xml.compileXmlPieces(schema), json: json.compileJsonPieces(schema) }
}

/** A list of service requests, ready to be written in every other format. A feed also tells about itself. */
export type ListEncoders = Readonly<Record<ListFormat, (rows: readonly Row[], self: rss.FeedInfo) => string>>

/** Compiles the writers of a list of service requests, once, when the program starts (EXT-20). */
export function compileListEncoders(schema: DocumentSchema): ListEncoders {
  return {
    geojson: geojson.compileGeoJson(schema),
    csv: csv.compileCsv(schema),
    ndjson: ndjson.compileNdjson(schema),
    rss: (rows, self) => rss.compileRss(schema, self)(rows),
  }
}

export function getContentType(format: Format | ListFormat): string {
  return FORMATS[format].contentType
}
