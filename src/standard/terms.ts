/** DISC-09: the version token of the standard, compared by clients as a string. */
export const SPECIFICATION = 'http://wiki.open311.org/GeoReport_v2'

/** GR-GEN-02: the two representations every operation has, named by the suffix of the path. */
export const FORMATS = ['xml', 'json'] as const
export type Format = (typeof FORMATS)[number]

/** EXT-20: what a list of service requests can be had as, besides. */
export const LIST_FORMATS = ['geojson', 'csv', 'rss', 'ndjson'] as const
export type ListFormat = (typeof LIST_FORMATS)[number]

/** DISC-10: an endpoint is live, or a place to try things out. */
export const ENDPOINTS = ['production', 'test'] as const
export type Endpoint = (typeof ENDPOINTS)[number]

/** GR-LIST-03 */
export const STATUSES = ['open', 'closed'] as const
export type Status = (typeof STATUSES)[number]

/** GR-SVC-05 */
export const SERVICE_TYPES = ['realtime', 'batch', 'blackbox'] as const
export type ServiceType = (typeof SERVICE_TYPES)[number]

/** GR-DEF-05 */
export const DATATYPES = [
  'string',
  'number',
  'datetime',
  'text',
  'singlevaluelist',
  'multivaluelist',
] as const
export type Datatype = (typeof DATATYPES)[number]

/** Who may see a service request: everyone; who knows its id, until it is approved; no one (GR-POST-17, A-61). */
export const VISIBILITIES = ['public', 'moderated', 'private'] as const
export type Visibility = (typeof VISIBILITIES)[number]

/** Arguments of POST requests that say who reports (GR-POST-10). They are stored apart and never read back. */
export const REPORTER_FIELDS = [
  'email',
  'first_name',
  'last_name',
  'phone',
  'device_id',
  'account_id',
] as const
export type Reporter = Record<(typeof REPORTER_FIELDS)[number], string | null>

/**
 * What a key may be good for: `report` files service requests, `update` says what became of them, `manage` runs the city
 * API, `read_private` sees what is not public.
 */
export const SCOPES = ['report', 'update', 'manage', 'read_private'] as const
export type Scope = (typeof SCOPES)[number]
