import { addDays, type Datetime, daysBetween } from '../standard/datetime.js'
import { refuse } from '../standard/refusal.js'
import type { GeoReportRequest } from './operation.js'

/** The time asked for: at most so many days (GR-LIST-05), the most recent ones by default (GR-LIST-06, A-15). */
export function resolveDateWindow(
  {
    start_date: start,
    end_date: end,
  }: { start_date?: Datetime | undefined; end_date?: Datetime | undefined },
  { args, now, limits }: Pick<GeoReportRequest, 'args' | 'now' | 'limits'>,
): { start: Datetime; end: Datetime | null } {
  if (start && end) {
    if (start > end) refuse('A-16', 400, 'start_date is later than end_date.')
    // A last day that is named by its date alone is in the list with all its seconds.
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
