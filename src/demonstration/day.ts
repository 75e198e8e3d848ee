import { localTime, toInstant } from './calendar.js'
import { chooseSeconds, chooseServices } from './demand.js'
import { chooseDuplicateLifecycle, chooseLifecycle, type Lifecycle } from './lifecycle.js'
import { choosePlace, choosePlaceAgain, type Place } from './place.js'
import type { DemonstrationProfile } from './profile.js'
import type { Channel } from './profile-schema.js'
import { createRandom, happens, pickWeighted, type Random } from './random.js'
import { chooseDescription } from './wording.js'

/** A service request with its whole course, past and future. Instants are whole seconds since 1970 UTC. */
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

/** One report before the day is sorted and numbered. */
interface Report extends Omit<PlannedServiceRequest, keyof Lifecycle | 'service_request_id' | 'media_url'> {
  again: Report | null
  media: boolean
  random: Random
}

const channels: Channel[] = ['Phone', 'Mobile App', 'Website', 'Crew']

function chooseChannel(
  profile: DemonstrationProfile,
  service_code: string,
  seconds: number,
  random: Random,
): Channel {
  const weights = profile.channels[seconds >= 8 * 3600 && seconds < 17 * 3600 ? 'office' : 'other']
  const { residents_only } = profile.services[service_code]!
  return pickWeighted(random, channels, (channel) =>
    residents_only && channel === 'Crew' ? 0 : weights[channel],
  )
}

function writeReport(
  profile: DemonstrationProfile,
  day: string,
  service_code: string,
  again: Report | null,
  random: Random,
): Report {
  const earlier = again ? localTime(again.requested, profile.timeZone).seconds : 0
  const seconds = again
    ? earlier + Math.floor((86399 - earlier) * 0.4 * random())
    : chooseSeconds(profile, random)
  const placeless = profile.services[service_code]!.placeless
  const place = placeless
    ? null
    : again?.place
      ? choosePlaceAgain(profile, again.place, random)
      : choosePlace(profile, service_code, random)
  const channel = chooseChannel(profile, service_code, seconds, random)
  return {
    service_code,
    requested: Math.max(toInstant(day, seconds, profile.timeZone), again?.requested ?? 0),
    place,
    mapped: place !== null && !(channel === 'Phone' && happens(random, profile.shares.address_only)),
    channel,
    description: chooseDescription(profile, service_code, channel, place?.street ?? null, random),
    media: !placeless && happens(random, profile.media_shares[channel]),
    again,
    random,
  }
}

function planReport(
  profile: DemonstrationProfile,
  report: Report,
  ids: Map<Report, string>,
): PlannedServiceRequest {
  const { again, media, random, ...rest } = report
  const service_request_id = ids.get(report)!
  const note = again && profile.phrases.duplicate.replace('{service_request_id}', ids.get(again)!)
  const course = note
    ? chooseDuplicateLifecycle(profile, report.requested, note, random)
    : chooseLifecycle(profile, report.service_code, report.requested, random)
  const url = profile.media_url
    .replace('{year}', service_request_id.replace(/^.*-(\d\d)\d{4}-\d+$/, '20$1'))
    .replace('{month}', service_request_id.replace(/^.*-\d\d(\d\d)\d\d-\d+$/, '$1'))
    .replace('{service_request_id}', service_request_id)
  return { ...rest, ...course, service_request_id, media_url: media ? url : null }
}

/** All service requests of a day, earliest first. They depend on the profile and the day alone. */
export function planDay(profile: DemonstrationProfile, day: string): PlannedServiceRequest[] {
  const random = createRandom(`${profile.seed}/${day}`)
  const first = chooseServices(profile, day, random).map((service_code, i) =>
    writeReport(profile, day, service_code, null, createRandom(`${profile.seed}/${day}/${i}`)),
  )
  const again = first
    .filter(({ place }) => place !== null && happens(random, profile.shares.duplicate))
    .map((report, i) =>
      writeReport(
        profile,
        day,
        report.service_code,
        report,
        createRandom(`${profile.seed}/${day}/again/${i}`),
      ),
    )
  const all = [...first, ...again].sort((a, b) => a.requested - b.requested)
  const prefix = `${profile.id_prefix}-${day.slice(2).replaceAll('-', '')}`
  const ids = new Map(all.map((report, i) => [report, `${prefix}-${String(i + 1).padStart(2, '0')}`]))
  return all.map((report) => planReport(profile, report, ids))
}
