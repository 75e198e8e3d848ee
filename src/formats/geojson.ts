import type { DocumentSchema, Row } from '../documents/document.js'
import { stripIllegalCharacters } from '../standard/text.js'
import { compileJson } from './json.js'
import { formatScalar } from './text.js'

/** RFC 7946, 12: no charset parameter, it is always UTF-8. */
export const contentType = 'application/geo+json'

const isPlace = (name: string) => name === 'lat' || name === 'long'

/**
 * Compiles the list `schema` into a writer of a FeatureCollection: each row is a point with the other fields as
 * properties, or a shape of its own, which the row holds as GeoJSON text by the name `geometry`.
 */
export function compileGeoJson({ root, fields }: DocumentSchema): (rows: readonly Row[]) => string {
  const properties = compileJson({ root, fields: fields.filter(({ name }) => !isPlace(name)) })
  const feature = (row: Row) =>
    `{"type":"Feature"${id(row)},"geometry":${geometry(row)},"properties":${properties(row)}}`
  return (rows) => `{"type":"FeatureCollection","features":[${rows.map(feature).join(',')}]}`
}

/** RFC 7946, 3.2: a feature without an identifier has no such member, rather than null. */
function id({ service_request_id }: Row): string {
  return typeof service_request_id === 'string'
    ? `,"id":${JSON.stringify(stripIllegalCharacters(service_request_id))}`
    : ''
}

/** RFC 7946, 3.1.1 and 4: longitude first, in WGS 84, which needs no crs member; null where no place is known. */
function geometry({ lat, long, geometry: shape }: Row): string {
  if (typeof shape === 'string') return shape
  if (lat === null || lat === undefined || long === null || long === undefined) return 'null'
  return `{"type":"Point","coordinates":[${formatScalar('decimal', long)},${formatScalar('decimal', lat)}]}`
}
