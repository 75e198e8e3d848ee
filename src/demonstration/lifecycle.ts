import { addDays, localTime, readWeekday, toInstant } from './calendar.js'
import type { DemonstrationProfile } from './profile.js'
import { happens, normal, pick, type Random } from './random.js'

/** A status note of the city, and when it is written. */
export interface Step {
  instant: number
  note: string
}

/** The planned lifecycle of a service request. `closing` is null if it is never closed. */
export interface Lifecycle {
  expected: number | null
  progress: Step | null
  closing: Step | null
}

const WORK_START_SECONDS = 7 * 3600
const WORK_END_SECONDS = 17 * 3600
const MIN_DURATION_SECONDS = 120

/** Returns an instant in working hours (Monday to Friday, 7 to 17) unchanged, else a time on the next working morning. */
function moveToWorkingHours(instant: number, timeZone: string, random: Random): number {
  const morning = WORK_START_SECONDS + Math.floor(random() * 3 * 3600)
  let { day, seconds } = localTime(instant, timeZone)
  if (readWeekday(day) < 5 && seconds >= WORK_START_SECONDS && seconds < WORK_END_SECONDS) return instant
  if (seconds >= WORK_END_SECONDS) day = addDays(day)
  while (readWeekday(day) > 4) day = addDays(day)
  return Math.max(instant, toInstant(day, morning, timeZone))
}

/**
 * Chooses the lifecycle of a service request: a log-normal time to close, moved to working hours, and possibly a note
 * before.
 */
export function chooseLifecycle(
  profile: DemonstrationProfile,
  service_code: string,
  requested: number,
  random: Random,
): Lifecycle {
  const service = profile.services[service_code]!
  const hours = service.median_hours * Math.exp(service.sigma * normal(random))
  const planned = requested + Math.max(MIN_DURATION_SECONDS, Math.round(hours * 3600))
  const moveToService = (instant: number) =>
    service.around_the_clock ? instant : moveToWorkingHours(instant, profile.timeZone, random)
  const end = moveToService(planned)
  const isClosed = !happens(random, service.never)
  const middle = moveToService(requested + Math.round((end - requested) * (0.1 + 0.5 * random())))
  const hasNote = happens(random, profile.shares.progress) && (!isClosed || middle < end)
  return {
    expected: service.promised_hours === null ? null : requested + service.promised_hours * 3600,
    progress: hasNote ? { instant: middle, note: pick(random, service.progress) } : null,
    closing: isClosed ? { instant: end, note: pick(random, service.done) } : null,
  }
}

/** Chooses the lifecycle of a duplicate: it is closed within one or two working days. */
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
    closing: { instant: moveToWorkingHours(noticed, profile.timeZone, random), note },
  }
}
