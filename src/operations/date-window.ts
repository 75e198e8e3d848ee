import { addDays, type Datetime, daysBetween } from '../standard/datetime.js'
import { refuse } from '../standard/refusal.js'
import type { GeoReportRequest } from './operation.js'

/**
 * Resolves start_date and end_date to a window of at most `limits.listDays` days (GR-LIST-05). One date
 * alone determines the other; default: the most recent days (GR-LIST-06, A-15).
 */
export function resolveDateWindow(
  {
    start_date: start,
    end_date: end,
  }: { start_date?: Datetime | undefined; end_date?: Datetime | undefined },
  { args, now, limits }: Pick<GeoReportRequest, 'args' | 'now' | 'limits'>,
): { start: Datetime; end: Datetime | null } {
  if (start && end) {
    if (start > end) refuse('A-16', 400, 'start_date is later than end_date.')
    // An end_date without a time includes its whole day, which does not count.
    const isWholeDay = /^\s*\d{4}-\d\d-\d\d\s*$/.test(args.get('end_date')![0]!)
    const days = daysBetween(start, end)
    if ((isWholeDay ? Math.floor(days) : days) > limits.listDays) {
      refuse('GR-LIST-05', 400, `start_date and end_date may be at most ${limits.listDays} days apart.`)
    }
    return { start, end }
  }
  if (start) return { start, end: addDays(start, limits.listDays) }
  if (end) return { start: addDays(end, -limits.listDays), end }
  return { start: addDays(now, -limits.listDays), end: null }
}
