import type { DocumentSchema, Row } from '../documents/document.js'
import { stripIllegalCharacters } from '../standard/text.js'
import { compileJson } from './json.js'
import { formatScalar } from './text.js'

/** RFC 7946, section 12: no charset parameter, always UTF-8. */
export const contentType = 'application/geo+json'

const isCoordinate = (name: string) => name === 'lat' || name === 'long'

/**
 * Compiles a list schema into a FeatureCollection encoder. The geometry of a feature is the point (lat,
 * long) of its row, or the GeoJSON text of `geometry` if the row has that column. The other fields are
 * properties.
 */
export function compileGeoJson({ root, fields }: DocumentSchema): (rows: readonly Row[]) => string {
  const encodeProperties = compileJson({ root, fields: fields.filter(({ name }) => !isCoordinate(name)) })
  const encodeFeature = (row: Row) =>
    `{"type":"Feature"${encodeId(row)},"geometry":${encodeGeometry(row)},"properties":${encodeProperties(row)}}`
  return (rows) => `{"type":"FeatureCollection","features":[${rows.map(encodeFeature).join(',')}]}`
}

/** RFC 7946, section 3.2: a feature without an identifier has no `id` member. */
function encodeId({ service_request_id }: Row): string {
  return typeof service_request_id === 'string'
    ? `,"id":${JSON.stringify(stripIllegalCharacters(service_request_id))}`
    : ''
}

/**
 * RFC 7946, sections 3.1.1 and 4: longitude first, WGS 84 without a crs member; null without coordinates.
 */
function encodeGeometry({ lat, long, geometry }: Row): string {
  if (typeof geometry === 'string') return geometry
  if (lat === null || lat === undefined || long === null || long === undefined) return 'null'
  return `{"type":"Point","coordinates":[${formatScalar('decimal', long)},${formatScalar('decimal', lat)}]}`
}
