import type { Jurisdiction, Service } from './catalog.js'
import { aheadOfUtc, type Datetime, formatDatetime, offsetOf } from './datetime.js'

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
  const { time_zone } = calendar
  // What the clocks show, as if it were UTC.
  const local = Date.parse(from) + aheadOfUtc(time_zone, Date.parse(from))
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
  return formatDatetime(day + time - offsetOf(time_zone, day + time))
}
