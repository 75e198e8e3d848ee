import type { ImportedServiceRequest } from '../store/service-requests/import.js'
import { addDays, timestamp } from './calendar.js'
import { type PlannedServiceRequest, planDay } from './day.js'
import type { DemonstrationProfile } from './profile.js'

/** The state of a planned service request at an instant. */
function snapshotAt(planned: PlannedServiceRequest, now: number): ImportedServiceRequest {
  const { place, mapped, closing, progress } = planned
  const isClosed = closing !== null && closing.instant <= now
  const latest = isClosed ? closing : progress !== null && progress.instant <= now ? progress : null
  return {
    service_request_id: planned.service_request_id,
    service_code: planned.service_code,
    status: isClosed ? 'closed' : 'open',
    status_notes: latest?.note ?? null,
    description: planned.description,
    agency_responsible: null,
    requested_datetime: timestamp(planned.requested),
    updated_datetime: timestamp(latest?.instant ?? planned.requested),
    expected_datetime: planned.expected === null ? null : timestamp(planned.expected),
    closed_datetime: isClosed ? timestamp(closing.instant) : null,
    address: place?.address ?? null,
    address_id: mapped ? (place?.address_id ?? null) : null,
    zipcode: place?.zipcode ?? null,
    lat: mapped ? (place?.lat ?? null) : null,
    long: mapped ? (place?.long ?? null) : null,
    media_url: planned.media_url,
    channel: planned.channel,
  }
}

/**
 * Generates the service requests of the days `from` to `to` (inclusive, YYYY-MM-DD in the city's time zone) that exist at
 * `now`, earliest first.
 */
export function* generate(
  profile: DemonstrationProfile,
  from: string,
  to: string,
  now: string,
): Generator<ImportedServiceRequest> {
  const instant = Math.floor(Date.parse(now) / 1000)
  if (Number.isNaN(instant)) throw new Error(`now is not a datetime: ${now}`)
  for (let day = from; day <= to; day = addDays(day)) {
    for (const planned of planDay(profile, day)) {
      if (planned.requested <= instant) yield snapshotAt(planned, instant)
    }
  }
}
