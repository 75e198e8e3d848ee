import type { Service } from '../standard/catalog.js'
import type { DocumentSchema, Row } from './document.js'

/** GR-SVC-03: seven members; texts are never null. */
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
    { name: 'groups', item: 'group', items: 'text' }, // EXT-32: only for services in several groups
  ],
}

export function presentService(service: Service): Row {
  return {
    ...service,
    groups: service.groups.length > 0 ? service.groups : undefined,
    // GR-SVC-04, A-49: true if the definition has any attribute, notes (variable=false) included.
    metadata: service.attributes.length > 0,
    // GR-SVC-06, A-54: a comma without a space, because clients split without trimming.
    keywords: service.keywords.join(','),
  }
}
