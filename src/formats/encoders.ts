import type { DocumentSchema, Row, Table } from '../documents/document.js'
import type { Format, ListFormat } from '../standard/terms.js'
import * as csv from './csv.js'
import * as geojson from './geojson.js'
import * as json from './json.js'
import * as ndjson from './ndjson.js'
import * as rss from './rss.js'
import type { Chunks } from './text.js'
import * as xml from './xml.js'

const FORMATS = { xml, json, geojson, csv, rss, ndjson } as const

/** Encoders of one document schema. They return chunks to be concatenated. */
export type Encoders = Readonly<Record<Format, (value: Row | readonly Row[] | Table) => Chunks>>

/** Compiles the encoders of `schema`; called at start-up. */
export function compileEncoders(schema: DocumentSchema): Encoders {
  return { xml: xml.compileXmlChunks(schema), json: json.compileJsonChunks(schema) }
}

/** Encoders of a list in the formats of EXT-20. Only RSS uses `feed`. */
export type ListEncoders = Readonly<Record<ListFormat, (rows: readonly Row[], feed: rss.FeedInfo) => string>>

/** Compiles the encoders of a list (EXT-20); called at start-up. */
export function compileListEncoders(schema: DocumentSchema): ListEncoders {
  return {
    geojson: geojson.compileGeoJson(schema),
    csv: csv.compileCsv(schema),
    ndjson: ndjson.compileNdjson(schema),
    rss: (rows, feed) => rss.compileRss(schema, feed)(rows),
  }
}

export function getContentType(format: Format | ListFormat): string {
  return FORMATS[format].contentType
}
