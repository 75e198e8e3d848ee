import type { Service } from '../standard/catalog.js'
import type { DocumentSchema, Row } from './document.js'

/** GR-DEF-02 to 08: service_code, and the attributes in a wrapper element (GR-DEF-03). */
export const serviceDefinition: DocumentSchema = {
  root: 'service_definition',
  fields: [
    { name: 'service_code', kind: 'text' },
    {
      name: 'attributes',
      item: 'attribute',
      items: [
        { name: 'variable', kind: 'boolean' },
        { name: 'code', kind: 'text' },
        { name: 'datatype', kind: 'text' },
        { name: 'required', kind: 'boolean' },
        { name: 'datatype_description', kind: 'text', nullAs: 'empty' },
        { name: 'order', kind: 'integer' },
        { name: 'description', kind: 'text', nullAs: 'empty' },
        {
          name: 'values',
          item: 'value',
          items: [
            { name: 'key', kind: 'text' },
            { name: 'name', kind: 'text' },
          ],
        },
      ],
    },
  ],
}

/** EXT-21: a list of service definitions. */
export const serviceDefinitions: DocumentSchema = {
  root: 'service_definitions',
  item: 'service_definition',
  fields: serviceDefinition.fields,
}

export function presentServiceDefinition(service: Service): Row {
  return {
    service_code: service.service_code,
    attributes: service.attributes.map((attribute) => ({
      ...attribute,
      // GR-DEF-08, A-50: only list attributes have values.
      values: attribute.datatype.endsWith('valuelist') ? attribute.values : undefined,
    })),
  }
}
