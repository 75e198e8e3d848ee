import { readFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import { z } from 'zod'
import { stripIllegalCharacters } from '../standard/text.js'
import type { CatalogError } from './catalog-errors.js'

/** An area of a GeoJSON file. `geometry` is GeoJSON text. */
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

/** Of a decompressed file. */
const MAX_DECOMPRESSED_BYTES = 500_000_000

/**
 * Reads the polygons of a GeoJSON file as one MultiPolygon; `geometry` is GeoJSON text. If there are none, adds an error and
 * returns null.
 */
export async function readBoundary(
  path: string,
  errors: CatalogError[],
): Promise<{ file: string; geometry: string } | null> {
  const features = await readFeatures(path, errors)
  const coordinates = features.flatMap(({ geometry }) => listPolygons(geometry))
  const geometry = JSON.stringify({ type: 'MultiPolygon', coordinates })
  return features.length > 0 ? { file: path, geometry } : null
}

/** Reads areas; `source` names the properties with id and name. Features with the same id and name form one area. */
export async function readAreas(
  path: string,
  source: { area_type: string; id: string; name: string },
  errors: CatalogError[],
): Promise<AreaFile[]> {
  const features = await readFeatures(path, errors)
  const areas = new Map<string, { name: string; polygons: Position[][][] }>()
  for (const [index, { properties, geometry }] of features.entries()) {
    const addError = (property: string, message: string) =>
      errors.push({ file: path, path: `features.${index}.properties.${property}`, message })
    const readText = (property: string) => {
      const value = properties?.[property]
      const text = typeof value === 'string' ? stripIllegalCharacters(value).trim() : ''
      if (text !== '') return text
      if (typeof value === 'number') return String(value)
      addError(property, 'is not there')
      return ''
    }
    const [id, name] = [readText(source.id), readText(source.name)]
    if (id === '') continue
    const area = areas.get(id) ?? { name, polygons: [] }
    if (area.name !== name) addError(source.id, `${id} is the id of ${area.name} already`)
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

async function readFeatures(path: string, errors: CatalogError[]): Promise<Feature[]> {
  let content: unknown
  try {
    const bytes = await readFile(path)
    content = JSON.parse(
      (path.endsWith('.gz')
        ? gunzipSync(bytes, { maxOutputLength: MAX_DECOMPRESSED_BYTES })
        : bytes
      ).toString('utf8'),
    )
  } catch (error) {
    // Without the message of the parser: it quotes the file, which may be any file of the machine.
    const message =
      error instanceof SyntaxError
        ? 'is not valid JSON'
        : `cannot be read: ${(error as NodeJS.ErrnoException).code}`
    errors.push({ file: path, path: '', message })
    return []
  }
  const parsed = file.safeParse(content)
  for (const issue of parsed.error?.issues.slice(0, 10) ?? []) {
    errors.push({ file: path, path: issue.path.join('.'), message: issue.message })
  }
  if (!parsed.success) return []
  const { data } = parsed
  if (data.type === 'FeatureCollection') return data.features
  return [data.type === 'Feature' ? data : { type: 'Feature', properties: null, geometry: data }]
}
