import { z } from 'zod'
import { areas } from '../documents/areas.js'
import { withDescription } from '../http/argument-docs.js'
import { parseArguments, stringList } from '../http/arguments.js'
import { Faults } from '../standard/refusal.js'
import { findAreaGeometries } from '../store/catalog/area-geometries.js'
import { defineOperation } from './operation.js'
import { pointArguments, readPoint } from './point-argument.js'

const filters = z.object({
  area_type: withDescription(stringList, 'Area types, separated by commas. Default: all.'),
})

/** EXT-24: the areas of the jurisdiction, of some types, or those that hold a point; as GeoJSON with their shapes. */
export const getAreas = defineOperation({
  name: 'GET areas',
  method: 'GET',
  path: '/areas',
  summary: 'Lists the areas of the jurisdiction: districts, wards and neighbourhoods.',
  arguments: filters.extend(pointArguments),
  listFormats: ['geojson'],
  document: areas,
  plan: (call) => {
    const faults = new Faults()
    const { area_type: types = [] } = parseArguments(filters, call.args, 'EXT-24', faults)
    faults.refuse()
    const known = [...call.jurisdiction.areas.values()]
    return {
      areas: known.filter(({ area_type }) => types.length === 0 || types.includes(area_type)),
      point: readPoint(call.args, 'EXT-24'),
      jurisdiction_id: call.jurisdiction.jurisdiction_id,
      hasGeometry: call.listFormat === 'geojson',
    }
  },
  query: async ({ areas, ...plan }, { store }) => {
    const rows = areas.map(({ box, ...area }) => ({ ...area, ...box }))
    if (!plan.hasGeometry && !plan.point) return { value: rows }
    const shapes = await findAreaGeometries(store, { ...plan, ids: areas.map(({ id }) => id) })
    return {
      value: rows
        .filter(({ id }) => shapes.has(id))
        .map(({ id, ...row }) => ({ ...row, geometry: shapes.get(id) })),
    }
  },
})
