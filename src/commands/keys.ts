import { formatDatetime } from '../standard/datetime.js'
import type { Scope } from '../standard/terms.js'
import { createKey, listKeys, revokeKey } from '../store/catalog/api-keys.js'
import { listJurisdictions } from '../store/catalog/jurisdictions.js'
import { type CommandContext, CommandFailure } from './command.js'

/** Prints a new key, the only time it can be seen. */
export async function keysCreate(
  world: CommandContext,
  { name, jurisdiction, scope }: { name: string; jurisdiction?: string; scope: Scope[] },
): Promise<void> {
  const { store } = await world.openDatabase()
  if (jurisdiction !== undefined) {
    const ids = await listJurisdictions(store)
    if (!ids.includes(jurisdiction))
      throw new CommandFailure(
        `There is no jurisdiction ${jurisdiction}; there are: ${ids.join(', ') || 'none'}`,
      )
  }
  const key = await createKey(store, {
    name,
    jurisdiction_id: jurisdiction ?? null,
    scopes: scope,
    now: formatDatetime(Date.now()),
  })
  world.writeResult(key)
  world.writeMessage('Keep this key: it is stored hashed and cannot be shown again.')
}

/** Prints the keys: number, name, jurisdiction, scopes, when created and revoked; separated by tabs. */
export async function keysList(world: CommandContext): Promise<void> {
  const { store } = await world.openDatabase()
  for (const key of await listKeys(store)) {
    const { key_id, name, jurisdiction_id, scopes, created, revoked } = key
    world.writeResult(
      [key_id, name, jurisdiction_id ?? '*', scopes.join(','), created, revoked ?? ''].join('\t'),
    )
  }
}

/** Revokes the key with that number for good. */
export async function keysRevoke(world: CommandContext, number: string): Promise<void> {
  const { store } = await world.openDatabase()
  const key_id = /^\d{1,9}$/.test(number) ? Number(number) : -1
  if (!(await revokeKey(store, { key_id, now: formatDatetime(Date.now()) }))) {
    throw new CommandFailure(`There is no key number ${number} that is still good.`)
  }
  world.writeMessage(`Key number ${number} is revoked.`)
}
