import { createHash, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { PGlite } from '@electric-sql/pglite'
import { btree_gist } from '@electric-sql/pglite/contrib/btree_gist'
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm'
import { unaccent } from '@electric-sql/pglite/contrib/unaccent'
import { postgis } from '@electric-sql/pglite-postgis'
import { INT8, parseTimestamp, TIMESTAMPTZ } from './database.js'

export interface EmbeddedOptions {
  /** Folder of the database; absent: in memory. */
  directory?: string
  /** Folder of a cached image of an empty cluster, from which a new database starts. */
  cacheDirectory: string
  onProgress(text: string): void
}

/** PGlite options of every cluster. */
export const CLUSTER_OPTIONS = {
  extensions: { postgis, btree_gist, pg_trgm, unaccent },
  parsers: { [TIMESTAMPTZ]: parseTimestamp, [INT8]: Number },
}

/** Opens or creates the cluster in `directory`. */
export async function openCluster(options: EmbeddedOptions): Promise<PGlite> {
  const { directory, onProgress } = options
  if (directory === undefined) return createCluster({}, options)
  const dataDir = join(directory, 'cluster')
  // Written when a new cluster is complete. If it is missing, creation was interrupted and the
  // cluster holds no data.
  const completeMarker = join(directory, 'cluster.whole')
  if (existsSync(completeMarker)) {
    onProgress('Opening the embedded database')
    await chmod(dataDir, 0o700)
    return PGlite.create({ dataDir, ...CLUSTER_OPTIONS })
  }
  await rm(dataDir, { recursive: true, force: true })
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const pglite = await createCluster({ dataDir }, options)
  await writeFile(completeMarker, '')
  return pglite
}

/** Creates a cluster with PostGIS from the cached image, or from scratch, which takes much longer. */
async function createCluster(
  location: { dataDir?: string },
  { cacheDirectory, onProgress }: EmbeddedOptions,
): Promise<PGlite> {
  const options = { ...location, ...CLUSTER_OPTIONS }
  const imagePath = join(cacheDirectory, `${await computeImageName()}.tar.gz`)
  const image = await readCachedImage(imagePath)
  if (image) {
    onProgress('Creating the embedded database')
    return PGlite.create({ ...options, loadDataDir: new Blob([image]) })
  }
  onProgress('Creating the embedded database; the first time this takes a while')
  const pglite = await PGlite.create(options)
  onProgress('Adding PostGIS')
  await pglite.exec('create extension postgis')
  await cacheImage(pglite, imagePath).catch(() =>
    onProgress(
      `Cannot write the image of the new database to ${cacheDirectory}: the next one starts slowly, too`,
    ),
  )
  return pglite
}

/**
 * Returns the uncompressed image; null if it is missing or damaged, or if other users could have
 * written it.
 */
export async function readCachedImage(path: string): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    const { uid, mode } = await stat(path)
    const isOurs = process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0)
    return isOurs ? new Uint8Array(gunzipSync(await readFile(path))) : null
  } catch {
    return null
  }
}

/** A name that changes with the versions of PGlite and PostGIS. */
export async function computeImageName(): Promise<string> {
  const require = createRequire(import.meta.url)
  const files = ['@electric-sql/pglite', '@electric-sql/pglite-postgis'].map((name) => {
    const entry = require.resolve(name)
    return join(entry.slice(0, entry.lastIndexOf(`${join(name)}`)), name, 'package.json')
  })
  const versions = await Promise.all(
    files.map(async (file) => JSON.parse(await readFile(file, 'utf8')).version),
  )
  return `cluster-${createHash('sha256').update(versions.join(' ')).digest('hex').slice(0, 12)}`
}

/** Writes the data directory of `pglite` to `path`, for `readCachedImage`. */
export async function cacheImage(pglite: PGlite, path: string): Promise<void> {
  const dump = await pglite.dumpDataDir('gzip')
  const temporaryPath = `${path}.${randomUUID()}`
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  try {
    await writeFile(temporaryPath, Buffer.from(await dump.arrayBuffer()), { flag: 'wx', mode: 0o600 })
    await rename(temporaryPath, path)
  } finally {
    await rm(temporaryPath, { force: true })
  }
}
