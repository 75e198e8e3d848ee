import {
  countJurisdictionRequests,
  listJurisdictions,
  removeJurisdiction,
} from '../store/catalog/jurisdictions.js'
import { type CommandContext, CommandFailure } from './command.js'

/** Removes a jurisdiction; one that has service requests only if that is asked for. */
export async function unload(
  world: CommandContext,
  jurisdiction: string,
  { withServiceRequests }: { withServiceRequests?: boolean },
): Promise<void> {
  const { store } = await world.openDatabase()
  const ids = await listJurisdictions(store)
  if (!ids.includes(jurisdiction)) {
    throw new CommandFailure(
      `There is no jurisdiction ${jurisdiction}; there are: ${ids.join(', ') || 'none'}`,
    )
  }
  const count = await countJurisdictionRequests(store, jurisdiction)
  if (count > 0 && !withServiceRequests) {
    const way = '--with-service-requests removes them too, for ever'
    throw new CommandFailure(`${jurisdiction} has ${count} service requests; ${way}.`)
  }
  await removeJurisdiction(store, jurisdiction)
  world.writeResult(`${jurisdiction}: removed with ${count} service requests`)
}
