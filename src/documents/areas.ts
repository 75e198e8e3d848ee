import type { DocumentSchema, Field, ListField } from './document.js'

const names: readonly Field[] = [
  { name: 'area_type', kind: 'text' },
  { name: 'area_id', kind: 'text' },
  { name: 'name', kind: 'text' },
]

/** The areas that something is in. */
export const areasField: ListField = { name: 'areas', item: 'area', items: names }

/** EXT-24: the named polygons of a jurisdiction; the box is that of the polygon, in degrees. */
export const areas: DocumentSchema = {
  root: 'areas',
  item: 'area',
  fields: [
    ...names,
    { name: 'west', kind: 'decimal' },
    { name: 'south', kind: 'decimal' },
    { name: 'east', kind: 'decimal' },
    { name: 'north', kind: 'decimal' },
  ],
}
