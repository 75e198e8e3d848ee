import { formatDatetime } from '../standard/datetime.js'
import type { Endpoint } from '../standard/terms.js'
import type { DeliveryState, WebhookForm } from '../standard/webhooks.js'
import { listAttempts, listDeliveries, replayDeliveries } from '../store/events/delivery-log.js'
import {
  createWebhook,
  listWebhooks,
  pauseWebhook,
  removeWebhook,
  resumeWebhook,
} from '../store/events/webhooks.js'
import { validateSubscription } from '../webhooks/validate-subscription.js'
import { type CommandContext, CommandFailure } from './command.js'

/** Options of `georeport webhooks create`. */
export interface NewWebhook {
  jurisdiction: string
  endpoint: Endpoint
  url: string
  form: WebhookForm
  service: string[]
  area: string[]
  serviceRequest?: string
  peerKey?: number
  private?: boolean
  targetKey?: string
  targetJurisdiction?: string
}

/** Prints the number of a new webhook and its secret, separated by a tab. */
export async function webhooksCreate(world: CommandContext, given: NewWebhook): Promise<void> {
  const subscription = {
    jurisdiction_id: given.jurisdiction,
    endpoint: given.endpoint,
    url: given.url,
    form: given.form,
    service_codes: given.service,
    areas: given.area,
    service_request_id: given.serviceRequest ?? null,
    peer_key_id: given.peerKey ?? null,
    sees_private: given.private ?? false,
    target_key: given.targetKey ?? null,
    target_jurisdiction_id: given.targetJurisdiction ?? null,
  }
  const faults = validateSubscription(subscription, world.config.WEBHOOK_ALLOW_PRIVATE)
  if (faults.length > 0) throw new CommandFailure(faults.join('\n'))
  const { store } = await world.openDatabase()
  const created = await createWebhook(store, subscription, formatDatetime(Date.now()))
  if ('unknown' in created)
    throw new CommandFailure(created.unknown.map((each) => `${each} was not found.`).join('\n'))
  if ('isFull' in created) throw new CommandFailure('There are too many webhooks.')
  world.writeResult([created.webhook_id, ...(created.secret ? [created.secret] : [])].join('\t'))
  if (created.secret)
    world.writeMessage(
      'Keep the secret for the target, which checks signatures with it: it is not shown again.',
    )
}

/**
 * Prints the webhooks: number, jurisdiction, endpoint, form, url, what it is told of, state, how many deliveries wait and
 * how many are dead; separated by tabs.
 */
export async function webhooksList(world: CommandContext): Promise<void> {
  const { store } = await world.openDatabase()
  for (const webhook of await listWebhooks(store)) {
    const { webhook_id, jurisdiction_id, endpoint, form, url, paused, waiting, dead } = webhook
    const told = [
      ...webhook.service_codes,
      ...webhook.areas,
      ...(webhook.service_request_id === null ? [] : [webhook.service_request_id]),
      ...(webhook.peer_key_id === null ? [] : [`key ${webhook.peer_key_id}`]),
      ...(webhook.sees_private ? ['private'] : []),
    ]
    const state = paused ? `paused ${paused}` : 'active'
    world.writeResult(
      [webhook_id, jurisdiction_id, endpoint, form, url, told.join(',') || '*', state, waiting, dead].join(
        '\t',
      ),
    )
  }
}

/** Removes a webhook with all that waits for it. */
export async function webhooksRemove(world: CommandContext, number: string): Promise<void> {
  const { store } = await world.openDatabase()
  requireFound(number, await removeWebhook(store, parseWebhookId(number)))
  world.writeMessage(`Webhook number ${number} is removed.`)
}

/** Sends nothing more for now: what happens meanwhile waits. */
export async function webhooksPause(world: CommandContext, number: string): Promise<void> {
  const { store } = await world.openDatabase()
  requireFound(number, await pauseWebhook(store, parseWebhookId(number), formatDatetime(Date.now())))
  world.writeMessage(`Webhook number ${number} is paused; deliveries wait.`)
}

/** Sends again, at once. */
export async function webhooksResume(world: CommandContext, number: string): Promise<void> {
  const { store } = await world.openDatabase()
  requireFound(number, await resumeWebhook(store, parseWebhookId(number)))
  world.writeMessage(`Webhook number ${number} is active.`)
}

/**
 * Prints the deliveries of a webhook, newest first: position, type, service request, state, attempts, when last tried, the
 * status that came back, and what was wrong; by tabs. Of one position: every attempt.
 */
export async function webhooksDeliveries(
  world: CommandContext,
  number: string,
  { state, position, limit }: { state?: DeliveryState; position?: number; limit: number },
): Promise<void> {
  const { store } = await world.openDatabase()
  const webhook_id = parseWebhookId(number)
  const line = (...cells: unknown[]) =>
    // An answer of a target is one cell, whatever is in it.
    world.writeResult(
      cells.map((cell) => String(cell ?? '').replace(/[\u0000-\u001F\u007F-\u009F]+/g, ' ')).join('\t'),
    )
  if (position !== undefined) {
    for (const each of await listAttempts(store, { webhook_id, position }))
      line(each.datetime, each.status, each.fault, `${each.milliseconds} ms`)
    return
  }
  for (const each of await listDeliveries(store, webhook_id, { state, most: limit })) {
    const { kind, service_request_id, attempts, datetime, status, fault } = each
    line(each.position, kind, service_request_id, each.state, attempts, datetime, status, fault)
  }
}

/** Sends again what was given up, or everything from a position on. */
export async function webhooksReplay(
  world: CommandContext,
  number: string,
  { from }: { from?: number },
): Promise<void> {
  const { store } = await world.openDatabase()
  const count = await replayDeliveries(store, parseWebhookId(number), from ?? null)
  requireFound(number, count !== undefined)
  world.writeResult(`${count} deliveries wait again`)
}

function parseWebhookId(text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : -1
}

function requireFound(number: string, isThere: boolean): void {
  if (!isThere) throw new CommandFailure(`There is no webhook number ${number}.`)
}
