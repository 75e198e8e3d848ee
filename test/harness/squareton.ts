import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CityFolder, readCityFolders } from '../../src/catalog/read-city-folder.js'

// Squareton, a jurisdiction of four degrees each way with square areas: easy to see which area contains a point.
//
//   54 +-----------+-----------+   wards west and east meet at longitude 12,
//      |   west    |    east   |   the district old lies across both
//   53 |      +----+----+      |
//      |      |   old   |      |
//   51 |      +----+----+      |
//   50 +-----------+-----------+
//      10   11.5  12  12.5     14

export const SQUARETON = 'squareton.example'
export const PRODUCTION = { jurisdiction_id: SQUARETON, endpoint: 'production' } as const

export const WEST = { lat: 52, long: 10.5 }
export const EAST = { lat: 52, long: 13.5 }
export const OLD_WEST = { lat: 52, long: 11.8 }
export const OLD_EAST = { lat: 52, long: 12.2 }
/** On the border of the wards, north of the district. */
export const BORDER = { lat: 53.5, long: 12 }
export const OUTSIDE = { lat: 49, long: 12 }

export type Ring = number[][]
export interface TownFeature {
  id: unknown
  name: unknown
  rings: Ring[]
}

export function ring(west: number, south: number, east: number, north: number): Ring {
  return [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ]
}

/** A rectangle as a feature of an area file. */
export function area(id: unknown, name: unknown, ...corners: Parameters<typeof ring>): TownFeature {
  return { id, name, rings: [ring(...corners)] }
}

export const WARDS = [
  area('west', 'Westside', 10, 50, 12, 54),
  // Clockwise, as in many files: responses reverse it (RFC 7946, 3.1.6).
  { id: 'east', name: 'Eastside', rings: [ring(12, 50, 14, 54).reverse()] },
]
export const DISTRICTS = [area('old', 'Old Town', 11.5, 51, 12.5, 53)]

export const SERVICES: readonly Record<string, unknown>[] = [
  {
    service_code: 'POTHOLE',
    service_name: 'Pothole',
    group: 'Streets',
    agency_responsible: 'Streets',
    agency_by_area: { 'district:old': 'Old Town Office', 'ward:west': 'Streets West' },
  },
  { service_code: 'CRACK', service_name: 'Crack', group: 'Streets', agency_responsible: 'Streets' },
  { service_code: 'FERRY', service_name: 'Ferry', areas: ['ward:east'], location: 'optional' },
  { service_code: 'TIP', service_name: 'Tip', visibility: 'private', group: 'Watch' },
  { service_code: 'CARE', service_name: 'Care', visibility: 'moderated', group: 'Watch' },
  { service_code: 'NOISE', service_name: 'Noise', group: 'Watch' },
  {
    service_code: 'ASKING',
    service_name: 'Asking',
    attributes: [
      {
        code: 'KIND',
        datatype: 'singlevaluelist',
        description: 'Which kind?',
        values: [
          { key: 'A', name: 'Alpha' },
          { key: 'B', name: 'Beta' },
        ],
      },
      {
        code: 'SECRET_KIND',
        datatype: 'singlevaluelist',
        description: 'Which kind, between us?',
        public: false,
        values: [{ key: 'A', name: 'Alpha' }],
      },
      { code: 'HOW_MANY', datatype: 'number', description: 'How many?', public: true },
      { code: 'SINCE', datatype: 'datetime', description: 'Since when?' },
      { code: 'WORDS', datatype: 'string', description: 'In your words?' },
      { code: 'STORY', datatype: 'text', description: 'The whole story?' },
      { code: 'POLE', datatype: 'string', description: 'Which pole?', public: true },
    ],
  },
]

export interface Town {
  jurisdiction?: object
  /** Defaults of all services. */
  shared?: object
  services?: readonly object[]
  /** Features by area_type. */
  areas?: Readonly<Record<string, readonly TownFeature[]>>
}

/** Writes Squareton, with the changes of a test, into a folder. */
export async function writeTown(folder: string, { jurisdiction, shared, services, areas }: Town = {}) {
  const files = areas ?? { ward: WARDS, district: DISTRICTS }
  const write = (name: string, content: object) => writeFile(join(folder, name), JSON.stringify(content))
  await write('boundary.geojson', { type: 'Polygon', coordinates: [ring(10, 50, 14, 54)] })
  await write('jurisdiction.json', {
    jurisdiction_id: SQUARETON,
    name: 'Squareton',
    time_zone: 'Europe/Berlin',
    contact: 'c',
    key_service: 'k',
    boundary: 'boundary.geojson',
    areas: Object.keys(files).map((area_type) => ({
      area_type,
      file: `${area_type}.geojson`,
      id: 'id',
      name: 'name',
    })),
    ...jurisdiction,
  })
  await write('services.json', { ...shared, services: services ?? SERVICES })
  for (const [area_type, features] of Object.entries(files)) {
    await write(`${area_type}.geojson`, {
      type: 'FeatureCollection',
      features: features.map(({ id, name, rings }) => ({
        type: 'Feature',
        properties: { id, name },
        geometry: { type: 'Polygon', coordinates: rings },
      })),
    })
  }
}

export const createFolder = () => mkdtemp(join(tmpdir(), 'squareton-'))

/** Reads Squareton from a temporary folder. */
export async function readTown(town: Town = {}): Promise<CityFolder> {
  const folder = await createFolder()
  try {
    await writeTown(folder, town)
    return (await readCityFolders(folder))[0]!
  } finally {
    await rm(folder, { recursive: true })
  }
}
