import { createHash } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { MIGRATIONS } from '../../src/paths.js'
import { createEmbeddedDatabase } from '../../src/store/database/embedded.js'
import {
  CLUSTER_OPTIONS,
  cacheImage,
  computeImageName,
  openCluster,
  readCachedImage,
} from '../../src/store/database/embedded-cluster.js'
import { migrate, readMigrations } from '../../src/store/database/migrate.js'

// A migrated embedded cluster takes about 5 seconds of CPU and a gigabyte of memory. A vitest worker therefore keeps
// one: a test file that closes its database returns the cluster, emptied, for the next file.

const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'georeport')

/** A cluster with all migrations and no rows. */
interface MigratedCluster {
  pglite: PGlite
  /** describeSchema() right after the migrations. */
  schema: string
}

let spare: MigratedCluster | null = null

/**
 * An empty cluster with all migrations. `close` empties it and keeps it as the spare one. Any later use of what this
 * returned is an error.
 */
export async function leaseCluster(): Promise<Pick<PGlite, 'query' | 'exec' | 'listen' | 'close'>> {
  const cluster = spare ?? (await createMigratedCluster())
  spare = null
  const { pglite } = cluster
  const channels = new Set<string>()
  let isClosed = false
  function use(): PGlite {
    if (isClosed) throw new Error('this database is closed')
    return pglite
  }
  return {
    query: async (...args) => use().query(...args),
    exec: async (...args) => use().exec(...args),
    listen: async (channel, ...args) => {
      channels.add(channel)
      return use().listen(channel, ...args)
    },
    close: async () => {
      use()
      isClosed = true
      for (const channel of channels) await pglite.unlisten(channel)
      if (spare === null && (await emptyCluster(cluster))) spare = cluster
      else await pglite.close()
    },
  }
}

/** Starts from the cached image of exactly these versions and migrations, and caches one if there is none. */
async function createMigratedCluster(): Promise<MigratedCluster> {
  const migrations = await readMigrations(MIGRATIONS)
  const digest = createHash('sha256').update(migrations.map(({ sha256 }) => sha256).join())
  const prefix = 'migrated-'
  const name = `${prefix}${await computeImageName()}-${digest.digest('hex').slice(0, 12)}.tar.gz`
  const image = await readCachedImage(join(CACHE, name))
  if (image) {
    const pglite = await PGlite.create({ ...CLUSTER_OPTIONS, loadDataDir: new Blob([image]) })
    return { pglite, schema: await describeSchema(pglite) }
  }
  const pglite = await openCluster({ cacheDirectory: CACHE, onProgress: () => {} })
  await migrate(await createEmbeddedDatabase(pglite), migrations)
  await cacheImage(pglite, join(CACHE, name))
  const outdated = (await readdir(CACHE)).filter((each) => each.startsWith(prefix) && each !== name)
  for (const each of outdated) if (each.endsWith('.tar.gz')) await rm(join(CACHE, each), { force: true })
  return { pglite, schema: await describeSchema(pglite) }
}

/** Removes rows, statistics and session state. False if the cluster cannot be used again: its schema has changed. */
async function emptyCluster({ pglite, schema }: MigratedCluster): Promise<boolean> {
  try {
    await pglite.exec('rollback')
    await pglite.exec('discard all')
    const names = async (sql: string) => {
      const { rows } = await pglite.query<{ name: string }>(sql)
      return rows.map(({ name }) => name).join(', ')
    }
    const tables = await names(`
      select quote_ident(tablename) as name
        from pg_tables
       where schemaname = 'public' and tablename not in ('migration', 'spatial_ref_sys')`)
    await pglite.exec(`truncate ${tables} restart identity cascade`)
    // Those of no column: each jurisdiction has some for its ids.
    const sequences = await names(`
      select quote_ident(relname) as name
        from pg_class
       where relnamespace = 'public'::regnamespace
         and relkind = 'S'
         and oid not in (select objid from pg_depend where deptype in ('a', 'i'))`)
    if (sequences !== '') await pglite.exec(`drop sequence ${sequences}`)
    await pglite.exec('delete from pg_statistic')
    return (await describeSchema(pglite)) === schema
  } catch {
    return false
  }
}

/** Everything that a migration can create, as one text. */
async function describeSchema(pglite: PGlite): Promise<string> {
  const { rows } = await pglite.query(`
    select 'relation' as kind, format('%s %s %s %s', relname, relkind, relpersistence, reloptions) as text
      from pg_class
     where relnamespace = 'public'::regnamespace
    union all
    select 'column', format('%s.%s %s %s', attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull)
      from pg_attribute as a
      join pg_class as c on c.oid = a.attrelid
     where c.relnamespace = 'public'::regnamespace and attnum > 0 and not attisdropped
    union all
    select 'default', format('%s.%s %s', adrelid::regclass, adnum, pg_get_expr(adbin, adrelid))
      from pg_attrdef
    union all
    select 'constraint', format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
      from pg_constraint
     where connamespace = 'public'::regnamespace
    union all
    select 'index', pg_get_indexdef(indexrelid)
      from pg_index as i
      join pg_class as c on c.oid = i.indrelid
     where c.relnamespace = 'public'::regnamespace
    union all
    select 'trigger', format('%s %s', pg_get_triggerdef(oid), tgenabled)
      from pg_trigger
     where not tgisinternal
    union all
    select 'function', format('%s %s', oid::regprocedure, md5(prosrc))
      from pg_proc
     where pronamespace = 'public'::regnamespace
    union all
    select 'type', format('%s %s', enumtypid::regtype, enumlabel)
      from pg_enum
    union all
    select 'setting', format('%s %s', setdatabase, setconfig)
      from pg_db_role_setting
    union all
    select 'migration', format('%s %s', number, sha256)
      from migration
     order by 1, 2`)
  return JSON.stringify(rows)
}
