/** DISC-09: identifies the standard; clients compare it as a string. */
export const SPECIFICATION = 'http://wiki.open311.org/GeoReport_v2'

/** GR-GEN-02: the representations of every operation, selected by path suffix. */
export const FORMATS = ['xml', 'json'] as const
export type Format = (typeof FORMATS)[number]

/** EXT-20: further formats of lists of service requests. */
export const LIST_FORMATS = ['geojson', 'csv', 'rss', 'ndjson'] as const
export type ListFormat = (typeof LIST_FORMATS)[number]

/** DISC-10 */
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

/**
 * Visibility of a service request (GR-POST-17, A-61). `public`: in lists and by id; `moderated`: by id
 * only, until approved; `private`: not public.
 */
export const VISIBILITIES = ['public', 'moderated', 'private'] as const
export type Visibility = (typeof VISIBILITIES)[number]

/** Arguments about the reporter (GR-POST-10). Stored in a separate table; never in a public response. */
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
 * Scopes of an API key. `report`: file service requests. `update`: post updates. `manage`: use the city
 * API. `read_private`: read service requests and fields that are not public.
 */
export const SCOPES = ['report', 'update', 'manage', 'read_private'] as const
export type Scope = (typeof SCOPES)[number]
