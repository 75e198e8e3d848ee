/**
 * Payload format of a webhook (EXT-37). `standard`: Standard Webhooks. `fixmystreet`: POST service
 * request update (EXT-33).
 */
export const WEBHOOK_FORMATS = ['standard', 'fixmystreet'] as const
export type WebhookFormat = (typeof WEBHOOK_FORMATS)[number]

/** State of a delivery. `dead`: given up after the last attempt. `skipped`: nothing may be sent any more. */
export const DELIVERY_STATES = ['pending', 'delivered', 'dead', 'skipped'] as const
export type DeliveryState = (typeof DELIVERY_STATES)[number]
