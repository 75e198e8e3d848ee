import type { Box } from '../standard/geography.js'

/** Every point is held against all of them: more take longer than a list may. */
const MAX_CORNERS = 2000

/**
 * Reads a polygon given as GeoJSON or WKT (EXT-12); gives GeoJSON text and a box around it, or what is wrong with it. It
 * has at most `longest` characters.
 */
export function parsePolygon(
  text: string,
  longest: number,
): { geojson: string; box: Box } | { fault: string } {
  const said = text.trim()
  if (said.length > longest) return { fault: `may have at most ${longest} characters` }
  const json = said.startsWith('{') ? said : wktToGeoJson(said)
  let value: unknown
  try {
    value = JSON.parse(json ?? '')
  } catch {
    return { fault: 'is neither GeoJSON nor WKT of a polygon' }
  }
  const isFeature = typeof value === 'object' && value !== null && 'geometry' in value
  const { type, coordinates } = ((isFeature ? (value as { geometry: unknown }).geometry : value) ??
    {}) as Record<string, unknown>
  const isKnown = type === 'Polygon' || type === 'MultiPolygon'
  const rings = isKnown && collectRings(type, coordinates)
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

/** Longitude and latitude; what follows is not looked at. */
type Position = readonly [long: number, lat: number, ...number[]]

/** The rings of a geometry; null if anything in it is no ring. Stops there, whatever else is wrong. */
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
    value.every((each) => Number.isFinite(each)) &&
    Math.abs(value[0]) <= 180 &&
    Math.abs(value[1]) <= 90
  )
}

/** `POLYGON ((x y, x y …))` and `MULTIPOLYGON` as GeoJSON text; null if it is neither. */
function wktToGeoJson(text: string): string | null {
  const found = /^(?:SRID=4326;)?(MULTIPOLYGON|POLYGON)\s*(\([-+0-9.eE,()\s]+\))$/i.exec(text)
  if (!found) return null
  const coordinates = found[2]!
    .replaceAll('(', '[')
    .replaceAll(')', ']')
    .replace(
      /(?<![-+0-9.eE])([-+0-9.eE]{1,40})\s+([-+0-9.eE]{1,40})/g,
      (_, x: string, y: string) => `[${Number(x)},${Number(y)}]`,
    )
  const type = found[1]!.toUpperCase() === 'POLYGON' ? 'Polygon' : 'MultiPolygon'
  return `{"type":"${type}","coordinates":${coordinates}}`
}
