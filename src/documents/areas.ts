import type { DocumentSchema, Field, ListField } from './document.js'

const identification: readonly Field[] = [
  { name: 'area_type', kind: 'text' },
  { name: 'area_id', kind: 'text' },
  { name: 'name', kind: 'text' },
]

/** The areas that contain a location. */
export const areasField: ListField = { name: 'areas', item: 'area', items: identification }

/** EXT-24: the areas of a jurisdiction, with the bounding box of each polygon in WGS84 degrees. */
export const areas: DocumentSchema = {
  root: 'areas',
  item: 'area',
  fields: [
    ...identification,
    { name: 'west', kind: 'decimal' },
    { name: 'south', kind: 'decimal' },
    { name: 'east', kind: 'decimal' },
    { name: 'north', kind: 'decimal' },
  ],
}
