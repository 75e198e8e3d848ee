import type { Generated, GeneratedAlways } from 'kysely'
import type { Translations } from '../../standard/catalog.js'
import type { Datetime } from '../../standard/datetime.js'
import type { Datatype, Endpoint, ServiceType, Status, Visibility } from '../../standard/terms.js'
import type { EventTables } from './event-tables.js'
import type { ExactLocation } from './geometry.js'

/** The tables of migrations/, with the types of selected columns. A test compares this file with the database. */
export interface Tables extends EventTables {
  jurisdiction: JurisdictionTable
  service: ServiceTable
  attribute: AttributeTable
  attribute_value: AttributeValueTable
  area: AreaTable
  route: RouteTable
  area_assignment: AreaAssignmentTable
  api_key: ApiKeyTable
  service_request: ServiceRequestTable
  reporter: ReporterTable
  token: TokenTable
  submission: SubmissionTable
  detailed_status: DetailedStatusTable
  media: MediaTable
  migration: MigrationTable
}

/** PostGIS geometry: read and written through functions only. */
type Geometry = unknown

interface JurisdictionTable {
  jurisdiction_id: string
  name: string
  time_zone: string
  language: string
  contact: string
  key_service: string
  service_request_id_form: string
  boundary: Geometry | null
  refuse_outside: boolean
  changeset: Datetime
  working_days: Generated<number[]>
  days_off: Generated<string[]>
}

interface ServiceTable {
  jurisdiction_id: string
  service_code: string
  service_name: string
  description: Generated<string>
  type: Generated<ServiceType>
  keywords: Generated<string[]>
  group: Generated<string>
  position: number
  agency_responsible: string | null
  service_notice: string | null
  location_required: Generated<boolean>
  visibility: Generated<Visibility>
  translations: Generated<Translations>
  origin: Generated<'catalog' | 'import'>
  retired: Generated<boolean>
  areas: Generated<string[]>
  groups: Generated<string[]>
  target_hours: number | null
  target_days: number | null
  blur_metres: number | null
}

interface AttributeTable {
  jurisdiction_id: string
  service_code: string
  code: string
  order: number
  variable: boolean
  datatype: Datatype
  required: boolean
  description: string
  datatype_description: string
  automated: 'server_set' | 'hidden_field' | null
  public: Generated<boolean>
}

interface AttributeValueTable {
  jurisdiction_id: string
  service_code: string
  code: string
  key: string
  name: string
  position: number
}

interface AreaTable {
  jurisdiction_id: string
  area_type: string
  area_id: string
  name: string
  geom: Geometry
  id: GeneratedAlways<number>
}

interface RouteTable {
  jurisdiction_id: string
  service_code: string
  position: number
  area_type: string
  area_id: string
  agency_responsible: string
}

interface AreaAssignmentTable {
  jurisdiction_id: string
  extent: Geometry
  generation: Generated<number>
  done_id: Generated<number>
  last_id: number | null
}

interface ApiKeyTable {
  key_id: GeneratedAlways<number>
  name: string
  key_hash: Buffer
  jurisdiction_id: string | null
  scopes: string[]
  created_at: Datetime
  revoked_at: Datetime | null
}

interface ServiceRequestTable {
  id: GeneratedAlways<number>
  jurisdiction_id: string
  endpoint: Endpoint
  service_request_id: string | null
  service_code: string
  status: Generated<Status>
  status_notes: string | null
  description: string | null
  agency_responsible: string | null
  service_notice: string | null
  requested_datetime: Datetime
  updated_datetime: Datetime
  expected_datetime: Datetime | null
  closed_datetime: Datetime | null
  address: string | null
  address_id: string | null
  zipcode: string | null
  geom: Geometry | null
  media_urls: Generated<string[]>
  visibility: Generated<Visibility>
  origin: Generated<'submission' | 'import'>
  channel: string | null
  answers: Generated<Record<string, string[]>>
  area_ids: Generated<number[]>
  search_vector: Generated<string>
  detailed_status: string | null
  closing_reason: string | null
  duplicate_of: number | null
  exact_location: ExactLocation | null
  version: Generated<number>
}

interface ReporterTable {
  service_request: number
  email: string | null
  first_name: string | null
  last_name: string | null
  phone: string | null
  device_id: string | null
  account_id: string | null
}

interface TokenTable {
  token: string
  service_request: number
  resolved_at: Datetime | null
}

interface SubmissionTable {
  key_id: number
  jurisdiction_id: string
  endpoint: Endpoint
  handle_type: 'Idempotency-Key' | 'external_id' | 'fixmystreet_id'
  handle: string
  fingerprint: Buffer
  service_request: number
}

interface DetailedStatusTable {
  jurisdiction_id: string
  code: string
  name: string
  status: Status
  position: number
}

interface MediaTable {
  media_id: string
  service_request: number | null
  content_type: string
  width: number
  height: number
  bytes: number
  thumbnail_bytes: number
  created_at: Datetime
  detached_at: Datetime | null
}

interface MigrationTable {
  number: number
  name: string
  sha256: string
  applied_at: Datetime
}
