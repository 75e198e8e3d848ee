import type { Feature, MultiPolygon } from 'geojson'
import type { Datetime } from './datetime.js'
import type { Box } from './geography.js'
import type { Datatype, ServiceType, Status, Visibility } from './terms.js'

/** One option of a list attribute: `key` is posted, `name` is shown (GR-DEF-08). */
export interface AttributeValue {
  key: string
  name: string
}

/** An attribute of a service definition: a question (`variable`) or a note. */
export interface Attribute {
  code: string
  order: number
  variable: boolean
  datatype: Datatype
  required: boolean
  description: string
  datatype_description: string
  automated: 'server_set' | 'hidden_field' | null
  /** True: the values of service requests are public (EXT-19). */
  public: boolean
  values: AttributeValue[]
}

export interface Service {
  service_code: string
  service_name: string
  description: string
  type: ServiceType
  keywords: string[]
  group: string
  /** All groups, `group` first, if the service has several; otherwise empty (EXT-32). */
  groups: string[]
  agency_responsible: string | null
  service_notice: string | null
  location_required: boolean
  visibility: Visibility
  /** Service level in hours. At most one of target_hours and target_days is set. */
  target_hours: number | null
  /** Service level in working days of the jurisdiction. */
  target_days: number | null
  /** Grid cell size in metres: published coordinates are cell centres; null: exact coordinates. */
  blur_metres: number | null
  /** Areas where the service is offered, as TYPE:ID; empty: everywhere. */
  areas: string[]
  /** Overrides of `agency_responsible` by area; the first matching route applies. */
  routes: Route[]
  /** Sorted by `order`. */
  attributes: Attribute[]
  translations: Translations
}

/** The agency responsible in an area. */
export interface Route {
  /** TYPE:ID */
  area: string
  agency_responsible: string
}

/** A named polygon: district, ward, neighbourhood. */
export interface Area {
  /** Database id; service requests refer to it. */
  id: number
  area_type: string
  area_id: string
  name: string
  box: Box
  /** null unless a service is limited to the area. */
  polygon: Feature<MultiPolygon> | null
}

/** Translations of the texts of a service, by lower-case language tag. */
export type Translations = Record<string, ServiceTranslation>
export interface ServiceTranslation {
  service_name?: string | undefined
  description?: string | undefined
  group?: string | undefined
  service_notice?: string | undefined
  attributes?: Record<string, AttributeTranslation> | undefined
}
export interface AttributeTranslation {
  description?: string | undefined
  datatype_description?: string | undefined
  values?: Record<string, string> | undefined
}

export interface Jurisdiction {
  jurisdiction_id: string
  name: string
  time_zone: string
  /** Default language of its texts, as a lower-case tag. */
  language: string
  contact: string
  key_service: string
  boundary: Feature<MultiPolygon> | null
  refuse_outside: boolean
  changeset: Datetime
  /** ISO days of the week (1 = Monday) that count for `target_days`. */
  working_days: readonly number[]
  /** Holidays, as YYYY-MM-DD. */
  days_off: readonly string[]
  /** Detailed statuses by code, in catalog order. */
  statuses: ReadonlyMap<string, DetailedStatus>
  /** Active services by service_code, in catalog order. */
  services: ReadonlyMap<string, Service>
  /** By TYPE:ID, sorted by type and id. */
  areas: ReadonlyMap<string, Area>
}

/** A status defined by a jurisdiction, mapped to open or closed of the standard (EXT-30). */
export interface DetailedStatus {
  code: string
  name: string
  status: Status
}

export interface ApiKey {
  key_id: number
  /** null: valid in every jurisdiction. */
  jurisdiction_id: string | null
  scopes: string[]
}

/** Immutable snapshot of jurisdictions, services, areas and keys. A reload replaces it as a whole. */
export interface Catalog {
  jurisdictions: ReadonlyMap<string, Jurisdiction>
  /** By hexadecimal SHA-256 of the key. */
  keys: ReadonlyMap<string, ApiKey>
}
