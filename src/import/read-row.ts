import { parseDatetime } from '../standard/datetime.js'
import { STATUSES } from '../standard/terms.js'
import { cleanText } from '../standard/text.js'
import type { NamedService } from '../store/catalog/ensure-services.js'
import type { ImportedServiceRequest } from '../store/service-requests/import.js'

/** A valid row, or an id and the reason why the row is refused. */
export type RowResult =
  | { row: Omit<ImportedServiceRequest, 'service_code'>; service: NamedService }
  | { service_request_id: string; reason: string }

/**
 * Reads one row: columns `service_request_id, status, native_status, status_notes, service_group, service_name,
 * service_code, description, agency_responsible, requested_datetime, updated_datetime, expected_datetime,
 * closed_datetime, address, address_id, zipcode, lat, long, media_url, source`; others are ignored. Times
 * without an offset are in the time zone `zone`.
 */
export function readRow(record: Readonly<Record<string, string>>, zone: string): RowResult {
  const text = (name: string) => cleanText(record[name] ?? '') || null
  const time = (name: string) => {
    const value = text(name)
    return value === null ? null : parseDatetime(value, { edge: 'start', zone })
  }
  const service_request_id = text('service_request_id') ?? ''
  const refuse = (reason: string) => ({ service_request_id, reason })
  if (service_request_id === '' || service_request_id === '0') return refuse('service_request_id is missing')
  if (service_request_id.length > 200) return refuse('service_request_id is longer than 200 characters')
  const requested = time('requested_datetime')
  if (requested === null) return refuse('requested_datetime is missing or not a date-time')
  const status = STATUSES.find((each) => each === text('status')?.toLowerCase())
  if (!status) return refuse('status is neither open nor closed')
  const service = {
    service_code: text('service_code') ?? '',
    service_name: text('service_name') ?? text('service_code') ?? '',
    group: text('service_group') ?? '',
    agency_responsible: text('agency_responsible'),
  }
  if (service.service_name === '') return refuse('service_name and service_code are missing')

  // some cities export closing times that are too early by one time zone offset.
  const notBeforeRequested = (datetime: string | null) =>
    datetime !== null && datetime < requested ? requested : datetime
  const closed = status === 'closed' ? notBeforeRequested(time('closed_datetime')) : null
  const description = text('description')
  return {
    service,
    row: {
      service_request_id,
      status,
      status_notes: text('status_notes') ?? omitPlainStatus(status, text('native_status')),
      description: description && [...description].slice(0, 4000).join(''),
      agency_responsible: service.agency_responsible,
      requested_datetime: requested,
      updated_datetime: notBeforeRequested(time('updated_datetime') ?? closed) ?? requested,
      expected_datetime: time('expected_datetime'),
      closed_datetime: closed,
      address: text('address'),
      address_id: text('address_id'),
      zipcode: text('zipcode'),
      ...readCoordinates(text('lat'), text('long')),
      media_url: parseWebUrl(text('media_url')),
      channel: text('source'),
    },
  }
}

function omitPlainStatus(status: string, native: string | null): string | null {
  return native !== null && native.toLowerCase() === status ? null : native
}

/** Returns both coordinates or none. Many systems export (0, 0) for an unknown location. */
function readCoordinates(
  lat: string | null,
  long: string | null,
): { lat: number | null; long: number | null } {
  const [y, x] = [Number(lat ?? Number.NaN), Number(long ?? Number.NaN)]
  const isLocation = Math.abs(y) <= 90 && Math.abs(x) <= 180 && !(y === 0 && x === 0)
  const round = (degrees: number) => Math.round(degrees * 1e6) / 1e6
  return isLocation ? { lat: round(y), long: round(x) } : { lat: null, long: null }
}

function parseWebUrl(text: string | null): string | null {
  return text !== null && /^https?:\/\/\S+$/i.test(text) && URL.canParse(text) ? text : null
}
