import { formatDatetime } from '../standard/datetime.js'
import type { Endpoint } from '../standard/terms.js'
import type { DeliveryState, WebhookFormat } from '../standard/webhooks.js'
import { createWebhook } from '../store/events/create-webhook.js'
import { listAttempts, listDeliveries, replayDeliveries } from '../store/events/delivery-log.js'
import { listWebhooks, pauseWebhook, removeWebhook, resumeWebhook } from '../store/events/webhooks.js'
import { validateSubscription } from '../webhooks/validate-subscription.js'
import { type CommandContext, CommandFailure } from './command.js'

/** Options of `georeport webhooks create`. */
export interface WebhookOptions {
  jurisdiction: string
  endpoint: Endpoint
  url: string
  format: WebhookFormat
  service: string[]
  area: string[]
  serviceRequest?: string
  peerKey?: number
  private?: boolean
  targetApiKey?: string
  targetJurisdiction?: string
}

/** Creates a webhook and prints its number and secret, separated by a tab. */
export async function webhooksCreate(context: CommandContext, options: WebhookOptions): Promise<void> {
  const subscription = {
    jurisdiction_id: options.jurisdiction,
    endpoint: options.endpoint,
    url: options.url,
    format: options.format,
    service_codes: options.service,
    areas: options.area,
    service_request_id: options.serviceRequest ?? null,
    peer_key_id: options.peerKey ?? null,
    include_private: options.private ?? false,
    target_api_key: options.targetApiKey ?? null,
    target_jurisdiction_id: options.targetJurisdiction ?? null,
  }
  const faults = validateSubscription(subscription, context.config.WEBHOOK_ALLOW_PRIVATE)
  if (faults.length > 0) throw new CommandFailure(faults.join('\n'))
  const { store } = await context.openDatabase()
  const created = await createWebhook(store, subscription, formatDatetime(Date.now()))
  if ('unknown' in created)
    throw new CommandFailure(created.unknown.map((each) => `${each} was not found.`).join('\n'))
  if ('isFull' in created) throw new CommandFailure('There are too many webhooks.')
  context.writeResult([created.webhook_id, ...(created.secret ? [created.secret] : [])].join('\t'))
  if (created.secret)
    context.writeMessage('The target needs the secret to verify signatures. It cannot be shown again.')
}

/**
 * Prints the webhooks: number, jurisdiction, endpoint, format, URL, filters, state, pending deliveries and dead letters;
 * separated by tabs.
 */
export async function webhooksList(context: CommandContext): Promise<void> {
  const { store } = await context.openDatabase()
  for (const webhook of await listWebhooks(store)) {
    const { webhook_id, jurisdiction_id, endpoint, format, url, paused_at, pending, dead } = webhook
    const filters = [
      ...webhook.service_codes,
      ...webhook.areas,
      ...(webhook.service_request_id === null ? [] : [webhook.service_request_id]),
      ...(webhook.peer_key_id === null ? [] : [`key ${webhook.peer_key_id}`]),
      ...(webhook.include_private ? ['private'] : []),
    ]
    const state = paused_at ? `paused ${paused_at}` : 'active'
    context.writeResult(
      [
        webhook_id,
        jurisdiction_id,
        endpoint,
        format,
        url,
        filters.join(',') || '*',
        state,
        pending,
        dead,
      ].join('\t'),
    )
  }
}

/** Removes a webhook and its deliveries. */
export async function webhooksRemove(context: CommandContext, number: string): Promise<void> {
  const { store } = await context.openDatabase()
  requireFound(number, await removeWebhook(store, parseWebhookId(number)))
  context.writeMessage(`Webhook number ${number} was removed.`)
}

/** Pauses a webhook. Its deliveries stay pending. */
export async function webhooksPause(context: CommandContext, number: string): Promise<void> {
  const { store } = await context.openDatabase()
  requireFound(number, await pauseWebhook(store, parseWebhookId(number), formatDatetime(Date.now())))
  context.writeMessage(`Webhook number ${number} is paused; its deliveries stay pending.`)
}

/** Resumes a webhook. Pending deliveries are sent at once. */
export async function webhooksResume(context: CommandContext, number: string): Promise<void> {
  const { store } = await context.openDatabase()
  requireFound(number, await resumeWebhook(store, parseWebhookId(number)))
  context.writeMessage(`Webhook number ${number} is active.`)
}

/**
 * Prints the deliveries of a webhook, newest first: position, kind, service_request_id, state, number of attempts; then of
 * the last attempt datetime, HTTP status and error; separated by tabs. With `position`: all attempts of that delivery.
 */
export async function webhooksDeliveries(
  context: CommandContext,
  number: string,
  { state, position, limit }: { state?: DeliveryState; position?: number; limit: number },
): Promise<void> {
  const { store } = await context.openDatabase()
  const webhook_id = parseWebhookId(number)
  const writeRow = (...cells: unknown[]) => context.writeResult(cells.map((cell) => cell ?? '').join('\t'))
  if (position !== undefined) {
    for (const each of await listAttempts(store, { webhook_id, position }))
      writeRow(each.datetime, each.status, each.error, `${each.duration_ms} ms`)
    return
  }
  for (const each of await listDeliveries(store, webhook_id, { state, limit })) {
    const { kind, service_request_id, attempts, datetime, status, error } = each
    writeRow(each.position, kind, service_request_id, each.state, attempts, datetime, status, error)
  }
}

/** Sends dead letters again, or all deliveries from a position on. */
export async function webhooksReplay(
  context: CommandContext,
  number: string,
  { from }: { from?: number },
): Promise<void> {
  const { store } = await context.openDatabase()
  const count = await replayDeliveries(store, parseWebhookId(number), from ?? null)
  requireFound(number, count !== undefined)
  context.writeResult(`${count} deliveries are pending again`)
}

function parseWebhookId(text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : -1
}

function requireFound(number: string, isFound: boolean): void {
  if (!isFound) throw new CommandFailure(`There is no webhook number ${number}.`)
}
