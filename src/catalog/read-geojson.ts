import { readFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import { z } from 'zod'
import { stripIllegalCharacters } from '../standard/text.js'
import type { CatalogError } from './catalog-errors.js'

/** A named polygon as its file gives it; `geometry` is GeoJSON text. */
export interface AreaFile {
  file: string
  area_type: string
  area_id: string
  name: string
  geometry: string
}

const position = z
  .array(z.number())
  .min(2)
  .refine(
    ([long, lat]) => Math.abs(long!) <= 180 && Math.abs(lat!) <= 90,
    'has to be longitude, latitude in degrees',
  )
const ring = z.array(position).min(4)
const polygon = z.object({ type: z.literal('Polygon'), coordinates: z.array(ring).min(1) })
const multiPolygon = z.object({
  type: z.literal('MultiPolygon'),
  coordinates: z.array(z.array(ring).min(1)).min(1),
})
const geometry = z.discriminatedUnion('type', [polygon, multiPolygon])
const feature = z.object({
  type: z.literal('Feature'),
  properties: z.record(z.string(), z.unknown()).nullable(),
  geometry,
})
const file = z.discriminatedUnion('type', [
  z.object({ type: z.literal('FeatureCollection'), features: z.array(feature).min(1) }),
  feature,
  polygon,
  multiPolygon,
])

type Feature = z.output<typeof feature>
type Position = z.output<typeof position>

/** Bytes of an unpacked file. */
const MAX_UNPACKED_BYTES = 500_000_000

/** The polygons of a GeoJSON file as one MultiPolygon; `geometry` is GeoJSON text. Null and a fault if it holds none. */
export async function readBoundary(
  path: string,
  faults: CatalogError[],
): Promise<{ file: string; geometry: string } | null> {
  const features = await readFeatures(path, faults)
  const coordinates = features.flatMap(({ geometry }) => listPolygons(geometry))
  const geometry = JSON.stringify({ type: 'MultiPolygon', coordinates })
  return features.length > 0 ? { file: path, geometry } : null
}

/** Areas named by the properties that `source` says; features of the same id and name are parts of one area. */
export async function readAreas(
  path: string,
  source: { area_type: string; id: string; name: string },
  faults: CatalogError[],
): Promise<AreaFile[]> {
  const features = await readFeatures(path, faults)
  const areas = new Map<string, { name: string; polygons: Position[][][] }>()
  for (const [index, { properties, geometry }] of features.entries()) {
    const fault = (property: string, message: string) =>
      faults.push({ file: path, path: `features.${index}.properties.${property}`, message })
    const text = (property: string) => {
      const value = properties?.[property]
      const clean = typeof value === 'string' ? stripIllegalCharacters(value).trim() : ''
      if (clean !== '') return clean
      if (typeof value === 'number') return String(value)
      fault(property, 'is not there')
      return ''
    }
    const [id, name] = [text(source.id), text(source.name)]
    if (id === '') continue
    const area = areas.get(id) ?? { name, polygons: [] }
    if (area.name !== name) fault(source.id, `${id} is the id of ${area.name} already`)
    area.polygons.push(...listPolygons(geometry))
    areas.set(id, area)
  }
  return [...areas].map(([area_id, { name, polygons }]) => ({
    file: path,
    area_type: source.area_type,
    area_id,
    name,
    geometry: JSON.stringify({ type: 'MultiPolygon', coordinates: polygons }),
  }))
}

function listPolygons({ type, coordinates }: z.output<typeof geometry>): Position[][][] {
  return type === 'Polygon' ? [coordinates] : coordinates
}

async function readFeatures(path: string, faults: CatalogError[]): Promise<Feature[]> {
  let content: unknown
  try {
    const bytes = await readFile(path)
    content = JSON.parse(
      (path.endsWith('.gz') ? gunzipSync(bytes, { maxOutputLength: MAX_UNPACKED_BYTES }) : bytes).toString(
        'utf8',
      ),
    )
  } catch (error) {
    // Not the words of the parser: they quote the file, whatever file that is.
    const message =
      error instanceof SyntaxError
        ? 'is not valid JSON'
        : `cannot be read: ${(error as NodeJS.ErrnoException).code}`
    faults.push({ file: path, path: '', message })
    return []
  }
  const parsed = file.safeParse(content)
  for (const issue of parsed.error?.issues.slice(0, 10) ?? []) {
    faults.push({ file: path, path: issue.path.join('.'), message: issue.message })
  }
  if (!parsed.success) return []
  const { data } = parsed
  if (data.type === 'FeatureCollection') return data.features
  return [data.type === 'Feature' ? data : { type: 'Feature', properties: null, geometry: data }]
}
