import { resolve } from 'node:path'
import { readCityFolders } from '../catalog/read-city-folder.js'
import { formatDatetime, parseDatetime } from '../standard/datetime.js'
import { findMisrouted, reroute } from '../store/catalog/reroute.js'
import { type CommandContext, CommandFailure } from './command.js'

/**
 * Holds service requests against the routes of the catalog, or of a folder that is not loaded yet; without a dry run,
 * open ones get the agency they should have.
 */
export async function route(
  world: CommandContext,
  directory: string | undefined,
  { since: given, dryRun = false }: { since: string; dryRun?: boolean },
): Promise<void> {
  const since = parseDatetime(given, { edge: 'start' })
  if (!since) throw new CommandFailure(`--since ${given} is not a date such as 2026-03-02.`)
  if (directory !== undefined && !dryRun) {
    throw new CommandFailure('A folder can be tried with --dry-run; georeport load makes its routes count.')
  }
  const cities = directory === undefined ? [] : await readCityFolders(resolve(world.cwd, directory))
  const { store } = await world.openDatabase()
  const now = formatDatetime(Date.now())
  const nobody = '(no agency)'
  for (const { jurisdiction_id, service_code, had, should_have, count, open } of await findMisrouted(store, {
    since,
    now,
    cities,
  })) {
    const change = `${had ?? nobody} -> ${should_have}`
    world.writeResult(
      `${jurisdiction_id} ${service_code}: ${change}: ${count} service requests, ${open} of them open and filed here`,
    )
  }
  if (dryRun) world.writeMessage('Nothing was changed.')
  else
    world.writeResult(`${await reroute(store, { since, now })} open service requests have another agency now`)
}
