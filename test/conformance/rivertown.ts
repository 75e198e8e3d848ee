// Constants of georeport's fixture city; explore.ts reads the same facts from other servers.

export const RIVERTOWN = 'rivertown.example'
export const INSIDE = { lat: '40.1000', long: '-91.5000' }
export const OUTSIDE = { lat: '0', long: '0' }
export const HARBOURVIEW = 'harbourview.example'
export const MILLFIELD = 'millfield.example'

/** The arguments of a complete STREET-LIGHT request. */
export const LAMP = {
  service_code: 'STREET-LIGHT',
  ...INSIDE,
  'attribute[LAMP_NO]': 'K-204',
  'attribute[LAMP_TYPE]': 'SINGLE',
}
