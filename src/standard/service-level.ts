import type { Jurisdiction, Service } from './catalog.js'
import { type Datetime, formatDatetime } from './datetime.js'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/**
 * When a service request of `service` that was made at `from` is expected to be done (GR-LIST-10); null without a
 * target. Hours count round the clock. Working days end at the same time of day as they began, by the clocks of the
 * jurisdiction; what comes on a day off counts from the beginning of the next working day.
 */
export function expectedOf(
  { target_hours, target_days }: Pick<Service, 'target_hours' | 'target_days'>,
  calendar: Pick<Jurisdiction, 'time_zone' | 'working_days' | 'days_off'>,
  from: Datetime,
): Datetime | null {
  if (target_hours !== null) return formatDatetime(Date.parse(from) + target_hours * HOUR)
  if (target_days === null) return null
  const local = localOf(Date.parse(from), calendar.time_zone)
  let day = Math.floor(local / DAY) * DAY
  let time = local - day
  const isWorking = (at: number) => {
    const date = new Date(at)
    return (
      calendar.working_days.includes(date.getUTCDay() || 7) &&
      !calendar.days_off.includes(date.toISOString().slice(0, 10))
    )
  }
  // A calendar that is all holidays ends some day.
  const isEndless = (at: number) => at - local > 36_500 * DAY
  if (!isWorking(day)) time = 0
  while (!isWorking(day) && !isEndless(day)) day += DAY
  for (let left = target_days; left > 0 && !isEndless(day); ) {
    day += DAY
    if (isWorking(day)) left--
  }
  return formatDatetime(instantOf(day + time, calendar.time_zone))
}

/** The reading of a wall clock at an instant, as if it were UTC. */
function localOf(instant: number, timeZone: string): number {
  const parts = clockOf(timeZone).formatToParts(instant)
  const part = (type: string) => Number(parts.find((each) => each.type === type)!.value)
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
}

/** The instant at which a wall clock reads `local`; the later one where it is read twice or never. */
function instantOf(local: number, timeZone: string): number {
  const guess = local - (localOf(local, timeZone) - local)
  return local - (localOf(guess, timeZone) - guess)
}

const clocks = new Map<string, Intl.DateTimeFormat>()

function clockOf(timeZone: string): Intl.DateTimeFormat {
  let clock = clocks.get(timeZone)
  if (!clock) {
    clock = new Intl.DateTimeFormat('en-u-ca-iso8601-hc-h23', {
      timeZone,
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    clocks.set(timeZone, clock)
  }
  return clock
}
