import type { Service } from '../standard/catalog.js'
import type { DocumentSchema, Row } from './document.js'

/** GR-SVC-03: the seven members, texts never null. */
export const services: DocumentSchema = {
  root: 'services',
  item: 'service',
  fields: [
    { name: 'service_code', kind: 'text' },
    { name: 'service_name', kind: 'text' },
    { name: 'description', kind: 'text', nullAs: 'empty' },
    { name: 'metadata', kind: 'boolean' },
    { name: 'type', kind: 'text' },
    { name: 'keywords', kind: 'text', nullAs: 'empty' },
    { name: 'group', kind: 'text', nullAs: 'empty' }, // GR-SVC-07, A-53
    { name: 'groups', item: 'group', items: 'text' }, // EXT-32, only of services in several
  ],
}

export function presentService(service: Service): Row {
  return {
    ...service,
    groups: service.groups.length > 0 ? service.groups : undefined,
    // GR-SVC-04, A-49: true if there is anything to read before posting, a note included.
    metadata: service.attributes.length > 0,
    // GR-SVC-06, A-54: a bare comma, as clients split on it without trimming.
    keywords: service.keywords.join(','),
  }
}
