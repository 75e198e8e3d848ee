import type { ImportedServiceRequest } from '../store/service-requests/import.js'
import { addDays, timestamp } from './calendar.js'
import { type PlannedServiceRequest, planDay } from './day.js'
import type { DemonstrationProfile } from './profile.js'

/** A planned service request as one sees it at an instant. */
function snapshotAt(planned: PlannedServiceRequest, now: number): ImportedServiceRequest {
  const { place, mapped, closing, progress } = planned
  const closed = closing !== null && closing.instant <= now
  const latest = closed ? closing : progress !== null && progress.instant <= now ? progress : null
  return {
    service_request_id: planned.service_request_id,
    service_code: planned.service_code,
    status: closed ? 'closed' : 'open',
    status_notes: latest?.note ?? null,
    description: planned.description,
    agency_responsible: null,
    requested_datetime: timestamp(planned.requested),
    updated_datetime: timestamp(latest?.instant ?? planned.requested),
    expected_datetime: planned.expected === null ? null : timestamp(planned.expected),
    closed_datetime: closed ? timestamp(closing.instant) : null,
    address: place?.address ?? null,
    address_id: mapped ? (place?.address_id ?? null) : null,
    zipcode: place?.zipcode ?? null,
    lat: mapped ? (place?.lat ?? null) : null,
    long: mapped ? (place?.long ?? null) : null,
    media_url: planned.media_url,
    channel: planned.channel,
  }
}

/** The service requests of the days from … to (both included, YYYY-MM-DD in the city's zone) that exist at now, earliest first. */
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
