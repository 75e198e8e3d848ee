import { formatDatetime } from '../standard/datetime.js'
import type { Scope } from '../standard/terms.js'
import { createKey, listKeys, revokeKey } from '../store/catalog/api-keys.js'
import { listJurisdictions } from '../store/catalog/jurisdictions.js'
import { type CommandContext, CommandFailure } from './command.js'

/** Creates a key and prints it. It is stored hashed, so this is the only time it can be shown. */
export async function keysCreate(
  context: CommandContext,
  { name, jurisdiction, scope }: { name: string; jurisdiction?: string; scope: Scope[] },
): Promise<void> {
  const { store } = await context.openDatabase()
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
  context.writeResult(key)
  context.writeMessage('Store this key safely: it is stored hashed and cannot be shown again.')
}

/** Prints the keys: number, name, jurisdiction, scopes, created_at, revoked_at; separated by tabs. */
export async function keysList(context: CommandContext): Promise<void> {
  const { store } = await context.openDatabase()
  for (const key of await listKeys(store)) {
    const { key_id, name, jurisdiction_id, scopes, created_at, revoked_at } = key
    context.writeResult(
      [key_id, name, jurisdiction_id ?? '*', scopes.join(','), created_at, revoked_at ?? ''].join('\t'),
    )
  }
}

/** Revokes a key permanently; its webhooks are paused. */
export async function keysRevoke(context: CommandContext, number: string): Promise<void> {
  const { store } = await context.openDatabase()
  const key_id = /^\d{1,9}$/.test(number) ? Number(number) : -1
  const paused = await revokeKey(store, { key_id, now: formatDatetime(Date.now()) })
  if (paused === null) throw new CommandFailure(`There is no active key number ${number}.`)
  context.writeMessage(
    `Key number ${number} is revoked${paused > 0 ? `; its ${paused} webhooks are paused` : ''}.`,
  )
}
