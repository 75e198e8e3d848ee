import type { Datetime } from '../../standard/datetime.js'
import type { Box, QueryBox, QueryCircle } from '../../standard/geography.js'
import type { Status } from '../../standard/terms.js'
import type { EndpointScope } from '../service-requests/public-service-requests.js'

/** What has to hold of the service requests of a list; what is null or empty is not asked. */
export interface ListConditions extends EndpointScope {
  service_codes: string[]
  statuses: Status[]
  /** Statuses in finer words, or `plain_statuses` where there is none (EXT-30). */
  detailed_statuses: string[]
  plain_statuses: Status[]
  agencies: string[]
  channels: string[]
  has_media: boolean | null
  start: Datetime | null
  end: Datetime | null
  updated_after: Datetime | null
  updated_before: Datetime | null
  circle: QueryCircle | null
  boxes: QueryBox[] | null
  /** GeoJSON text, and a box around it. */
  polygon: { geojson: string; box: Box } | null
  /** An area of the catalog. */
  area: { id: number; box: Box } | null
  /** A tsquery (see `queryOfWords`). */
  searchText: string | null
}

/** Which of them, in which order. `after` is the row that a crawl has come to. */
export interface ListPlan extends ListConditions {
  order: { by: 'requested_datetime' | 'updated_datetime' | 'distance'; direction: 'asc' | 'desc' }
  rows: number
  skip: number
  after: { at: Datetime; service_request_id: string } | null
  /** With what the standard has no field for. */
  isExtended: boolean
}

/** Finds rows with words that begin like each of these, which are letters and digits. */
export function buildSearchText(words: readonly string[]): string {
  return words.map((word) => `'${word}':*`).join(' & ')
}
