import { z } from 'zod'
import { changes } from '../documents/changes.js'
import { presentChange } from '../documents/present-change.js'
import { withDescription } from '../http/argument-docs.js'
import { integer, parseArguments } from '../http/arguments.js'
import { toEndpointScope } from '../http/endpoint-scope.js'
import type { Jurisdiction } from '../standard/catalog.js'
import { Faults, refuse } from '../standard/refusal.js'
import { type ChangeFeedPlan, findLastSeqs, listChanges } from '../store/events/change-feed.js'
import { defineOperation, type GeoReportRequest } from './operation.js'

const DEFAULT_LIMIT = 100
const MAX_LIMIT = 1000

const schema = z.object({
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

/** Arguments that the link to the next page repeats. */
const REPEATED_ARGUMENTS = ['jurisdiction_id', 'limit', 'wait'] as const

interface Planned extends ChangeFeedPlan {
  jurisdiction: Jurisdiction
  /** Longest long poll, in ms. */
  wait: number
  isStream: boolean
  repeatedArguments: Readonly<Record<string, string>>
}

/** EXT-35: the change feed, in order of publication; EXT-36: the same as an event stream. */
export const getChanges = defineOperation({
  name: 'GET changes',
  method: 'GET',
  path: '/changes',
  summary: 'Lists changes of public service requests in order of publication; also as an event stream.',
  arguments: schema,
  listFormats: ['ndjson'],
  document: changes,
  isJsonOnly: true,
  plan: (request): Planned => {
    const { args, jurisdiction, stream, limits } = request
    const faults = new Faults()
    const { after = 0, limit = DEFAULT_LIMIT, wait = 0 } = parseArguments(schema, args, 'EXT-35', faults)
    const { waitSeconds } = limits
    if (wait > waitSeconds) faults.add('EXT-35', 400, `wait is at most ${waitSeconds} seconds.`)
    faults.refuse()
    return {
      jurisdiction,
      ...toEndpointScope(request),
      after: readLastEventId(request) ?? after,
      limit,
      wait: stream ? stream.wait : wait * 1000,
      isStream: stream !== null,
      repeatedArguments: Object.fromEntries(
        REPEATED_ARGUMENTS.flatMap((name) => {
          const [value] = args.get(name) ?? []
          return value === undefined ? [] : [[name, value]]
        }),
      ),
    }
  },
  longPolls: (plan) => plan.isStream || plan.wait > 0,
  query: async (plan, { store, pollChanges }) => {
    const entries = pollChanges ? await pollChanges(plan, plan.wait) : await listChanges(store, plan)
    const value = entries.map((entry) => presentChange(entry, plan.jurisdiction))
    const after = entries.at(-1)?.seq ?? plan.after
    if (plan.isStream) return { value, lastEventId: String(after) }
    const [lastSeq] = await findLastSeqs(store, [plan])
    // On the last page too: the client polls with it.
    const next = new URLSearchParams({ ...plan.repeatedArguments, after: String(after) })
    return {
      value,
      headers: {
        link: `<?${next}>; rel="next"`,
        'x-last-seq': String(lastSeq),
        'cache-control': 'no-store',
      },
    }
  },
})

/** EXT-36: `Last-Event-ID` of a client that reconnects; it overrides `after`. */
function readLastEventId({ stream }: GeoReportRequest): number | undefined {
  const lastEventId = stream?.lastEventId?.trim()
  if (!lastEventId) return undefined
  const seq = /^\d{1,16}$/.test(lastEventId) ? Number(lastEventId) : Number.NaN
  return Number.isSafeInteger(seq) ? seq : refuse('EXT-36', 400, 'Last-Event-ID is not the id of an event.')
}
