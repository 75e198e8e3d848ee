import type { DocumentSchema } from './document.js'

/** EXT-33: what a sent update is answered with: the id under which it is known here. */
export const postedUpdate: DocumentSchema = {
  name: 'PostedUpdate',
  root: 'service_request_updates',
  item: 'request_update',
  fields: [{ name: 'update_id', kind: 'text' }],
}
