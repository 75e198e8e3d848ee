/** Days and clocks of one city. A day is 'YYYY-MM-DD' in the city's zone; an instant is whole seconds since 1970 UTC. */

const daySeconds = 86400

const clocks = new Map<string, Intl.DateTimeFormat>()

function wallClock(timeZone: string): Intl.DateTimeFormat {
  let clock = clocks.get(timeZone)
  if (!clock) {
    // sv-SE writes YYYY-MM-DD HH:MM:SS
    clock = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
    clocks.set(timeZone, clock)
  }
  return clock
}

/** The local wall clock at an instant, read as if it were UTC. */
function wallSeconds(instant: number, timeZone: string): number {
  return (
    Date.parse(
      `${wallClock(timeZone)
        .format(instant * 1000)
        .replace(' ', 'T')}Z`,
    ) / 1000
  )
}

/** Midnight UTC of a day, in seconds: for counting days, not for clocks. */
function dayNumber(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) / 1000
}

/** The day a number of days later (or earlier, when negative). */
export function addDays(day: string, days = 1): string {
  return new Date((dayNumber(day) + days * daySeconds) * 1000).toISOString().slice(0, 10)
}

/** 0 = Monday … 6 = Sunday. */
export function readWeekday(day: string): number {
  return (new Date(dayNumber(day) * 1000).getUTCDay() + 6) % 7
}

/** 1 = January … 12 = December. */
export function readMonth(day: string): number {
  return Number(day.slice(5, 7))
}

/**
 * The instant at which the city's clock shows this many seconds after midnight. A time in the hour skipped in spring moves
 * by that hour.
 */
export function toInstant(day: string, seconds: number, timeZone: string): number {
  const wall = dayNumber(day) + seconds
  const first = wall - (wallSeconds(wall, timeZone) - wall)
  return wall - (wallSeconds(first, timeZone) - first)
}

/** The city's day and seconds after midnight at an instant. */
export function localTime(instant: number, timeZone: string): { day: string; seconds: number } {
  const wall = wallSeconds(instant, timeZone)
  const seconds = ((wall % daySeconds) + daySeconds) % daySeconds
  return { day: new Date((wall - seconds) * 1000).toISOString().slice(0, 10), seconds }
}

/** YYYY-MM-DDThh:mm:ssZ (GR-DT-02). */
export function timestamp(instant: number): string {
  return `${new Date(instant * 1000).toISOString().slice(0, 19)}Z`
}
