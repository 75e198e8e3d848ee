import { areasField } from './areas.js'
import type { DocumentSchema } from './document.js'

/**
 * EXT-26: checks a service request before it is filed: served, agency, expected time, likely duplicates.
 */
export const preflight: DocumentSchema = {
  root: 'preflight',
  fields: [
    { name: 'service_code', kind: 'text' },
    { name: 'service_name', kind: 'text' },
    { name: 'served', kind: 'boolean' },
    { name: 'reason', kind: 'text', nullAs: 'null' },
    { name: 'agency_responsible', kind: 'text', nullAs: 'null' },
    { name: 'service_notice', kind: 'text', nullAs: 'null' },
    { name: 'expected_datetime', kind: 'text', nullAs: 'null' },
    areasField,
    {
      name: 'duplicates',
      item: 'duplicate',
      items: [
        { name: 'service_request_id', kind: 'text' },
        { name: 'service_code', kind: 'text' },
        { name: 'service_name', kind: 'text' },
        { name: 'description', kind: 'text', nullAs: 'null' },
        { name: 'requested_datetime', kind: 'text' },
        { name: 'address', kind: 'text', nullAs: 'null' },
        { name: 'lat', kind: 'decimal' },
        { name: 'long', kind: 'decimal' },
        { name: 'media_url', kind: 'text', nullAs: 'null' },
        { name: 'distance', kind: 'decimal' },
        { name: 'similarity', kind: 'decimal', nullAs: 'null' },
      ],
    },
  ],
}
