/** An instant in the one form every client reads: `YYYY-MM-DDThh:mm:ssZ` (GR-DT-02). Sorts as a string. */
export type Datetime = string

const DATETIME_PATTERN =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?(?:(Z)|([+\- ])(\d{2}):?(\d{2}))?)?$/i

const DAY_MS = 86_400_000
// Four digits of a year, with room for the windows of a list on both sides.
const EARLIEST = Date.parse('1000-01-01T00:00:00Z')
const LATEST = Date.parse('9000-01-01T00:00:00Z')

/** How to read what a date leaves out. */
export interface DatetimeOptions {
  /** A date without a time is the first or the last second of its day. */
  edge: 'start' | 'end'
  /** IANA zone for times that name none; absent: UTC. */
  zone?: string
}

/** GR-DT-01, 02: `instant` (milliseconds or Date) in UTC, whole seconds, without a fraction. */
export function formatDatetime(instant: Date | number): Datetime {
  return `${new Date(instant).toISOString().slice(0, 19)}Z`
}

/** `datetime` moved by whole days of 24 hours. */
export function addDays(datetime: Datetime, days: number): Datetime {
  return formatDatetime(Date.parse(datetime) + days * DAY_MS)
}

/** The last datetime before `datetime`. */
export function subtractSecond(datetime: Datetime): Datetime {
  return formatDatetime(Date.parse(datetime) - 1000)
}

/** Days of 24 hours from `start` to `end`. */
export function daysBetween(start: Datetime, end: Datetime): number {
  return (Date.parse(end) - Date.parse(start)) / DAY_MS
}

/**
 * Reads what clients really send (GR-DT-03): Z, ±hh:mm, ±hhmm, a blank where a + was url-decoded, fractions (cut),
 * missing seconds, a missing zone, a date alone. Null for anything else, and for days and hours that do not exist.
 */
export function parseDatetime(text: string, reading: DatetimeOptions): Datetime | null {
  const found = DATETIME_PATTERN.exec(text.trim())
  if (!found) return null
  const [, year, month, day, hour, minute, second, , sign, zoneHour, zoneMinute] = found
  const date = [Number(year), Number(month), Number(day)] as const
  const time =
    hour === undefined
      ? reading.edge === 'start'
        ? ([0, 0, 0] as const)
        : ([23, 59, 59] as const)
      : ([Number(hour), Number(minute), Number(second ?? 0)] as const)
  const zoneless = found[7] === undefined && sign === undefined
  const offset = sign ? (sign === '-' ? -1 : 1) * (Number(zoneHour) * 60 + Number(zoneMinute)) : 0
  if (Number(zoneHour ?? 0) > 14 || Number(zoneMinute ?? 0) > 59) return null
  const instant = toUtcInstant(date, time)
  if (instant === null) return null
  const shifted =
    zoneless && reading.zone ? instant - localOffsetMs(reading.zone, instant) : instant - offset * 60_000
  const inRange = shifted >= EARLIEST && shifted < LATEST
  return inRange ? formatDatetime(shifted) : null
}

/** Milliseconds of a calendar date and clock time read as UTC, or null if there is no such day, hour or minute. */
function toUtcInstant(
  [year, month, day]: readonly [number, number, number],
  [h, m, s]: readonly [number, number, number],
) {
  if (h > 23 || m > 59 || s > 60) return null
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null
  return date.getTime() + (h * 3600 + m * 60 + Math.min(s, 59)) * 1000
}

/** Milliseconds that the clocks of `zone` are ahead of UTC at an instant. */
export function zoneOffsetMs(zone: string, instant: number): number {
  const parts = getClock(zone).formatToParts(instant)
  const part = (type: string) => Number(parts.find((each) => each.type === type)!.value)
  return (
    Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')) -
    instant
  )
}

/** The same when its clocks show `local`; at a change of clocks, the later offset. */
export function localOffsetMs(zone: string, local: number): number {
  return zoneOffsetMs(zone, local - zoneOffsetMs(zone, local))
}

/** Making one costs far more than using it. */
const clocks = new Map<string, Intl.DateTimeFormat>()

function getClock(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone)
  if (known) return known
  const numeric = 'numeric' as const
  const clock = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: numeric,
    month: numeric,
    day: numeric,
    hour: numeric,
    minute: numeric,
    second: numeric,
  })
  clocks.set(timeZone, clock)
  return clock
}
