import { z } from 'zod'
import { argumentDocs, withDescription } from '../http/argument-docs.js'
import {
  boolean,
  brokenRule,
  datetime,
  LIST_DOCS,
  oneOf,
  searchWords,
  stringList,
  unboundedList,
  verbatimList,
} from '../http/arguments.js'
import { STATUSES, type Status } from '../standard/terms.js'
import { extendedArguments } from './extensions-argument.js'
import { pageArguments } from './list-page.js'
import { spatialArguments } from './spatial-filters.js'

/** Arguments that filter, order and page a list. A polygon has at most `maxPolygonLength` characters. */
export const filterArguments = (maxPolygonLength: number) =>
  z.object({
    service_code: withDescription(stringList, 'Service codes, separated by commas.'), // GR-LIST-02
    // GR-LIST-03, A-20: case-insensitive; any other word is refused.
    status: stringList
      .transform((words, context) => {
        const known: readonly string[] = STATUSES
        const statuses = [...new Set(words.map((word) => word.toLowerCase()))]
        if (!statuses.every((status) => known.includes(status))) {
          context.addIssue(brokenRule('has to be open, closed or both', 'A-20'))
        }
        return statuses as Status[]
      })
      .register(argumentDocs, {
        ...LIST_DOCS,
        description: 'Statuses, separated by commas.',
        items: { type: 'string', enum: STATUSES },
      }),
    // GR-LIST-04
    start_date: withDescription(
      datetime('start'),
      'Earliest requested_datetime, included. Default: X-List-Max-Days before end_date or now.',
    ),
    end_date: withDescription(
      datetime('end'),
      'Latest requested_datetime, included. Default: X-List-Max-Days after start_date.',
    ),
    // EXT-17
    updated_after: withDescription(datetime('start'), 'Earliest updated_datetime, included.'),
    updated_before: withDescription(datetime('end'), 'Latest updated_datetime, included.'),
    detailed_status: withDescription(stringList, 'Detailed status codes, separated by commas.'), // EXT-30
    // EXT-18
    agency_responsible: withDescription(
      verbatimList,
      'Exact names of agencies. Repeat the argument for several.',
    ),
    channel: withDescription(verbatimList, 'Exact names of channels. Repeat the argument for several.'),
    has_media: withDescription(boolean, 'true: only with media; false: only without.'),
    // EXT-22
    q: withDescription(
      searchWords,
      'Words in description, address or service name; at most 10. All must match as prefixes.',
    ),
    // EXT-14
    count: withDescription(
      oneOf('exact', 'estimated'),
      'Adds the header X-Result-Count. estimated counts up to 10,000 rows.',
    ),
    ...extendedArguments,
    ...spatialArguments(maxPolygonLength),
    ...pageArguments,
  })

/**
 * All arguments of a list, for its documentation (EXT-46): the filters, and the ids that override them
 * (GR-LIST-01).
 */
export const listArguments = (maxPolygonLength: number) =>
  filterArguments(maxPolygonLength).extend({
    service_request_id: withDescription(
      unboundedList,
      'Service request ids, separated by commas, at most 1,000. Overrides all other filters.',
    ),
  })
