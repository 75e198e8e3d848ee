import type { Area, Attribute, Jurisdiction } from '../standard/catalog.js'
import { parseDatetime } from '../standard/datetime.js'
import { parseNumber } from '../standard/text.js'
import type { Row } from './document.js'
import { presentNotes } from './present-notes.js'
import type { ExtendedServiceRequest } from './rows.js'

/** EXT-19: `row` with the one member that extensions=true adds; the catalog has the names of areas, answers and statuses. */
export function presentExtendedAttributes(row: ExtendedServiceRequest, city: Jurisdiction): Row {
  const { detailed_status, closed_datetime, closing_reason, duplicate_of, channel, distance } = row
  const { media_urls, area_ids, answers } = row
  const { areas, services } = city
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
      notes: presentNotes(row, city),
    },
  }
}

/** Areas by their number, with their place in the order of the catalog. */
const areasById = new WeakMap<Jurisdiction['areas'], Map<number, { area: Area; place: number }>>()

/** The areas of these ids, by type and id. */
export function findAreas(ids: readonly number[], areas: Jurisdiction['areas']): Area[] {
  let known = areasById.get(areas)
  if (!known) {
    known = new Map([...areas.values()].map((area, place) => [area.id, { area, place }]))
    areasById.set(areas, known)
  }
  const found = ids.flatMap((id) => known.get(id) ?? [])
  return found.sort((a, b) => a.place - b.place).map(({ area }) => area)
}

/**
 * What was answered to a question whose answers are public; what a list offers, with its name. An answer of before the
 * question was what it is now may be anything: only what fits is shown.
 */
function presentAnswer(attribute: Attribute, given?: readonly string[]): Row[] {
  if (!attribute.public || !given) return []
  const { code, description, datatype, values } = attribute
  const options = given.flatMap((key): Row[] => {
    if (datatype.endsWith('valuelist'))
      return values.filter((value) => value.key === key).map((value) => ({ ...value }))
    const fits =
      datatype === 'number'
        ? parseNumber(key) !== null
        : datatype !== 'datetime' || parseDatetime(key, { edge: 'start' }) !== null
    return fits ? [{ key, name: key }] : []
  })
  return options.length === 0 ? [] : [{ code, label: description, options }]
}
