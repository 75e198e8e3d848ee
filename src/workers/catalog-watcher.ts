import { describeError, type Log } from '../log.js'
import type { Catalog } from '../standard/catalog.js'
import { loadCatalog } from '../store/catalog/load-catalog.js'
import type { Database } from '../store/database/database.js'

/** Fallback for lost NOTIFY messages, for example behind some connection poolers. */
const POLL_INTERVAL_MS = 60_000

/** The current catalog in memory, replaced when the database changes. */
export interface CatalogWatcher {
  current(): Catalog
  stop(): void
}

/**
 * Loads the catalog and follows its changes. `onRefresh` is called after each reload; `mayDiffer` is false if nothing can
 * have changed.
 */
export async function watchCatalog(
  database: Database,
  log: Log,
  onRefresh: (mayDiffer: boolean) => void,
): Promise<CatalogWatcher> {
  let current = await loadCatalog(database.store)
  let serialized = serializeCatalog(current)
  let running: Promise<void> | null = null
  let isRefreshNeeded = false
  let isNotified = false

  // Concurrent notifications share one reload, but the last reload must start after the last change.
  function refresh(): void {
    isRefreshNeeded = running !== null
    if (running) return
    const wasNotified = isNotified
    isNotified = false
    running = loadCatalog(database.store)
      .then((loaded) => {
        // Caches are keyed by the catalog object, so an equal catalog must not replace it.
        const text = serializeCatalog(loaded)
        const isDifferent = text !== serialized
        if (isDifferent) current = loaded
        serialized = text
        // The catalog lacks the names of retired services, so a notification counts even if the catalog is equal.
        onRefresh(isDifferent || wasNotified)
      })
      .catch((error) => log.error({ error: describeError(error) }, 'could not load the catalog'))
      .finally(() => {
        running = null
        if (isRefreshNeeded) refresh()
      })
  }

  await database.listen('catalog', () => {
    isNotified = true
    refresh()
  })
  const timer = setInterval(refresh, POLL_INTERVAL_MS)
  timer.unref()
  refresh() // for changes between the first load and LISTEN
  return { current: () => current, stop: () => clearInterval(timer) }
}

function serializeCatalog(catalog: Catalog): string {
  return JSON.stringify(catalog, (_, value) => (value instanceof Map ? [...value] : value))
}
