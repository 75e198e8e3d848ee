import type { DocumentSchema } from './document.js'

/** Updates of service requests under the names that FixMyStreet reads (EXT-34, contract 4.3). */
export const serviceRequestUpdates: DocumentSchema = {
  root: 'service_request_updates',
  item: 'request_update',
  fields: [
    { name: 'update_id', kind: 'text' },
    { name: 'service_request_id', kind: 'text' },
    // The detailed word where there is one.
    { name: 'status', kind: 'text' },
    { name: 'updated_datetime', kind: 'text' },
    { name: 'description', kind: 'text', nullAs: 'null' },
    { name: 'media_url', kind: 'text', nullAs: 'null' },
    // EXT-32: by which its sender may know the service request.
    { name: 'fixmystreet_id', kind: 'text' },
  ],
}
