import { areasField } from './areas.js'
import type { DocumentSchema, Field } from './document.js'

/** EXT-19: fields that the standard does not have. Last member, and only with extensions=true. */
const extendedAttributes: readonly Field[] = [
  { name: 'detailed_status', kind: 'text', nullAs: 'null' }, // EXT-30
  { name: 'closed_datetime', kind: 'text', nullAs: 'null' },
  { name: 'closing_reason', kind: 'text', nullAs: 'null' },
  { name: 'duplicate_of', kind: 'text', nullAs: 'null' },
  { name: 'channel', kind: 'text', nullAs: 'null' },
  { name: 'distance', kind: 'decimal' },
  areasField,
  {
    // Not named attribute and value: some clients search for these names at any depth.
    name: 'answers',
    item: 'answer',
    items: [
      { name: 'code', kind: 'text' },
      { name: 'label', kind: 'text', nullAs: 'empty' },
      {
        name: 'options',
        item: 'option',
        items: [
          { name: 'key', kind: 'text' },
          { name: 'name', kind: 'text' },
        ],
      },
    ],
  },
  { name: 'media_urls', item: 'media_url', items: 'text' },
  {
    name: 'notes', // EXT-34
    item: 'note',
    items: [
      { name: 'datetime', kind: 'text' },
      { name: 'type', kind: 'text' },
      { name: 'summary', kind: 'text' },
      { name: 'description', kind: 'text', nullAs: 'null' },
    ],
  },
]

/**
 * GR-LIST-10, GR-ONE-02: exactly 17 fields for every service request (GR-GEN-06), empty ones as null
 * (A-03).
 */
export const serviceRequests: DocumentSchema = {
  root: 'service_requests',
  item: 'request',
  fields: [
    { name: 'service_request_id', kind: 'text' },
    { name: 'status', kind: 'text' },
    { name: 'status_notes', kind: 'text', nullAs: 'null' },
    { name: 'service_name', kind: 'text' },
    { name: 'service_code', kind: 'text' },
    { name: 'description', kind: 'text', nullAs: 'null' },
    { name: 'agency_responsible', kind: 'text', nullAs: 'null' },
    { name: 'service_notice', kind: 'text', nullAs: 'null' },
    { name: 'requested_datetime', kind: 'text' },
    { name: 'updated_datetime', kind: 'text' },
    { name: 'expected_datetime', kind: 'text', nullAs: 'null' },
    { name: 'address', kind: 'text', nullAs: 'null' },
    { name: 'address_id', kind: 'text', nullAs: 'null' },
    { name: 'zipcode', kind: 'text', nullAs: 'null' },
    { name: 'lat', kind: 'decimal', nullAs: 'null' },
    { name: 'long', kind: 'decimal', nullAs: 'null' },
    { name: 'media_url', kind: 'text', nullAs: 'null' },
    { name: 'extended_attributes', fields: extendedAttributes },
  ],
}

/** GR-POST-12: response to a submission: an id or a token, never both; neither for blackbox services. */
export const submittedServiceRequest: DocumentSchema = {
  name: 'SubmittedServiceRequest',
  root: 'service_requests',
  item: 'request',
  fields: [
    { name: 'service_request_id', kind: 'text' },
    { name: 'token', kind: 'text' },
    { name: 'service_notice', kind: 'text', nullAs: 'null' },
    { name: 'account_id', kind: 'text', nullAs: 'null' },
  ],
}

/** GR-TOK-02. Without service_request_id while none is assigned (GR-TOK-04, A-22). */
export const tokenExchange: DocumentSchema = {
  name: 'TokenExchange',
  root: 'service_requests',
  item: 'request',
  fields: [
    { name: 'service_request_id', kind: 'text' },
    { name: 'token', kind: 'text' },
  ],
}
