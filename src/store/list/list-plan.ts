import type { Datetime } from '../../standard/datetime.js'
import type { Box, QueryBox, QueryCircle } from '../../standard/geography.js'
import type { Status } from '../../standard/terms.js'
import type { EndpointScope } from '../service-requests/public-service-requests.js'

/** Conditions of a list; null or empty: none. */
export interface ListConditions extends EndpointScope {
  service_codes: string[]
  statuses: Status[]
  /**
   * Matches rows with one of these, or rows without a detailed status that have one of
   * `plain_statuses` (EXT-30).
   */
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
  /** GeoJSON text with its bounding box. */
  polygon: { geojson: string; box: Box } | null
  /** An area of the catalog. */
  area: { id: number; box: Box } | null
  /** A tsquery (see `buildSearchText`). */
  searchText: string | null
}

/** Conditions, order and page. `after` is the cursor: the last row of the previous page. */
export interface ListPlan extends ListConditions {
  order: { by: 'requested_datetime' | 'updated_datetime' | 'distance'; direction: 'asc' | 'desc' }
  rows: number
  skip: number
  after: { at: Datetime; service_request_id: string } | null
  /** With the fields of extensions (EXT-19). */
  isExtended: boolean
}

/**
 * A tsquery for rows with words that begin with each of `words`, which consist of letters and
 * digits.
 */
export function buildSearchText(words: readonly string[]): string {
  return words.map((word) => `'${word}':*`).join(' & ')
}
