import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { postgis } from '@electric-sql/pglite-postgis'
import { type Database, datetimeFromText, INT8, type Session, storeOver, TIMESTAMPTZ } from './database.js'

export interface EmbeddedOptions {
  /** The folder the database lives in; absent: in memory. */
  directory?: string
  /** Where a ready-made empty cluster is kept, to start the next new database from. */
  cache: string
  progress(text: string): void
}

const parsers = { [TIMESTAMPTZ]: datetimeFromText, [INT8]: Number }

/** PostgreSQL with PostGIS inside this process (PGlite). It has one session, so everybody takes turns. */
export async function openEmbedded(options: EmbeddedOptions): Promise<Database> {
  const pglite = await create(options)
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
      query: async (sql, parameters) => {
        const { rows, affectedRows } = await pglite.query(sql, parameters as unknown[])
        return { rows, rowCount: affectedRows ?? 0, command: 'UPDATE' as const }
      },
      script: async (sql) => {
        await pglite.exec(sql)
      },
      release,
    }
  }

  const store = storeOver({
    connect: open as never,
    end: async () => {},
  })
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
async function create({ directory, cache, progress }: EmbeddedOptions): Promise<PGlite> {
  if (directory === undefined) return createNew(undefined, cache, progress)
  const cluster = join(directory, 'cluster')
  // Written when a new cluster is whole: without it, a start was interrupted and nothing was ever acknowledged.
  const whole = join(directory, 'cluster.whole')
  if (existsSync(whole)) {
    progress('Opening the embedded database')
    return PGlite.create({ dataDir: cluster, extensions: { postgis }, parsers })
  }
  await rm(cluster, { recursive: true, force: true })
  await mkdir(directory, { recursive: true })
  const pglite = await createNew(cluster, cache, progress)
  await writeFile(whole, '')
  return pglite
}

async function createNew(
  dataDir: string | undefined,
  cache: string,
  progress: (text: string) => void,
): Promise<PGlite> {
  const options = { extensions: { postgis }, parsers, ...(dataDir === undefined ? {} : { dataDir }) }
  const kept = join(cache, `${await fingerprint()}.tar.gz`)
  if (existsSync(kept)) {
    progress('Creating the embedded database')
    return PGlite.create({ ...options, loadDataDir: new Blob([await readFile(kept)]) })
  }
  progress('Creating the embedded database; the very first time this takes a while')
  const pglite = await PGlite.create(options)
  progress('Adding PostGIS')
  await pglite.exec('create extension postgis')
  await keep(pglite, kept).catch(() =>
    progress(`The new cluster could not be kept in ${cache}; that only costs time.`),
  )
  return pglite
}

/** Names the versions a kept cluster is good for. */
async function fingerprint(): Promise<string> {
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

async function keep(pglite: PGlite, path: string): Promise<void> {
  const dump = await pglite.dumpDataDir('gzip')
  const unfinished = `${path}.${process.pid}`
  await mkdir(join(path, '..'), { recursive: true })
  try {
    await writeFile(unfinished, Buffer.from(await dump.arrayBuffer()))
    await rename(unfinished, path)
  } finally {
    await rm(unfinished, { force: true })
  }
}
