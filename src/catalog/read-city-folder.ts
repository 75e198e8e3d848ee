import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { type CatalogError, CatalogErrors } from './catalog-errors.js'
import {
  findDuplicates,
  type JurisdictionFile,
  jurisdictionFile,
  type ServiceEntry,
  type ServicesFile,
  servicesFile,
} from './file-schema.js'
import { type AreaFile, readAreas, readBoundary } from './read-geojson.js'

/** The files of one jurisdiction. Geometry is GeoJSON text; PostGIS validates it. */
export interface CityFolder {
  jurisdiction: JurisdictionFile
  services: (ServiceEntry & { group: string })[]
  boundary: { file: string; geometry: string } | null
  areas: AreaFile[]
}

/**
 * Reads the jurisdictions of `directory`: the directory itself if it has a jurisdiction file, else its subdirectories that
 * have one. Throws CatalogErrors with the errors of all files.
 */
export async function readCityFolders(directory: string): Promise<CityFolder[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => {
    throw new CatalogErrors([{ file: directory, path: '', message: 'is not a folder that can be read' }])
  })
  const isCity = (folder: string) => findFile(folder, 'jurisdiction') !== undefined
  const subfolders = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(directory, entry.name))
  const folders = isCity(directory) ? [directory] : subfolders.filter(isCity).sort()
  const errors: CatalogError[] = []
  if (folders.length === 0)
    errors.push({ file: directory, path: '', message: 'has no jurisdiction.yaml, nor has a folder in it' })
  const read = await Promise.all(folders.map((folder) => readCityFolder(folder, errors)))
  const cities = read.filter((city) => city !== undefined)
  for (const id of findDuplicates(cities.map((city) => city.jurisdiction.jurisdiction_id))) {
    errors.push({ file: directory, path: '', message: `jurisdiction_id ${id} is in two folders` })
  }
  if (errors.length > 0) throw new CatalogErrors(errors)
  return cities
}

async function readCityFolder(folder: string, errors: CatalogError[]): Promise<CityFolder | undefined> {
  const jurisdiction = await readYaml(jurisdictionFile, findFile(folder, 'jurisdiction')!, errors)
  const services = await readServices(folder, errors)
  if (!jurisdiction) return undefined
  const { boundary } = jurisdiction
  const sources = jurisdiction.areas.map((source) => readAreas(resolve(folder, source.file), source, errors))
  const areas = (await Promise.all(sources)).flat()
  checkAreas(folder, services, areas, errors)
  return {
    jurisdiction,
    services,
    boundary: boundary === undefined ? null : await readBoundary(resolve(folder, boundary), errors),
    areas,
  }
}

/** Area names must be unique, and services may refer only to existing areas. */
function checkAreas(
  folder: string,
  services: CityFolder['services'],
  areas: AreaFile[],
  errors: CatalogError[],
): void {
  const names = areas.map(({ area_type, area_id }) => `${area_type}:${area_id}`)
  for (const name of findDuplicates(names))
    errors.push({ file: folder, path: '', message: `area ${name} is there twice` })
  for (const { service_code, agency_by_area, ...service } of services) {
    for (const name of [...service.areas, ...Object.keys(agency_by_area ?? {})]) {
      if (names.includes(name)) continue
      errors.push({
        file: folder,
        path: '',
        message: `service_code ${service_code} names the area ${name}, which is not there`,
      })
    }
  }
}

async function readServices(folder: string, errors: CatalogError[]): Promise<CityFolder['services']> {
  const inFolder = existsSync(join(folder, 'services'))
    ? (await readdir(join(folder, 'services'))).sort()
    : []
  const files = inFolder
    .filter((name) => /\.(ya?ml|json)$/.test(name))
    .map((name) => join(folder, 'services', name))
  const single = findFile(folder, 'services')
  const read = await Promise.all(
    [...(single ? [single] : []), ...files].map(async (file) => ({
      file,
      content: await readYaml(servicesFile, file, errors),
    })),
  )
  const services = read.flatMap(({ content }) => (content ? applyGroupDefaults(content) : []))
  const duplicates = [
    ...findDuplicates(services.map((each) => each.service_code)).map(
      (code) => `service_code ${code} is used twice`,
    ),
    // GR-SVC-10: FixMyStreet identifies services by their names.
    ...findDuplicates(services.map((each) => each.service_name)).map(
      (name) => `service_name ${name} is used twice`,
    ),
  ]
  errors.push(...duplicates.map((message) => ({ file: folder, path: '', message })))
  return services
}

function applyGroupDefaults({ services, ...shared }: ServicesFile): CityFolder['services'] {
  return services.map((service) => ({
    ...shared,
    ...service,
    group: service.groups?.[0] ?? service.group ?? shared.group ?? '',
  }))
}

function findFile(folder: string, name: string): string | undefined {
  return ['.yaml', '.yml', '.json']
    .map((extension) => join(folder, name + extension))
    .find((file) => existsSync(file))
}

/** Reads a YAML or JSON file (JSON is YAML) and validates it. Returns undefined if YAML or schema is violated. */
async function readYaml<T>(
  schema: z.ZodType<T>,
  file: string,
  errors: CatalogError[],
): Promise<T | undefined> {
  const lineCounter = new LineCounter()
  const document = parseDocument(await readFile(file, 'utf8'), { lineCounter, uniqueKeys: true })
  for (const error of document.errors) {
    const { line, col } = lineCounter.linePos(error.pos[0])
    errors.push({ file, path: `line ${line}, column ${col}`, message: error.message.split('\n')[0]! })
  }
  if (document.errors.length > 0) return undefined
  const parsed = schema.safeParse(document.toJS())
  for (const issue of parsed.error?.issues ?? []) {
    errors.push({ file, path: issue.path.join('.'), message: issue.message })
  }
  return parsed.data
}
