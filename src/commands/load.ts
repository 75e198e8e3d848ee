import { resolve } from 'node:path'
import { readCityFolders } from '../catalog/read-city-folder.js'
import { formatDatetime } from '../standard/datetime.js'
import { assignNextAreas, hasPendingAssignments } from '../store/catalog/assign-areas.js'
import { type WriteReport, writeCities } from '../store/catalog/write-city.js'
import type { CommandContext } from './command.js'

/** Makes the catalog what the folder says; one line of result a jurisdiction. */
export async function load(world: CommandContext, directory: string): Promise<void> {
  const cities = await readCityFolders(resolve(world.cwd, directory))
  const { store } = await world.openDatabase()
  const reports = await writeCities(store, cities, formatDatetime(Date.now()))
  for (const report of reports) world.writeResult(formatReport(report))
  if (reports.every(({ areas }) => areas === 0)) return
  // A running server does the same; what is left when this ends, it goes on with.
  for (let vain = 0; vain < MAX_IDLE_ROUNDS; ) {
    const step = await assignNextAreas(store)
    if (step) world.progress(step.done, step.last)
    else if (await hasPendingAssignments(store)) {
      vain++
      await new Promise((done) => setTimeout(done, PAUSE_MS))
    } else return
  }
  world.writeMessage('Service requests are still being assigned to their areas.')
}

/** Milliseconds to wait while somebody else assigns areas or writes, and how often. */
const PAUSE_MS = 200
const MAX_IDLE_ROUNDS = 20

/** Reads the folder and says what is wrong with it, without a database. */
export async function check(world: CommandContext, directory: string): Promise<void> {
  for (const { jurisdiction, services, areas } of await readCityFolders(resolve(world.cwd, directory))) {
    world.writeResult(
      `${jurisdiction.jurisdiction_id}: ${services.length} services, ${areas.length} areas, no faults`,
    )
  }
}

function formatReport({ jurisdiction_id, added, changed, retired, areas, isDifferent }: WriteReport): string {
  if (!isDifferent) return `${jurisdiction_id}: nothing changed`
  const services = `${added.length} services added, ${changed.length} changed, ${retired.length} retired`
  return `${jurisdiction_id}: ${services}, ${areas} areas changed`
}
