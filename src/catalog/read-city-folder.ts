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

/** One jurisdiction as its folder describes it. Geometry is GeoJSON text, for PostGIS to judge. */
export interface CityFolder {
  jurisdiction: JurisdictionFile
  services: (ServiceEntry & { group: string })[]
  boundary: { file: string; geometry: string } | null
  areas: AreaFile[]
}

/**
 * Reads every jurisdiction of `directory`: the folder itself if it has a jurisdiction file, else its subfolders that
 * have one. Throws CatalogFaults with all faults of all files.
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
  const faults: CatalogError[] = []
  if (folders.length === 0)
    faults.push({ file: directory, path: '', message: 'has no jurisdiction.yaml, nor has a folder in it' })
  const read = await Promise.all(folders.map((folder) => readCityFolder(folder, faults)))
  const cities = read.filter((city) => city !== undefined)
  for (const id of findDuplicates(cities.map((city) => city.jurisdiction.jurisdiction_id))) {
    faults.push({ file: directory, path: '', message: `jurisdiction_id ${id} is in two folders` })
  }
  if (faults.length > 0) throw new CatalogErrors(faults)
  return cities
}

async function readCityFolder(folder: string, faults: CatalogError[]): Promise<CityFolder | undefined> {
  const jurisdiction = await readYaml(jurisdictionFile, findFile(folder, 'jurisdiction')!, faults)
  const services = await readServices(folder, faults)
  if (!jurisdiction) return undefined
  const { boundary } = jurisdiction
  const sources = jurisdiction.areas.map((source) => readAreas(resolve(folder, source.file), source, faults))
  const areas = (await Promise.all(sources)).flat()
  checkAreas(folder, services, areas, faults)
  return {
    jurisdiction,
    services,
    boundary: boundary === undefined ? null : await readBoundary(resolve(folder, boundary), faults),
    areas,
  }
}

/** Areas have names of their own, and services name no others. */
function checkAreas(
  folder: string,
  services: CityFolder['services'],
  areas: AreaFile[],
  faults: CatalogError[],
): void {
  const names = areas.map(({ area_type, area_id }) => `${area_type}:${area_id}`)
  for (const name of findDuplicates(names))
    faults.push({ file: folder, path: '', message: `area ${name} is there twice` })
  for (const { service_code, agency_by_area, ...service } of services) {
    for (const name of [...service.areas, ...Object.keys(agency_by_area ?? {})]) {
      if (names.includes(name)) continue
      faults.push({
        file: folder,
        path: '',
        message: `service_code ${service_code} names the area ${name}, which is not there`,
      })
    }
  }
}

async function readServices(folder: string, faults: CatalogError[]): Promise<CityFolder['services']> {
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
      content: await readYaml(servicesFile, file, faults),
    })),
  )
  const services = read.flatMap(({ content }) => (content ? applyGroupDefaults(content) : []))
  const clashes = [
    ...findDuplicates(services.map((each) => each.service_code)).map(
      (code) => `service_code ${code} is used twice`,
    ),
    // GR-SVC-10: FixMyStreet tells services apart by their names.
    ...findDuplicates(services.map((each) => each.service_name)).map(
      (name) => `service_name ${name} is used twice`,
    ),
  ]
  faults.push(...clashes.map((message) => ({ file: folder, path: '', message })))
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
    .map((ending) => join(folder, name + ending))
    .find((file) => existsSync(file))
}

/** Reads a YAML or JSON file (JSON is YAML) and holds it against `schema`. */
async function readYaml<T>(
  schema: z.ZodType<T>,
  file: string,
  faults: CatalogError[],
): Promise<T | undefined> {
  const lineCounter = new LineCounter()
  const document = parseDocument(await readFile(file, 'utf8'), { lineCounter, uniqueKeys: true })
  for (const error of document.errors) {
    const { line, col } = lineCounter.linePos(error.pos[0])
    faults.push({ file, path: `line ${line}, column ${col}`, message: error.message.split('\n')[0]! })
  }
  if (document.errors.length > 0) return undefined
  const parsed = schema.safeParse(document.toJS())
  for (const issue of parsed.error?.issues ?? []) {
    faults.push({ file, path: issue.path.join('.'), message: issue.message })
  }
  return parsed.data
}
