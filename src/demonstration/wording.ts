import type { DemonstrationProfile } from './profile.js'
import type { Channel } from './profile-schema.js'
import { happens, pick, type Random } from './random.js'

const PICTOGRAPH = /\p{Extended_Pictographic}/u

/** Chooses the description of a report, or null. */
export function chooseDescription(
  profile: DemonstrationProfile,
  service_code: string,
  channel: Channel,
  street: string | null,
  random: Random,
): string | null {
  if (happens(random, profile.shares.no_description)) return null
  const isPossible = (phrase: string) => channel !== 'Phone' || !PICTOGRAPH.test(phrase)
  const { what } = profile.services[service_code]!
  const { where } = profile.phrases
  const more = profile.services[service_code]!.more.filter(isPossible)
  const remarks = profile.phrases.remarks.filter(isPossible)
  const head = pick(random, what)
  if (channel === 'Crew') return `${head}.`
  const hasStreet = street !== null && happens(random, 0.5)
  const first = hasStreet ? `${head} ${pick(random, where).replace('{street}', street)}` : head
  const rest = [
    ...(happens(random, 0.45) ? [pick(random, more)] : []),
    ...(happens(random, 0.25) ? [pick(random, remarks)] : []),
  ]
  if (rest.length === 0) return happens(random, 0.3) ? first.toLowerCase() : first
  return [`${first}.`, ...rest].join(happens(random, 0.12) ? '\n' : ' ')
}
