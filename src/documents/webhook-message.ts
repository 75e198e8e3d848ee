import { changes } from './changes.js'
import type { DocumentSchema, Field } from './document.js'

/** What was said with an event. */
const update: Field = {
  name: 'update',
  fields: [
    { name: 'update_id', kind: 'text' },
    // The detailed word where there is one.
    { name: 'status', kind: 'text' },
    { name: 'description', kind: 'text', nullAs: 'null' },
    { name: 'media_urls', item: 'media_url', items: 'text' },
  ],
}

/**
 * EXT-37: what a webhook is sent, in the form of Standard Webhooks: `type`, `timestamp` and `data`, which is an entry of the
 * feed of changes. Who sees all is told the `visibility` instead of the `seq` and what it means to the public.
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
        { name: 'visibility', kind: 'text' },
        ...changes.fields,
        update,
      ],
    },
  ],
}
