import type { GeoReportRequest } from '../../src/operations/operation.js'
import type { Attribute, Jurisdiction, Service } from '../../src/standard/catalog.js'
import { DEFAULT_STATUSES } from '../../src/standard/status-words.js'

export function service(fields: Partial<Service> = {}): Service {
  return {
    service_code: 'LAMP',
    service_name: 'Lamp',
    description: '',
    type: 'realtime',
    keywords: [],
    group: '',
    agency_responsible: null,
    service_notice: null,
    location_required: true,
    visibility: 'public',
    groups: [],
    target_hours: null,
    target_days: null,
    blur_metres: null,
    areas: [],
    routes: [],
    attributes: [],
    translations: {},
    ...fields,
  }
}

export function attribute(fields: Partial<Attribute> = {}): Attribute {
  return {
    code: 'A',
    order: 1,
    variable: true,
    datatype: 'string',
    required: false,
    description: '',
    datatype_description: '',
    automated: null,
    public: false,
    values: [],
    ...fields,
  }
}

/** A jurisdiction whose boundary is a square of one degree, with its corner at (0, 0) and a hole in its middle. */
export function jurisdiction(services: Service[], fields: Partial<Jurisdiction> = {}): Jurisdiction {
  const ring = (from: number, to: number) => [
    [from, from],
    [to, from],
    [to, to],
    [from, to],
    [from, from],
  ]
  return {
    jurisdiction_id: 'square.example',
    areas: new Map(),
    name: 'Square',
    time_zone: 'America/Chicago',
    language: 'en',
    contact: 'c',
    key_service: 'k',
    boundary: {
      type: 'Feature',
      properties: {},
      geometry: { type: 'MultiPolygon', coordinates: [[ring(0, 1), ring(0.4, 0.6).reverse()]] },
    },
    refuse_outside: true,
    changeset: '2026-01-01T00:00:00Z',
    working_days: [1, 2, 3, 4, 5],
    days_off: [],
    statuses: DEFAULT_STATUSES,
    services: new Map(services.map((each) => [each.service_code, each])),
    ...fields,
  }
}

export function createRequest(
  args: Record<string, string | string[]>,
  jurisdiction: Jurisdiction,
): GeoReportRequest {
  return {
    args: new Map(Object.entries(args).map(([name, value]) => [name, [value].flat()])),
    uploads: [],
    id: '',
    listFormat: null,
    jurisdiction,
    endpoint: 'production',
    key: { key_id: 1, jurisdiction_id: null, scopes: ['report'] },
    idempotencyKey: null,
    acceptLanguage: null,
    stream: null,
    now: '2026-06-01T12:00:00Z',
    limits: { listDays: 90, listRows: 1000, tokenDays: 90, waitSeconds: 60 },
  }
}
