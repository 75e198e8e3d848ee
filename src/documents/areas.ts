import type { DocumentSchema } from './document.js'

/** EXT-24: the named polygons of a jurisdiction; the box is that of the polygon, in degrees. */
export const areas: DocumentSchema = {
  root: 'areas',
  item: 'area',
  fields: [
    { name: 'area_type', kind: 'text' },
    { name: 'area_id', kind: 'text' },
    { name: 'name', kind: 'text' },
    { name: 'west', kind: 'decimal' },
    { name: 'south', kind: 'decimal' },
    { name: 'east', kind: 'decimal' },
    { name: 'north', kind: 'decimal' },
  ],
}
