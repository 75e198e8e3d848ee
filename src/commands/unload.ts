import {
  countJurisdictionRequests,
  listJurisdictions,
  removeJurisdiction,
} from '../store/catalog/jurisdictions.js'
import { type CommandContext, CommandFailure } from './command.js'

/** Removes a jurisdiction. If it has service requests, --with-service-requests is required. */
export async function unload(
  context: CommandContext,
  jurisdiction: string,
  { withServiceRequests }: { withServiceRequests?: boolean },
): Promise<void> {
  const { store } = await context.openDatabase()
  const ids = await listJurisdictions(store)
  if (!ids.includes(jurisdiction)) {
    throw new CommandFailure(
      `There is no jurisdiction ${jurisdiction}; there are: ${ids.join(', ') || 'none'}`,
    )
  }
  const count = await countJurisdictionRequests(store, jurisdiction)
  if (count > 0 && !withServiceRequests) {
    const hint = 'use --with-service-requests to remove them too, permanently'
    throw new CommandFailure(`${jurisdiction} has ${count} service requests; ${hint}.`)
  }
  await removeJurisdiction(store, jurisdiction)
  context.writeResult(`${jurisdiction}: removed with ${count} service requests`)
}
