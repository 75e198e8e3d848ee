import { z } from 'zod'

const position = z.tuple([z.number().min(-180).max(180), z.number().min(-90).max(90)], z.number())
const polygon = z.object({
  type: z.literal('Polygon'),
  coordinates: z.array(z.array(position).min(4)).min(1),
})
const multiPolygon = z.object({
  type: z.literal('MultiPolygon'),
  coordinates: z.array(z.array(z.array(position).min(4)).min(1)).min(1),
})
const geometry = z.discriminatedUnion('type', [polygon, multiPolygon])

/** Reads a polygon given as GeoJSON or WKT (EXT-12); gives GeoJSON text, or what is wrong with it. It has at most `longest` characters. */
export function polygonFrom(text: string, longest: number): { geojson: string } | { fault: string } {
  const said = text.trim()
  if (said.length > longest) return { fault: `may have at most ${longest} characters` }
  const json = said.startsWith('{') ? said : jsonOfWkt(said)
  let value: unknown
  try {
    value = JSON.parse(json ?? '')
  } catch {
    return { fault: 'is neither GeoJSON nor WKT of a polygon' }
  }
  const isFeature = typeof value === 'object' && value !== null && 'geometry' in value
  const parsed = geometry.safeParse(isFeature ? (value as { geometry: unknown }).geometry : value)
  if (!parsed.success) return { fault: 'is not a Polygon or MultiPolygon of closed rings in degrees' }
  const { type, coordinates } = parsed.data
  const rings = type === 'Polygon' ? coordinates : coordinates.flat()
  const isClosed = (ring: number[][]) => ring[0]![0] === ring.at(-1)![0] && ring[0]![1] === ring.at(-1)![1]
  if (!rings.every(isClosed)) return { fault: 'has a ring that does not end where it began' }
  return { geojson: JSON.stringify(parsed.data) }
}

/** `POLYGON ((x y, x y …))` and `MULTIPOLYGON` as GeoJSON text; null if it is neither. */
function jsonOfWkt(text: string): string | null {
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
