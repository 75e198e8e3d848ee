import { z } from 'zod'
import type { Row } from '../documents/document.js'
import type { Arguments } from '../door.js'
import type { Area, Attribute, Jurisdiction } from '../standard/catalog.js'
import { Faults } from '../standard/refusal.js'
import type { ExtendedRow } from '../store/service-requests.js'
import { read, yesNo } from './arguments.js'

const shape = z.object({ extensions: yesNo })

/** Whether a call asks for more than the standard has. */
export function isExtended(said: Arguments): boolean {
  const faults = new Faults()
  const { extensions } = read(shape, said, 'EXT-19', faults)
  faults.refuse()
  return extensions ?? false
}

/** EXT-19: `row` with the one member that extensions=true adds, its areas and answers named by the catalog. */
export function extend(row: ExtendedRow, { areas, services }: Jurisdiction): Row {
  const { closed_datetime, channel, distance, media_urls, area_ids, answers } = row
  const attributes = services.get(row.service_code)?.attributes ?? []
  return {
    ...row,
    extended_attributes: {
      closed_datetime,
      channel,
      distance,
      areas: areasOf(area_ids, areas),
      answers: attributes.flatMap((attribute) => answerOf(attribute, answers[attribute.code])),
      media_urls,
    },
  }
}

/** The areas of these ids, by type and id. */
export function areasOf(ids: readonly number[], areas: Jurisdiction['areas']): Area[] {
  return ids.length === 0 ? [] : [...areas.values()].filter(({ id }) => ids.includes(id))
}

/** What was answered to a question whose answers are public; what a list offers, with its name. */
function answerOf({ code, description, values, ...attribute }: Attribute, given?: readonly string[]): Row[] {
  if (!attribute.public || !given) return []
  const nameOf = (key: string) => values.find((value) => value.key === key)?.name ?? key
  return [{ code, label: description, options: given.map((key) => ({ key, name: nameOf(key) })) }]
}
