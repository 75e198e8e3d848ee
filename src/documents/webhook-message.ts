import { changes } from './changes.js'
import type { DocumentSchema, Field } from './document.js'

/** The update that an event carries. */
const update: Field = {
  name: 'update',
  fields: [
    { name: 'update_id', kind: 'text' },
    // The detailed status if there is one.
    { name: 'status', kind: 'text' },
    { name: 'description', kind: 'text', nullAs: 'null' },
    { name: 'media_urls', item: 'media_url', items: 'text' },
  ],
}

/**
 * EXT-37: webhook payload of Standard Webhooks: `type`, `timestamp` and `data`, an entry of the change
 * feed. Webhooks that include private service requests get `visibility` instead of `seq` and the public
 * change type.
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
