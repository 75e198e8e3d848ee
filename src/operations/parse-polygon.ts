import type { Box } from '../standard/geography.js'

/** A list query tests every row against all corners; more would exceed its time limit. */
const MAX_CORNERS = 2000

/**
 * Parses a polygon in GeoJSON or WKT of at most `maxLength` characters (EXT-12). Returns GeoJSON text
 * and its bounding box, or the fault.
 */
export function parsePolygon(
  text: string,
  maxLength: number,
): { geojson: string; box: Box } | { fault: string } {
  const trimmed = text.trim()
  if (trimmed.length > maxLength) return { fault: `may have at most ${maxLength} characters` }
  const json = trimmed.startsWith('{') ? trimmed : wktToGeoJson(trimmed)
  let value: unknown
  try {
    value = JSON.parse(json ?? '')
  } catch {
    return { fault: 'is neither GeoJSON nor WKT of a polygon' }
  }
  const isFeature = typeof value === 'object' && value !== null && 'geometry' in value
  const { type, coordinates } = ((isFeature ? (value as { geometry: unknown }).geometry : value) ??
    {}) as Record<string, unknown>
  const isPolygon = type === 'Polygon' || type === 'MultiPolygon'
  const rings = isPolygon && collectRings(type, coordinates)
  if (!rings) return { fault: 'is not a Polygon or MultiPolygon of closed rings in degrees' }
  let corners = 0
  for (const ring of rings) corners += ring.length
  if (corners > MAX_CORNERS) return { fault: `may have at most ${MAX_CORNERS} corners` }
  const isClosed = (ring: Position[]) => ring[0]![0] === ring.at(-1)![0] && ring[0]![1] === ring.at(-1)![1]
  if (!rings.every(isClosed)) return { fault: 'has a ring that does not end where it began' }
  return { geojson: JSON.stringify({ type, coordinates }), box: computeBox(rings.flat()) }
}

function computeBox(positions: readonly Position[]): Box {
  const longs = positions.map(([long]) => long)
  const lats = positions.map(([, lat]) => lat)
  return {
    west: Math.min(...longs),
    south: Math.min(...lats),
    east: Math.max(...longs),
    north: Math.max(...lats),
  }
}

/** A GeoJSON position; elements after the latitude are ignored. */
type Position = readonly [long: number, lat: number, ...number[]]

/** The rings of a geometry; null if any part of it is not a ring of positions in degrees. */
function collectRings(type: 'Polygon' | 'MultiPolygon', coordinates: unknown): Position[][] | null {
  const polygons = type === 'Polygon' ? [coordinates] : coordinates
  if (!isNonEmptyArray(polygons)) return null
  const rings: Position[][] = []
  for (const polygon of polygons) {
    if (!isNonEmptyArray(polygon)) return null
    for (const ring of polygon) {
      if (!isNonEmptyArray(ring) || ring.length < 4 || !ring.every(isPosition)) return null
      rings.push(ring)
    }
  }
  return rings
}

function isNonEmptyArray(value: unknown): value is unknown[] {
  return Array.isArray(value) && value.length > 0
}

function isPosition(value: unknown): value is Position {
  return (
    Array.isArray(value) &&
    value.length >= 2 &&
    value.every((element) => Number.isFinite(element)) &&
    Math.abs(value[0]) <= 180 &&
    Math.abs(value[1]) <= 90
  )
}

/** Converts `POLYGON ((x y, x y …))` or `MULTIPOLYGON` to GeoJSON text; null if it is neither. */
function wktToGeoJson(text: string): string | null {
  const match = /^(?:SRID=4326;)?(MULTIPOLYGON|POLYGON)\s*(\([-+0-9.eE,()\s]+\))$/i.exec(text)
  if (!match) return null
  const coordinates = match[2]!
    .replaceAll('(', '[')
    .replaceAll(')', ']')
    .replace(
      /(?<![-+0-9.eE])([-+0-9.eE]{1,40})\s+([-+0-9.eE]{1,40})/g,
      (_, x: string, y: string) => `[${Number(x)},${Number(y)}]`,
    )
  const type = match[1]!.toUpperCase() === 'POLYGON' ? 'Polygon' : 'MultiPolygon'
  return `{"type":"${type}","coordinates":${coordinates}}`
}
