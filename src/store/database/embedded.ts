import type { PGlite } from '@electric-sql/pglite'
import { createStore, type Database, type Session } from './database.js'
import { type EmbeddedOptions, openCluster } from './embedded-cluster.js'

/** PostgreSQL with PostGIS in this process (PGlite). */
export async function openEmbedded(options: EmbeddedOptions): Promise<Database> {
  return createEmbeddedDatabase(await openCluster(options))
}

/**
 * A database on a cluster, which has one session: `open` waits until that is released. `close`
 * closes the cluster.
 */
export async function createEmbeddedDatabase(
  pglite: Pick<PGlite, 'query' | 'exec' | 'listen' | 'close'>,
): Promise<Database> {
  await pglite.exec(`set timezone = 'UTC'; set datestyle = 'ISO'`)

  let lastRelease: Promise<unknown> = Promise.resolve()
  async function open(): Promise<Session> {
    const previous = lastRelease
    let release!: () => void
    lastRelease = new Promise<void>((resolve) => {
      release = resolve
    })
    await previous
    return {
      query: async (sql, parameters, options) => {
        const rowMode = options?.asArrays ? 'array' : 'object'
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
    listen: async (channel, onNotify) => {
      const session = await open()
      try {
        await pglite.listen(channel, onNotify)
      } finally {
        session.release()
      }
    },
    close: async () => {
      await lastRelease
      await store.destroy()
      await pglite.close()
    },
  }
}
