import type { ImportedServiceRequest } from '../../../src/store/service-requests/import.js'

/** An imported pothole, with the changes of a test. */
export function createImport(fields: Partial<ImportedServiceRequest> = {}): ImportedServiceRequest {
  return {
    service_request_id: '1',
    service_code: 'POTHOLE',
    status: 'open',
    status_notes: null,
    description: null,
    agency_responsible: null,
    requested_datetime: '2026-05-01T00:00:00Z',
    updated_datetime: '2026-05-01T00:00:00Z',
    expected_datetime: null,
    closed_datetime: null,
    address: null,
    address_id: null,
    zipcode: null,
    lat: null,
    long: null,
    media_url: null,
    channel: null,
    ...fields,
  }
}
