// What is known beforehand of georeport's fixture city; other servers are explored instead (see exploring.ts).

export const RIVERTOWN = 'rivertown.example'
export const INSIDE = { lat: '40.1000', long: '-91.5000' }
export const OUTSIDE = { lat: '0', long: '0' }
export const HARBOURVIEW = 'harbourview.example'
export const MILLFIELD = 'millfield.example'

/** A STREET-LIGHT request that lacks nothing. */
export const LAMP = {
  service_code: 'STREET-LIGHT',
  ...INSIDE,
  'attribute[LAMP_NO]': 'K-204',
  'attribute[LAMP_TYPE]': 'SINGLE',
}
