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
import { createStore, type Database, INT8, parseTimestamp, type Session, TIMESTAMPTZ } from './database.js'

export interface EmbeddedOptions {
  /** The folder the database lives in; absent: in memory. */
  directory?: string
  /** Where a ready-made empty cluster is kept, to start the next new database from. */
  cacheDirectory: string
  onProgress(text: string): void
}

const EXTENSIONS = { postgis, btree_gist, pg_trgm, unaccent }
const parsers = { [TIMESTAMPTZ]: parseTimestamp, [INT8]: Number }

/** PostgreSQL with PostGIS inside this process (PGlite). It has one session, so everybody takes turns. */
export async function openEmbedded(options: EmbeddedOptions): Promise<Database> {
  const pglite = await openCluster(options)
  await pglite.exec(`set timezone = 'UTC'; set datestyle = 'ISO'`)

  let last: Promise<unknown> = Promise.resolve()
  async function open(): Promise<Session> {
    const before = last
    let release!: () => void
    last = new Promise<void>((done) => {
      release = done
    })
    await before
    return {
      query: async (sql, parameters, running) => {
        const rowMode = running?.asArrays ? 'array' : 'object'
        const { rows, affectedRows } = await pglite.query(sql, parameters as unknown[], { rowMode })
        return { rows, count: affectedRows ?? 0 }
      },
      script: async (sql) => {
        await pglite.exec(sql)
      },
      release,
    }
  }

  const store = createStore(open)
  return {
    kind: 'embedded',
    store,
    open,
    listen: async (channel, heard) => {
      const session = await open()
      try {
        await pglite.listen(channel, heard)
      } finally {
        session.release()
      }
    },
    close: async () => {
      await last
      await store.destroy()
      await pglite.close()
    },
  }
}

/** Opens the database of `directory`. A new one starts from a kept copy of an empty cluster with PostGIS, if there is one. */
async function openCluster({
  directory,
  cacheDirectory: cache,
  onProgress: progress,
}: EmbeddedOptions): Promise<PGlite> {
  if (directory === undefined) return createCluster({}, cache, progress)
  const dataDir = join(directory, 'cluster')
  // Written when a new cluster is whole: without it, a start was interrupted and nothing was ever acknowledged.
  const whole = join(directory, 'cluster.whole')
  if (existsSync(whole)) {
    progress('Opening the embedded database')
    await chmod(dataDir, 0o700)
    return PGlite.create({ dataDir, extensions: EXTENSIONS, parsers })
  }
  await rm(dataDir, { recursive: true, force: true })
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const pglite = await createCluster({ dataDir }, cache, progress)
  await writeFile(whole, '')
  return pglite
}

async function createCluster(
  at: { dataDir?: string },
  cache: string,
  progress: (text: string) => void,
): Promise<PGlite> {
  const options = { ...at, extensions: EXTENSIONS, parsers }
  const kept = join(cache, `${await computeImageName()}.tar`)
  const image = await readCachedImage(kept)
  if (image) {
    progress('Creating the embedded database')
    return PGlite.create({ ...options, loadDataDir: new Blob([image]) })
  }
  progress('Creating the embedded database; the very first time this takes a while')
  const pglite = await PGlite.create(options)
  progress('Adding PostGIS')
  await pglite.exec('create extension postgis')
  await cacheImage(pglite, kept).catch(() =>
    progress(`The new cluster could not be kept in ${cache}; that only costs time.`),
  )
  return pglite
}

/** The kept image, unpacked; null if there is none, if it is damaged, or if others could have written it. */
async function readCachedImage(path: string): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    const found = await stat(`${path}.gz`)
    const isOurs =
      process.getuid === undefined || (found.uid === process.getuid() && (found.mode & 0o022) === 0)
    return isOurs ? new Uint8Array(gunzipSync(await readFile(`${path}.gz`))) : null
  } catch {
    return null
  }
}

/** Names the versions a kept cluster is good for. */
async function computeImageName(): Promise<string> {
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

async function cacheImage(pglite: PGlite, path: string): Promise<void> {
  const dump = await pglite.dumpDataDir('gzip')
  const unfinished = `${path}.${randomUUID()}`
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  try {
    await writeFile(unfinished, Buffer.from(await dump.arrayBuffer()), { flag: 'wx', mode: 0o600 })
    await rename(unfinished, `${path}.gz`)
  } finally {
    await rm(unfinished, { force: true })
  }
}
