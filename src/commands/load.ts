import { resolve } from 'node:path'
import { readCityFolders } from '../catalog/read-city-folder.js'
import { formatDatetime } from '../standard/datetime.js'
import { assignNextAreas, hasPendingAssignments } from '../store/catalog/assign-areas.js'
import { type WriteReport, writeCities } from '../store/catalog/write-city.js'
import type { CommandContext } from './command.js'

/** Loads the city folders of `directory` into the catalog. Prints one line per jurisdiction. */
export async function load(context: CommandContext, directory: string): Promise<void> {
  const cities = await readCityFolders(resolve(context.cwd, directory))
  const { store } = await context.openDatabase()
  const reports = await writeCities(store, cities, formatDatetime(Date.now()))
  for (const report of reports) context.writeResult(formatReport(report))
  if (reports.every(({ areas }) => areas === 0)) return
  // A running server assigns areas at the same time, and continues after this command.
  for (let idleRounds = 0; idleRounds < MAX_IDLE_ROUNDS; ) {
    const step = await assignNextAreas(store)
    if (step) context.progress(step.done_id, step.last_id)
    else if (await hasPendingAssignments(store)) {
      idleRounds++
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    } else return
  }
  context.writeMessage('Service requests are still being assigned to their areas.')
}

/** Pause while another process assigns areas or writes. */
const PAUSE_MS = 200
const MAX_IDLE_ROUNDS = 20

/** Checks the city folders of `directory` without a database. Throws CatalogErrors. */
export async function check(context: CommandContext, directory: string): Promise<void> {
  for (const { jurisdiction, services, areas } of await readCityFolders(resolve(context.cwd, directory))) {
    context.writeResult(
      `${jurisdiction.jurisdiction_id}: ${services.length} services, ${areas.length} areas, no errors`,
    )
  }
}

function formatReport({ jurisdiction_id, added, changed, retired, areas, isDifferent }: WriteReport): string {
  if (!isDifferent) return `${jurisdiction_id}: no changes`
  const services = `${added.length} services added, ${changed.length} changed, ${retired.length} retired`
  return `${jurisdiction_id}: ${services}, ${areas} areas changed`
}
