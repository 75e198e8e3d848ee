import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { MultiPolygon, Polygon } from 'geojson'
import { parse } from 'yaml'
import { z } from 'zod'
import { type ProfileFile, profileSchema } from './profile-schema.js'

/** A part of the city with its share of the service requests. */
export interface Neighbourhood {
  polygon: Polygon | MultiPolygon
  share: number
  zipcode: string
}

/** Input of the generator: demonstration.yaml, and time zone and polygons from the files beside it. */
export interface DemonstrationProfile extends Omit<ProfileFile, 'neighbourhoods'> {
  timeZone: string
  boundary: (Polygon | MultiPolygon)[]
  neighbourhoods: Neighbourhood[]
}

const jurisdictionSchema = z.object({ time_zone: z.string(), boundary: z.string() })

const featureSchema = z.object({
  type: z.literal('Feature'),
  properties: z.record(z.string(), z.unknown()),
  geometry: z.custom<Polygon | MultiPolygon>(
    (value) => ['Polygon', 'MultiPolygon'].includes((value as { type?: string } | null)?.type ?? ''),
    'must be a Polygon or a MultiPolygon',
  ),
})

const featuresSchema = z.union([
  featureSchema.transform((feature) => [feature]),
  z
    .object({ type: z.literal('FeatureCollection'), features: z.array(featureSchema).min(1) })
    .transform((collection) => collection.features),
])

/** Reads and validates a YAML or JSON file. The error names the path and all faults. */
function readFile<Schema extends z.ZodType>(path: string, schema: Schema): z.infer<Schema> {
  let content: unknown
  try {
    content = parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`)
  }
  const result = schema.safeParse(content)
  if (result.success) return result.data
  const faults = result.error.issues.map((issue) => `${issue.path.join('.') || 'file'}: ${issue.message}`)
  throw new Error(`${path}: ${faults.join('; ')}`)
}

/** Reads demonstration.yaml and the jurisdiction.yaml, boundary and neighbourhoods in the same city folder. */
export function readProfile(path: string): DemonstrationProfile {
  const folder = dirname(path)
  const { neighbourhoods, ...file } = readFile(path, profileSchema)
  const jurisdiction = readFile(join(folder, 'jurisdiction.yaml'), jurisdictionSchema)
  const areas = readFile(join(folder, neighbourhoods.file), featuresSchema)
  return {
    ...file,
    timeZone: jurisdiction.time_zone,
    boundary: readFile(join(folder, jurisdiction.boundary), featuresSchema).map(
      (feature) => feature.geometry,
    ),
    neighbourhoods: Object.entries(neighbourhoods.entries).map(([id, entry]) => {
      const area = areas.find((feature) => feature.properties[neighbourhoods.id] === id)
      if (!area) throw new Error(`${path}: neighbourhoods.entries.${id}: not in ${neighbourhoods.file}`)
      return { polygon: area.geometry, ...entry }
    }),
  }
}
