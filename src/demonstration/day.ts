import { localTime, toInstant } from './calendar.js'
import { chooseSeconds, chooseServices } from './demand.js'
import { chooseDuplicateLifecycle, chooseLifecycle, type Lifecycle } from './lifecycle.js'
import { choosePlace, choosePlaceAgain, type Place } from './place.js'
import type { DemonstrationProfile } from './profile.js'
import type { Channel } from './profile-schema.js'
import { createRandom, happens, pickWeighted, type Random } from './random.js'
import { chooseDescription } from './wording.js'

/** A service request with its complete lifecycle, past and future. Instants are whole seconds since 1970 UTC. */
export interface PlannedServiceRequest extends Lifecycle {
  service_request_id: string
  service_code: string
  requested: number
  place: Place | null
  mapped: boolean
  channel: Channel
  description: string | null
  media_url: string | null
}

/** A report before the reports of the day are sorted and get ids. */
interface Report extends Omit<PlannedServiceRequest, keyof Lifecycle | 'service_request_id' | 'media_url'> {
  /** The report that this one repeats. */
  duplicateOf: Report | null
  hasMedia: boolean
  random: Random
}

const CHANNELS: readonly Channel[] = ['Phone', 'Mobile App', 'Website', 'Crew']

function chooseChannel(
  profile: DemonstrationProfile,
  service_code: string,
  seconds: number,
  random: Random,
): Channel {
  const isOfficeHour = seconds >= 8 * 3600 && seconds < 17 * 3600
  const weights = profile.channels[isOfficeHour ? 'office' : 'other']
  const { residents_only } = profile.services[service_code]!
  return pickWeighted(random, CHANNELS, (channel) =>
    residents_only && channel === 'Crew' ? 0 : weights[channel],
  )
}

function createReport(
  profile: DemonstrationProfile,
  day: string,
  service_code: string,
  duplicateOf: Report | null,
  random: Random,
): Report {
  const earlier = duplicateOf ? localTime(duplicateOf.requested, profile.timeZone).seconds : 0
  const seconds = duplicateOf
    ? earlier + Math.floor((86399 - earlier) * 0.4 * random())
    : chooseSeconds(profile, random)
  const isPlaceless = profile.services[service_code]!.placeless
  const place = isPlaceless
    ? null
    : duplicateOf?.place
      ? choosePlaceAgain(profile, duplicateOf.place, random)
      : choosePlace(profile, service_code, random)
  const channel = chooseChannel(profile, service_code, seconds, random)
  return {
    service_code,
    requested: Math.max(toInstant(day, seconds, profile.timeZone), duplicateOf?.requested ?? 0),
    place,
    mapped: place !== null && !(channel === 'Phone' && happens(random, profile.shares.address_only)),
    channel,
    description: chooseDescription(profile, service_code, channel, place?.street ?? null, random),
    hasMedia: !isPlaceless && happens(random, profile.media_shares[channel]),
    duplicateOf,
    random,
  }
}

function planReport(
  profile: DemonstrationProfile,
  report: Report,
  ids: Map<Report, string>,
): PlannedServiceRequest {
  const { duplicateOf, hasMedia, random, ...fields } = report
  const service_request_id = ids.get(report)!
  const note = duplicateOf && profile.phrases.duplicate.replace('{service_request_id}', ids.get(duplicateOf)!)
  const lifecycle = note
    ? chooseDuplicateLifecycle(profile, report.requested, note, random)
    : chooseLifecycle(profile, report.service_code, report.requested, random)
  const url = profile.media_url
    .replace('{year}', service_request_id.replace(/^.*-(\d\d)\d{4}-\d+$/, '20$1'))
    .replace('{month}', service_request_id.replace(/^.*-\d\d(\d\d)\d\d-\d+$/, '$1'))
    .replace('{service_request_id}', service_request_id)
  return { ...fields, ...lifecycle, service_request_id, media_url: hasMedia ? url : null }
}

/** Plans the service requests of a day, earliest first. The result depends only on the profile and the day. */
export function planDay(profile: DemonstrationProfile, day: string): PlannedServiceRequest[] {
  const random = createRandom(`${profile.seed}/${day}`)
  const originals = chooseServices(profile, day, random).map((service_code, i) =>
    createReport(profile, day, service_code, null, createRandom(`${profile.seed}/${day}/${i}`)),
  )
  const duplicates = originals
    .filter(({ place }) => place !== null && happens(random, profile.shares.duplicate))
    .map((report, i) =>
      createReport(
        profile,
        day,
        report.service_code,
        report,
        createRandom(`${profile.seed}/${day}/again/${i}`),
      ),
    )
  const reports = [...originals, ...duplicates].sort((a, b) => a.requested - b.requested)
  const prefix = `${profile.id_prefix}-${day.slice(2).replaceAll('-', '')}`
  const ids = new Map(reports.map((report, i) => [report, `${prefix}-${String(i + 1).padStart(2, '0')}`]))
  return reports.map((report) => planReport(profile, report, ids))
}
