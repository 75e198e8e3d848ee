import { z } from 'zod'
import { changes } from '../documents/changes.js'
import { presentChange } from '../documents/present-change.js'
import { withDescription } from '../http/argument-docs.js'
import { integer, parseArguments } from '../http/arguments.js'
import type { Jurisdiction } from '../standard/catalog.js'
import { Faults, refuse } from '../standard/refusal.js'
import { type ChangeFeedPlan, findLastSeqs, listChanges } from '../store/events/change-feed.js'
import { type GeoReportRequest, operation } from './operation.js'

/** Entries in one answer: by default, and at most. */
const DEFAULT_LIMIT = 100
const MAX_LIMIT = 1000

const filters = z.object({
  after: withDescription(
    integer(0, Number.MAX_SAFE_INTEGER, 'EXT-35'),
    'seq of the last entry that the client has. Default: 0, from the first entry.',
  ),
  limit: withDescription(
    integer(1, MAX_LIMIT, 'EXT-35'),
    `Maximum number of entries. Default: ${DEFAULT_LIMIT}.`,
  ),
  wait: withDescription(
    integer(0, Number.MAX_SAFE_INTEGER, 'EXT-35'),
    'Long polling: seconds to wait if there is no entry yet. Default: 0. The server limits it, by default to 60.',
  ),
})

interface Planned extends ChangeFeedPlan {
  jurisdiction: Jurisdiction
  /** Milliseconds. */
  wait: number
  isStream: boolean
  /** What was said, but for where to begin. */
  query: Readonly<Record<string, string>>
}

/** EXT-35: what happened to public service requests, in the order in which it was told; EXT-36: as it happens. */
export const getChanges = operation({
  name: 'GET changes',
  method: 'GET',
  path: '/changes',
  summary: 'Lists changes of public service requests in order of publication; also as an event stream.',
  arguments: filters,
  listFormats: ['ndjson'],
  document: changes,
  isJsonOnly: true,
  plan: (call): Planned => {
    const { jurisdiction, endpoint, stream } = call
    const faults = new Faults()
    const said = parseArguments(filters, call.args, 'EXT-35', faults)
    const { waitSeconds } = call.limits
    if (said.wait !== undefined && said.wait > waitSeconds)
      faults.add('EXT-35', 400, `wait is at most ${waitSeconds} seconds.`)
    faults.refuse()
    return {
      jurisdiction,
      jurisdiction_id: jurisdiction.jurisdiction_id,
      endpoint,
      after: readLastEventId(call) ?? said.after ?? 0,
      limit: said.limit ?? DEFAULT_LIMIT,
      wait: stream ? stream.wait : (said.wait ?? 0) * 1000,
      isStream: stream !== null,
      query: Object.fromEntries(
        ['jurisdiction_id', 'limit', 'wait'].flatMap((name) => {
          const [value] = call.args.get(name) ?? []
          return value === undefined ? [] : [[name, value]]
        }),
      ),
    }
  },
  longPolls: (plan) => plan.isStream || plan.wait > 0,
  query: async (plan, { store, pollChanges }) => {
    const listed = pollChanges ? await pollChanges(plan, plan.wait) : await listChanges(store, plan)
    const value = listed.map((change) => presentChange(change, plan.jurisdiction))
    const after = listed.at(-1)?.seq ?? plan.after
    if (plan.isStream) return { value, lastEventId: String(after) }
    const [last] = await findLastSeqs(store, [plan])
    // Always: who has come to the end asks there again.
    const link = `<?${new URLSearchParams({ ...plan.query, after: String(after) })}>; rel="next"`
    return { value, headers: { link, 'x-last-seq': String(last), 'cache-control': 'no-store' } }
  },
})

/** EXT-36: a client that comes back says what it has by a header, and the rest as it did before. */
function readLastEventId({ stream }: GeoReportRequest): number | undefined {
  const given = stream?.lastEventId?.trim()
  if (!given) return undefined
  const seq = /^\d{1,16}$/.test(given) ? Number(given) : Number.NaN
  return Number.isSafeInteger(seq) ? seq : refuse('EXT-36', 400, 'Last-Event-ID is not the id of an event.')
}
