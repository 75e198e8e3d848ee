import type { Area, Attribute, Jurisdiction } from '../standard/catalog.js'
import { parseDatetime } from '../standard/datetime.js'
import { parseNumber } from '../standard/text.js'
import type { Row } from './document.js'
import { presentNotes } from './present-notes.js'
import type { ExtendedServiceRequest } from './rows.js'

/**
 * EXT-19: adds `extended_attributes` to a row. Names of areas, options and statuses come from the
 * catalog.
 */
export function presentExtendedAttributes(row: ExtendedServiceRequest, jurisdiction: Jurisdiction): Row {
  const { detailed_status, closed_datetime, closing_reason, duplicate_of, channel, distance } = row
  const { media_urls, area_ids, answers } = row
  const { areas, services } = jurisdiction
  const attributes = services.get(row.service_code)?.attributes ?? []
  return {
    ...row,
    extended_attributes: {
      detailed_status,
      closed_datetime,
      closing_reason,
      duplicate_of,
      channel,
      distance,
      areas: findAreas(area_ids, areas),
      answers: attributes.flatMap((attribute) =>
        presentAnswer(
          attribute,
          Object.hasOwn(answers, attribute.code) ? answers[attribute.code] : undefined,
        ),
      ),
      media_urls,
      notes: presentNotes(row, jurisdiction),
    },
  }
}

/** Cached index per catalog snapshot: area id -> area and its position in the catalog. */
const areasById = new WeakMap<Jurisdiction['areas'], Map<number, { area: Area; position: number }>>()

/** Returns the areas with these ids, sorted by area_type and area_id. Unknown ids are ignored. */
export function findAreas(ids: readonly number[], areas: Jurisdiction['areas']): Area[] {
  let index = areasById.get(areas)
  if (!index) {
    index = new Map([...areas.values()].map((area, position) => [area.id, { area, position }]))
    areasById.set(areas, index)
  }
  const entries = ids.flatMap((id) => index.get(id) ?? [])
  return entries.sort((a, b) => a.position - b.position).map(({ area }) => area)
}

/**
 * Presents the values of a public attribute; list options get their name. Values stored under an earlier
 * definition of the attribute may be of any kind: values that do not match the current datatype are
 * omitted.
 */
function presentAnswer(attribute: Attribute, answer?: readonly string[]): Row[] {
  if (!attribute.public || !answer) return []
  const { code, description, datatype, values } = attribute
  const options = answer.flatMap((key): Row[] => {
    if (datatype.endsWith('valuelist'))
      return values.filter((value) => value.key === key).map((value) => ({ ...value }))
    const isValid =
      datatype === 'number'
        ? parseNumber(key) !== null
        : datatype !== 'datetime' || parseDatetime(key, { edge: 'start' }) !== null
    return isValid ? [{ key, name: key }] : []
  })
  return options.length === 0 ? [] : [{ code, label: description, options }]
}
