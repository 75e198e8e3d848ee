import type { DocumentSchema } from './document.js'
import { serviceRequests } from './service-requests.js'

/**
 * EXT-37: what a webhook is sent, in the form of Standard Webhooks: `type`, `timestamp`, `data`. `seq` is there for who sees
 * what is public, `visibility` for who sees all.
 */
export const webhookMessage: DocumentSchema = {
  root: 'message',
  fields: [
    { name: 'type', kind: 'text' },
    { name: 'timestamp', kind: 'text' },
    {
      name: 'data',
      fields: [
        { name: 'jurisdiction_id', kind: 'text' },
        { name: 'endpoint', kind: 'text' },
        { name: 'seq', kind: 'integer' },
        { name: 'tells', kind: 'text' },
        { name: 'kind', kind: 'text' },
        { name: 'datetime', kind: 'text' },
        { name: 'service_request_id', kind: 'text' },
        { name: 'visibility', kind: 'text' },
        { name: 'changed', item: 'field', of: 'text' },
        {
          name: 'update',
          fields: [
            { name: 'update_id', kind: 'text' },
            { name: 'status', kind: 'text' },
            { name: 'description', kind: 'text', none: 'null' },
            { name: 'media_urls', item: 'media_url', of: 'text' },
          ],
        },
        { name: 'service_request', fields: serviceRequests.fields },
      ],
    },
  ],
}
