import type { Jurisdiction, Service } from './catalog.js'
import { type Datetime, formatDatetime, localOffsetMs, zoneOffsetMs } from './datetime.js'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/**
 * When a service request of `service` that was made at `from` is expected to be done (GR-LIST-10); null without a
 * target. Hours count round the clock. Working days end at the same time of day as they began, by the clocks of the
 * jurisdiction; what comes on a day off counts from the beginning of the next working day.
 */
export function computeExpectedDatetime(
  { target_hours, target_days }: Pick<Service, 'target_hours' | 'target_days'>,
  calendar: Pick<Jurisdiction, 'time_zone' | 'working_days' | 'days_off'>,
  from: Datetime,
): Datetime | null {
  if (target_hours !== null) return formatDatetime(Date.parse(from) + target_hours * HOUR_MS)
  if (target_days === null) return null
  const { time_zone } = calendar
  // What the clocks show, as if it were UTC.
  const local = Date.parse(from) + zoneOffsetMs(time_zone, Date.parse(from))
  let day = Math.floor(local / DAY_MS) * DAY_MS
  let time = local - day
  const isWorking = (at: number) => {
    const date = new Date(at)
    return (
      calendar.working_days.includes(date.getUTCDay() || 7) &&
      !calendar.days_off.includes(date.toISOString().slice(0, 10))
    )
  }
  // A calendar that is all holidays ends some day.
  const isEndless = (at: number) => at - local > 36_500 * DAY_MS
  if (!isWorking(day)) time = 0
  while (!isWorking(day) && !isEndless(day)) day += DAY_MS
  for (let left = target_days; left > 0 && !isEndless(day); ) {
    day += DAY_MS
    if (isWorking(day)) left--
  }
  return formatDatetime(day + time - localOffsetMs(time_zone, day + time))
}
