import { addDays, localTime, readWeekday, toInstant } from './calendar.js'
import type { DemonstrationProfile } from './profile.js'
import { happens, normal, pick, type Random } from './random.js'

/** Something the city will say about a service request, and when. */
export interface Step {
  instant: number
  note: string
}

/** What will become of a service request, whether or not it has happened yet. Never closed: closing is null. */
export interface Lifecycle {
  expected: number | null
  progress: Step | null
  closing: Step | null
}

const workBegins = 7 * 3600
const workEnds = 17 * 3600
const leastSeconds = 120

/** The instant itself in working hours (Monday to Friday, 7 to 17), else some time on the next working morning. */
function inWorkingHours(instant: number, timeZone: string, random: Random): number {
  const morning = workBegins + Math.floor(random() * 3 * 3600)
  let { day, seconds } = localTime(instant, timeZone)
  if (readWeekday(day) < 5 && seconds >= workBegins && seconds < workEnds) return instant
  if (seconds >= workEnds) day = addDays(day)
  while (readWeekday(day) > 4) day = addDays(day)
  return Math.max(instant, toInstant(day, morning, timeZone))
}

/** The course of a service request: a log-normal time to close, moved into working hours, and perhaps a note on the way. */
export function chooseLifecycle(
  profile: DemonstrationProfile,
  service_code: string,
  requested: number,
  random: Random,
): Lifecycle {
  const service = profile.services[service_code]!
  const hours = service.median_hours * Math.exp(service.sigma * normal(random))
  const planned = requested + Math.max(leastSeconds, Math.round(hours * 3600))
  const at = (instant: number) =>
    service.around_the_clock ? instant : inWorkingHours(instant, profile.timeZone, random)
  const end = at(planned)
  const closes = !happens(random, service.never)
  const middle = at(requested + Math.round((end - requested) * (0.1 + 0.5 * random())))
  const noted = happens(random, profile.shares.progress) && (!closes || middle < end)
  return {
    expected: service.promised_hours === null ? null : requested + service.promised_hours * 3600,
    progress: noted ? { instant: middle, note: pick(random, service.progress) } : null,
    closing: closes ? { instant: end, note: pick(random, service.done) } : null,
  }
}

/** The course of a duplicate: somebody notices within a working day or two and closes it. */
export function chooseDuplicateLifecycle(
  profile: DemonstrationProfile,
  requested: number,
  note: string,
  random: Random,
): Lifecycle {
  const noticed = requested + Math.round(3600 * (0.3 + 20 * random()))
  return {
    expected: null,
    progress: null,
    closing: { instant: inWorkingHours(noticed, profile.timeZone, random), note },
  }
}
