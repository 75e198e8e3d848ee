import { z } from 'zod'
import { serviceRequests } from '../documents/service-requests.js'
import { addDays, type Datetime, daysBetween } from '../standard/datetime.js'
import { Faults, refuse } from '../standard/refusal.js'
import { STATUSES, type Status } from '../standard/terms.js'
import { findServiceRequests, listServiceRequests } from '../store/service-requests.js'
import { datetime, read, values } from './arguments.js'
import { type Call, operation } from './operation.js'

/** GR-LIST-01: so many ids may be asked for at once, whatever the cap of a list is. */
const MOST_IDS = 1000

const filters = z.object({
  service_code: values, // GR-LIST-02
  // GR-LIST-03, A-20: in any case, but nothing else.
  status: values.transform((said, context) => {
    const known: readonly string[] = STATUSES
    const statuses = [...new Set(said.map((status) => status.toLowerCase()))]
    if (!statuses.every((status) => known.includes(status))) {
      context.addIssue({
        code: 'custom',
        message: 'has to be open, closed or both',
        params: { rule: 'A-20' },
      })
    }
    return statuses as Status[]
  }),
  start_date: datetime('start'), // GR-LIST-04
  end_date: datetime('end'),
})

/** GET service requests: by ids, or by service, status and time; newest first (GR-LIST-08, 09, A-14). */
export const getServiceRequests = operation({
  name: 'GET service requests',
  method: 'GET',
  path: '/requests',
  document: serviceRequests,
  plan: (call) => {
    const place = { jurisdiction_id: call.jurisdiction.jurisdiction_id, endpoint: call.endpoint }
    // GR-LIST-01: ids override every other filter, broken ones too.
    const ids = values.parse(call.said.get('service_request_id'))
    if (ids.length > MOST_IDS)
      refuse('A-19', 400, `service_request_id: at most ${MOST_IDS} ids may be given at once.`)
    if (ids.length > 0) return { ...place, service_request_ids: ids }
    const faults = new Faults()
    const said = read(filters, call.said, 'GR-LIST-11', faults)
    faults.refuse()
    return {
      ...place,
      ...periodOf(said, call),
      service_codes: said.service_code,
      statuses: said.status,
      rows: call.limits.listRows,
    }
  },
  answer: (plan, store) =>
    'service_request_ids' in plan ? findServiceRequests(store, plan) : listServiceRequests(store, plan),
})

/** The time asked for: at most so many days (GR-LIST-05), the most recent ones by default (GR-LIST-06, A-15). */
function periodOf(
  {
    start_date: start,
    end_date: end,
  }: { start_date?: Datetime | undefined; end_date?: Datetime | undefined },
  { said, now, limits }: Pick<Call, 'said' | 'now' | 'limits'>,
): { start: Datetime; end: Datetime | null } {
  if (start && end) {
    if (start > end) refuse('A-16', 400, 'start_date is later than end_date.')
    // A last day that is named by its date alone is in the list with all its seconds.
    const isWholeDay = /^\s*\d{4}-\d\d-\d\d\s*$/.test(said.get('end_date')![0]!)
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
