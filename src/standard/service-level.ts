import type { Jurisdiction, Service } from './catalog.js'
import { type Datetime, formatDatetime, localOffsetMs, zoneOffsetMs } from './datetime.js'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const MAX_SEARCH_DAYS = 36_500

/**
 * Computes expected_datetime of a service request filed at `from` (GR-LIST-10, EXT-31); null without a
 * target. Hours are elapsed hours. Working days keep the local time of day; a request filed on a day off
 * counts from the start (00:00) of the next working day.
 */
export function computeExpectedDatetime(
  { target_hours, target_days }: Pick<Service, 'target_hours' | 'target_days'>,
  calendar: Pick<Jurisdiction, 'time_zone' | 'working_days' | 'days_off'>,
  from: Datetime,
): Datetime | null {
  if (target_hours !== null) return formatDatetime(Date.parse(from) + target_hours * HOUR_MS)
  if (target_days === null) return null
  const { time_zone } = calendar
  // Local date and time, read as UTC.
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
  // Bounds the search for calendars without working days.
  const isBeyondLimit = (at: number) => at - local > MAX_SEARCH_DAYS * DAY_MS
  if (!isWorking(day)) time = 0
  while (!isWorking(day) && !isBeyondLimit(day)) day += DAY_MS
  for (let remaining = target_days; remaining > 0 && !isBeyondLimit(day); ) {
    day += DAY_MS
    if (isWorking(day)) remaining--
  }
  return formatDatetime(day + time - localOffsetMs(time_zone, day + time))
}
