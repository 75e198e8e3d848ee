import { describeError, type Log } from '../log.js'
import type { Catalog } from '../standard/catalog.js'
import { loadCatalog } from '../store/catalog/load-catalog.js'
import type { Database } from '../store/database/database.js'

/** In case that a NOTIFY is lost on its way, as behind some connection poolers. */
const POLL_INTERVAL_MS = 60_000

/** The catalog as the database has it, held in memory and replaced as soon as it changes. */
export interface CatalogWatcher {
  current(): Catalog
  stop(): void
}

/** Reads the catalog and follows its changes; `changed` hears of each reading, and whether anything may be different. */
export async function watchCatalog(
  database: Database,
  log: Log,
  changed: (mayDiffer: boolean) => void,
): Promise<CatalogWatcher> {
  let current = await loadCatalog(database.store)
  let known = serializeCatalog(current)
  let running: Promise<void> | null = null
  let again = false
  let isTold = false

  // Several changes at once need one reading, but the last one has to begin after the last change.
  function refresh(): void {
    again = running !== null
    if (running) return
    const wasTold = isTold
    isTold = false
    running = loadCatalog(database.store)
      .then((read) => {
        // What is made from a catalog is kept as long as it: a new one only if it differs.
        const text = serializeCatalog(read)
        const isOther = text !== known
        if (isOther) current = read
        known = text
        // A catalog does not tell the names of retired services.
        changed(isOther || wasTold)
      })
      .catch((error) => log.error({ fault: describeError(error) }, 'the catalog could not be read'))
      .finally(() => {
        running = null
        if (again) refresh()
      })
  }

  await database.listen('catalog', () => {
    isTold = true
    refresh()
  })
  const timer = setInterval(refresh, POLL_INTERVAL_MS)
  timer.unref()
  refresh() // what changed between reading and listening
  return { current: () => current, stop: () => clearInterval(timer) }
}

function serializeCatalog(catalog: Catalog): string {
  return JSON.stringify(catalog, (_, value) => (value instanceof Map ? [...value] : value))
}
