import type { Feature, MultiPolygon } from 'geojson'
import type { Datetime } from './datetime.js'
import type { Box } from './geography.js'
import type { Datatype, ServiceType, Status, Visibility } from './terms.js'

/** One option of a list attribute: `key` is posted, `name` is shown (GR-DEF-08). */
export interface AttributeValue {
  key: string
  name: string
}

/** One extra question, or a note, of a service definition. */
export interface Attribute {
  code: string
  order: number
  variable: boolean
  datatype: Datatype
  required: boolean
  description: string
  datatype_description: string
  automated: 'server_set' | 'hidden_field' | null
  /** Everyone may read the answers (EXT-19). */
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
  /** Of a service in several groups: all of them, `group` first; else empty (EXT-32). */
  groups: string[]
  agency_responsible: string | null
  service_notice: string | null
  location_required: boolean
  visibility: Visibility
  /** Service level: expected within so many hours, or within so many working days of the jurisdiction; not both. */
  target_hours: number | null
  target_days: number | null
  /** Places are told only as the middle of a cell of a grid this wide, in metres. */
  blur_metres: number | null
  /** Areas in which it is offered, as TYPE:ID; none: everywhere. */
  areas: string[]
  /** Who is responsible in an area, where that is not `agency_responsible`; the first that fits counts. */
  routes: Route[]
  /** In the order in which they are asked. */
  attributes: Attribute[]
  translations: Translations
}

/** An agency for an area, which is named as TYPE:ID. */
export interface Route {
  area: string
  agency_responsible: string
}

/** A named polygon: ward, district, neighbourhood. */
export interface Area {
  /** By which service requests name it. */
  id: number
  area_type: string
  area_id: string
  name: string
  box: Box
  /** Only of areas that a service is limited to. */
  polygon: Feature<MultiPolygon> | null
}

/** The words of a service in other languages, by language tag in lower case. */
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
  /** Of its own texts, as a tag in lower case. */
  language: string
  contact: string
  key_service: string
  boundary: Feature<MultiPolygon> | null
  refuse_outside: boolean
  changeset: Datetime
  /** Days of the week on which targets count, Monday being 1. */
  working_days: readonly number[]
  /** Holidays, as YYYY-MM-DD. */
  days_off: readonly string[]
  /** Its words for statuses, in order, by code. */
  statuses: ReadonlyMap<string, DetailedStatus>
  /** What is offered now, in the order in which it is listed, by service_code. */
  services: ReadonlyMap<string, Service>
  /** By TYPE:ID, sorted by type and id. */
  areas: ReadonlyMap<string, Area>
}

/** A word of a jurisdiction for the status of a service request; to the standard it is open or closed. */
export interface DetailedStatus {
  code: string
  name: string
  status: Status
}

export interface ApiKey {
  key_id: number
  /** null: good in every jurisdiction. */
  jurisdiction_id: string | null
  scopes: string[]
}

/** All that changes slowly, as one immutable value. A new one replaces it whole. */
export interface Catalog {
  jurisdictions: ReadonlyMap<string, Jurisdiction>
  /** By the SHA-256 of the key in hexadecimal. */
  keys: ReadonlyMap<string, ApiKey>
}
