import { z } from 'zod'
import { areas } from '../documents/areas.js'
import { withDescription } from '../http/argument-docs.js'
import { parseArguments, stringList } from '../http/arguments.js'
import { Faults } from '../standard/refusal.js'
import { findAreaGeometries } from '../store/catalog/area-geometries.js'
import { defineOperation } from './operation.js'
import { pointArguments, readPoint } from './point-argument.js'

const schema = z.object({
  area_type: withDescription(stringList, 'Area types, separated by commas. Default: all.'),
})

/** EXT-24: lists areas, optionally by type or by a point that they contain. GeoJSON has their polygons. */
export const getAreas = defineOperation({
  name: 'GET areas',
  method: 'GET',
  path: '/areas',
  summary: 'Lists the areas of the jurisdiction: districts, wards and neighbourhoods.',
  arguments: schema.extend(pointArguments),
  listFormats: ['geojson'],
  document: areas,
  plan: ({ args, jurisdiction, listFormat }) => {
    const faults = new Faults()
    const { area_type: types = [] } = parseArguments(schema, args, 'EXT-24', faults)
    faults.refuse()
    return {
      areas: [...jurisdiction.areas.values()].filter(
        ({ area_type }) => types.length === 0 || types.includes(area_type),
      ),
      point: readPoint(args, 'EXT-24'),
      jurisdiction_id: jurisdiction.jurisdiction_id,
      hasGeometry: listFormat === 'geojson',
    }
  },
  query: async ({ areas, ...plan }, { store }) => {
    const rows = areas.map(({ box, ...area }) => ({ ...area, ...box }))
    if (!plan.hasGeometry && !plan.point) return { value: rows }
    const geometries = await findAreaGeometries(store, { ...plan, ids: areas.map(({ id }) => id) })
    return {
      value: rows
        .filter(({ id }) => geometries.has(id))
        .map(({ id, ...row }) => ({ ...row, geometry: geometries.get(id) })),
    }
  },
})
