import { resolve } from 'node:path'
import { readCityFolders } from '../catalog/read-city-folder.js'
import { formatDatetime, parseDatetime } from '../standard/datetime.js'
import { findMisrouted, reroute } from '../store/catalog/reroute.js'
import { type CommandContext, CommandFailure } from './command.js'

/**
 * Prints service requests whose agency differs from the routes of the catalog, or of a city folder that is not loaded yet.
 * Without --dry-run, reassigns the open ones.
 */
export async function route(
  context: CommandContext,
  directory: string | undefined,
  { since: date, dryRun = false }: { since: string; dryRun?: boolean },
): Promise<void> {
  const since = parseDatetime(date, { edge: 'start' })
  if (!since) throw new CommandFailure(`--since ${date} is not a date such as 2026-03-02.`)
  if (directory !== undefined && !dryRun) {
    throw new CommandFailure(
      'A directory needs --dry-run. To apply its routes, load it with georeport load first.',
    )
  }
  const cities = directory === undefined ? [] : await readCityFolders(resolve(context.cwd, directory))
  const { store } = await context.openDatabase()
  const now = formatDatetime(Date.now())
  const noAgency = '(no agency)'
  for (const { jurisdiction_id, service_code, agency, routed_agency, count, open } of await findMisrouted(
    store,
    {
      since,
      now,
      cities,
    },
  )) {
    const change = `${agency ?? noAgency} -> ${routed_agency}`
    context.writeResult(
      `${jurisdiction_id} ${service_code}: ${change}: ${count} service requests, ${open} of them open and submitted here`,
    )
  }
  if (dryRun) context.writeMessage('Dry run: nothing was changed.')
  else context.writeResult(`${await reroute(store, { since, now })} open service requests were reassigned`)
}
