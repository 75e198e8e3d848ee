/**
 * Payload format of a webhook (EXT-37). `standard`: Standard Webhooks. `fixmystreet`: POST service
 * request update (contract 4.3).
 */
export const WEBHOOK_FORMS = ['standard', 'fixmystreet'] as const
export type WebhookForm = (typeof WEBHOOK_FORMS)[number]

/** What became of a delivery. `dead`: given up; `void`: nothing was left that the target may know. */
export const DELIVERY_STATES = ['waiting', 'delivered', 'dead', 'void'] as const
export type DeliveryState = (typeof DELIVERY_STATES)[number]
