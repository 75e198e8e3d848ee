import { resolve } from 'node:path'
import { readCityFolders } from '../catalog/read-city-folder.js'
import { formatDatetime } from '../standard/datetime.js'
import { assignSomeAreas, isAssignmentLeft } from '../store/catalog/assign-areas.js'
import { type LoadReport, loadCities } from '../store/catalog/write-city.js'
import type { World } from './command.js'

/** Makes the catalog what the folder says; one line of result a jurisdiction. */
export async function load(world: World, directory: string): Promise<void> {
  const cities = await readCityFolders(resolve(world.cwd, directory))
  const { store } = await world.open()
  const reports = await loadCities(store, cities, formatDatetime(Date.now()))
  for (const report of reports) world.out(describe(report))
  if (reports.every(({ areas }) => areas === 0)) return
  // A running server does the same; what is left when this ends, it goes on with.
  for (let vain = 0; vain < MOST_IN_VAIN; ) {
    const step = await assignSomeAreas(store)
    if (step) world.progress(step.done, step.last)
    else if (await isAssignmentLeft(store)) {
      vain++
      await new Promise((done) => setTimeout(done, PAUSE))
    } else return
  }
  world.tell('Service requests are still being assigned to their areas.')
}

/** Milliseconds to wait while somebody else assigns areas or writes, and how often. */
const PAUSE = 200
const MOST_IN_VAIN = 20

/** Reads the folder and says what is wrong with it, without a database. */
export async function check(world: World, directory: string): Promise<void> {
  for (const { jurisdiction, services, areas } of await readCityFolders(resolve(world.cwd, directory))) {
    world.out(
      `${jurisdiction.jurisdiction_id}: ${services.length} services, ${areas.length} areas, no faults`,
    )
  }
}

function describe({ jurisdiction_id, added, changed, retired, areas, isDifferent }: LoadReport): string {
  if (!isDifferent) return `${jurisdiction_id}: nothing changed`
  const services = `${added.length} services added, ${changed.length} changed, ${retired.length} retired`
  return `${jurisdiction_id}: ${services}, ${areas} areas changed`
}
