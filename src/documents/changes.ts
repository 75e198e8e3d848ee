import type { DocumentSchema } from './document.js'
import { serviceRequests } from './service-requests.js'

/** EXT-35: entries of the change feed. */
export const changes: DocumentSchema = {
  root: 'changes',
  item: 'entry',
  fields: [
    { name: 'seq', kind: 'integer' },
    { name: 'change_type', kind: 'text' },
    { name: 'kind', kind: 'text' },
    { name: 'service_request_id', kind: 'text' },
    { name: 'datetime', kind: 'text' },
    { name: 'published_at', kind: 'text' },
    { name: 'changed', item: 'field', items: 'text' },
    { name: 'service_request', fields: serviceRequests.fields },
  ],
}
