import type { DocumentSchema } from './document.js'

/** DISC-05: all fields are required. DISC-15: an object with an array of endpoints. */
export const discovery: DocumentSchema = {
  root: 'discovery',
  fields: [
    { name: 'changeset', kind: 'text' },
    { name: 'contact', kind: 'text' },
    { name: 'key_service', kind: 'text' },
    {
      name: 'endpoints',
      item: 'endpoint',
      items: [
        { name: 'specification', kind: 'text' },
        { name: 'url', kind: 'text' },
        { name: 'changeset', kind: 'text' },
        { name: 'type', kind: 'text' },
        { name: 'formats', item: 'format', items: 'text' },
      ],
    },
  ],
}
