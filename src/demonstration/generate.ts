import { dayAfter, timestamp } from './calendar.js'
import { type PlannedServiceRequest, planDay } from './day.js'
import type { DemonstrationProfile } from './profile.js'

/** A service request as it stands at a moment; every datetime is YYYY-MM-DDThh:mm:ssZ. */
export interface GeneratedServiceRequest {
  /** 'RT-261121-07': year, month and day in the city's time zone, and the number of that day */
  service_request_id: string
  service_code: string
  status: 'open' | 'closed'
  status_notes: string | null
  description: string | null
  /** always null: the store takes the service's */
  agency_responsible: null
  requested_datetime: string
  /** the latest of requested, in progress and closed */
  updated_datetime: string
  expected_datetime: string | null
  closed_datetime: string | null
  address: string | null
  address_id: string | null
  zipcode: string | null
  /** WGS84 degrees, 6 decimals; both or neither */
  lat: number | null
  long: number | null
  media_url: string | null
  /** 'Mobile App', 'Website', 'Phone' or 'Crew' */
  channel: string | null
}

/** A planned service request as one sees it at an instant. */
function seenAt(planned: PlannedServiceRequest, now: number): GeneratedServiceRequest {
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
): Generator<GeneratedServiceRequest> {
  const instant = Math.floor(Date.parse(now) / 1000)
  if (Number.isNaN(instant)) throw new Error(`now is not a datetime: ${now}`)
  for (let day = from; day <= to; day = dayAfter(day)) {
    for (const planned of planDay(profile, day)) {
      if (planned.requested <= instant) yield seenAt(planned, instant)
    }
  }
}
