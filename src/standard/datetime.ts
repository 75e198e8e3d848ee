/** `YYYY-MM-DDThh:mm:ssZ`, the form that every client parses (GR-DT-02). String order is time order. */
export type Datetime = string

const DATETIME_PATTERN =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?(?:(Z)|([+\- ])(\d{2}):?(\d{2}))?)?$/i

const DAY_MS = 86_400_000
// Four-digit years, with a margin for date windows on both sides.
const EARLIEST = Date.parse('1000-01-01T00:00:00Z')
const LATEST = Date.parse('9000-01-01T00:00:00Z')

/** Defaults for missing parts of a date-time. */
export interface DatetimeOptions {
  /** A date without a time means the first or the last second of the day. */
  edge: 'start' | 'end'
  /** IANA time zone for times without an offset. Default: UTC. */
  zone?: string
}

/**
 * Formats an instant (Unix milliseconds or Date) in UTC with whole seconds, fractions cut (GR-DT-01, 02).
 */
export function formatDatetime(instant: Date | number): Datetime {
  return `${new Date(instant).toISOString().slice(0, 19)}Z`
}

/** Adds days of 24 hours. */
export function addDays(datetime: Datetime, days: number): Datetime {
  return formatDatetime(Date.parse(datetime) + days * DAY_MS)
}

export function subtractSecond(datetime: Datetime): Datetime {
  return formatDatetime(Date.parse(datetime) - 1000)
}

/** Returns the number of days of 24 hours from `start` to `end`, with a fraction. */
export function daysBetween(start: Datetime, end: Datetime): number {
  return (Date.parse(end) - Date.parse(start)) / DAY_MS
}

/**
 * Parses the date-time forms that clients send (GR-DT-03): Z, ±hh:mm, ±hhmm, a space where `+` was
 * URL-decoded, fractions (cut), missing seconds, missing zone, date only. Returns null for other forms
 * and for days and times that do not exist.
 */
export function parseDatetime(text: string, options: DatetimeOptions): Datetime | null {
  const match = DATETIME_PATTERN.exec(text.trim())
  if (!match) return null
  const [, year, month, day, hour, minute, second, zulu, sign, offsetHour, offsetMinute] = match
  const date = [Number(year), Number(month), Number(day)] as const
  const time =
    hour === undefined
      ? options.edge === 'start'
        ? ([0, 0, 0] as const)
        : ([23, 59, 59] as const)
      : ([Number(hour), Number(minute), Number(second ?? 0)] as const)
  const hasOffset = zulu !== undefined || sign !== undefined
  const offsetMinutes = sign ? (sign === '-' ? -1 : 1) * (Number(offsetHour) * 60 + Number(offsetMinute)) : 0
  if (Number(offsetHour ?? 0) > 14 || Number(offsetMinute ?? 0) > 59) return null
  const local = toUtcInstant(date, time)
  if (local === null) return null
  const offsetMs = !hasOffset && options.zone ? localOffsetMs(options.zone, local) : offsetMinutes * 60_000
  const instant = local - offsetMs
  const isInRange = instant >= EARLIEST && instant < LATEST
  return isInRange ? formatDatetime(instant) : null
}

/**
 * Returns Unix milliseconds of a date and time in UTC; null if that day, hour or minute does not exist. A
 * leap second is :59.
 */
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

/** Returns the UTC offset of a time zone at an instant (Unix milliseconds), in milliseconds. */
export function zoneOffsetMs(zone: string, instant: number): number {
  const parts = getFormatter(zone).formatToParts(instant)
  const part = (type: string) => Number(parts.find((each) => each.type === type)!.value)
  return (
    Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')) -
    instant
  )
}

/**
 * Like zoneOffsetMs, but for a local time: `local` is its date and time read as UTC. At a clock change,
 * uses the later offset.
 */
export function localOffsetMs(zone: string, local: number): number {
  return zoneOffsetMs(zone, local - zoneOffsetMs(zone, local))
}

/** Cached by time zone, because construction is far slower than formatting. */
const formatters = new Map<string, Intl.DateTimeFormat>()

function getFormatter(timeZone: string): Intl.DateTimeFormat {
  const cached = formatters.get(timeZone)
  if (cached) return cached
  const numeric = 'numeric' as const
  const formatter = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: numeric,
    month: numeric,
    day: numeric,
    hour: numeric,
    minute: numeric,
    second: numeric,
  })
  formatters.set(timeZone, formatter)
  return formatter
}
