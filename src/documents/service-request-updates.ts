import type { DocumentSchema } from './document.js'

/** Service request updates, with the field names that FixMyStreet reads (EXT-32). */
export const serviceRequestUpdates: DocumentSchema = {
  root: 'service_request_updates',
  item: 'request_update',
  fields: [
    { name: 'update_id', kind: 'text' },
    { name: 'service_request_id', kind: 'text' },
    // The detailed status if there is one.
    { name: 'status', kind: 'text' },
    { name: 'updated_datetime', kind: 'text' },
    { name: 'description', kind: 'text', nullAs: 'null' },
    { name: 'media_url', kind: 'text', nullAs: 'null' },
    // EXT-32: the id of the service request at its sender.
    { name: 'fixmystreet_id', kind: 'text' },
  ],
}
