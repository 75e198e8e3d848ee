/** Local days and times. A day is 'YYYY-MM-DD' in the city's time zone; an instant is whole seconds since 1970 UTC. */

const DAY_SECONDS = 86400

const formats = new Map<string, Intl.DateTimeFormat>()

function getFormat(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone)
  if (!format) {
    // sv-SE formats as YYYY-MM-DD HH:MM:SS.
    format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
    formats.set(timeZone, format)
  }
  return format
}

/** The local time of an instant, as an instant in UTC with the same digits. */
function toLocalSeconds(instant: number, timeZone: string): number {
  return (
    Date.parse(
      `${getFormat(timeZone)
        .format(instant * 1000)
        .replace(' ', 'T')}Z`,
    ) / 1000
  )
}

/** Midnight UTC of a day, in seconds. For calendar arithmetic only. */
function toUtcMidnight(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) / 1000
}

/** Adds days to a day; `days` may be negative. */
export function addDays(day: string, days = 1): string {
  return new Date((toUtcMidnight(day) + days * DAY_SECONDS) * 1000).toISOString().slice(0, 10)
}

/** 0 = Monday … 6 = Sunday. */
export function readWeekday(day: string): number {
  return (new Date(toUtcMidnight(day) * 1000).getUTCDay() + 6) % 7
}

/** 1 = January … 12 = December. */
export function readMonth(day: string): number {
  return Number(day.slice(5, 7))
}

/**
 * Converts a local time, in seconds after midnight, to an instant. A time in the hour that daylight saving skips moves by
 * that hour.
 */
export function toInstant(day: string, seconds: number, timeZone: string): number {
  const local = toUtcMidnight(day) + seconds
  // The second step corrects the offset if the first one crosses a change of daylight saving.
  const estimate = local - (toLocalSeconds(local, timeZone) - local)
  return local - (toLocalSeconds(estimate, timeZone) - estimate)
}

/** Converts an instant to the local day and seconds after midnight. */
export function localTime(instant: number, timeZone: string): { day: string; seconds: number } {
  const local = toLocalSeconds(instant, timeZone)
  const seconds = ((local % DAY_SECONDS) + DAY_SECONDS) % DAY_SECONDS
  return { day: new Date((local - seconds) * 1000).toISOString().slice(0, 10), seconds }
}

/** Formats an instant as YYYY-MM-DDThh:mm:ssZ (GR-DT-02). */
export function timestamp(instant: number): string {
  return `${new Date(instant * 1000).toISOString().slice(0, 19)}Z`
}
