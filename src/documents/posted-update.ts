import type { DocumentSchema } from './document.js'

/** EXT-33: response to a posted update: the id of the update on this server. */
export const postedUpdate: DocumentSchema = {
  name: 'PostedUpdate',
  root: 'service_request_updates',
  item: 'request_update',
  fields: [{ name: 'update_id', kind: 'text' }],
}
