import { afterAll, afterEach, beforeAll, vi } from 'vitest'
import { type EventSource, openEventStream } from '../harness/event-source.js'
import { georeport, type ServerProcess, type Storage, startServer } from '../harness/server-process.js'

export const JURISDICTION_ID = 'harbourview.example'
export const MAX_SUBSCRIBERS = 4
/** A timeout far above the usual time. */
export const POLL_OPTIONS = { timeout: 30_000 }
/** Longer than any test that does not wait for a timeout. */
export const LONG_WAIT_S = 60

export interface Entry {
  seq: number
  change_type: string
  service_request_id: string
  service_request: { description: string } | null
}

const ENVIRONMENT = {
  DEMO: 'false',
  IDLE_TIMEOUT: '3000',
  MAX_SUBSCRIBERS: String(MAX_SUBSCRIBERS),
  MAX_WAIT: String(LONG_WAIT_S),
}

/** Starts a server with two jurisdictions, and creates a key. */
export async function startFeedServer(
  storage: Storage,
  environment: Record<string, string> = {},
): Promise<[ServerProcess, string]> {
  const served = await startServer(storage, { ...ENVIRONMENT, ...environment })
  await georeport(served.environment, 'load', 'fixtures/two-towns')
  const key = (await georeport(served.environment, 'keys', 'create', '--name', 'k')).out
  // The server loads the key a moment after the command has ended.
  while ((await file({ served, key }, '')).status !== 200) await new Promise((done) => setTimeout(done, 20))
  return [served, key]
}

export function file(
  { served, key }: { served: ServerProcess; key: string },
  description: string,
): Promise<Response> {
  return fetch(`${served.origin}/open311/v2/requests.json`, {
    method: 'POST',
    body: new URLSearchParams({
      api_key: key,
      jurisdiction_id: JURISDICTION_ID,
      service_code: 'POTHOLE',
      address_string: 'Quay 1',
      description,
    }),
  })
}

export const getChangesUrl = (served: ServerProcess, query = '') =>
  `${served.origin}/open311/v2/changes?jurisdiction_id=${JURISDICTION_ID}${query}`

/** The descriptions of the service requests in the events of a stream. */
export const getDescriptions = ({ events }: EventSource) =>
  events.map(({ data }) => JSON.parse(data).service_request.description)

/** A server for the tests of a `describe`, and clients of its feed. Streams are closed after each test. */
export function serveFeed(create: () => Promise<Storage>) {
  let storage: Storage
  let served: ServerProcess
  let key: string
  const opened: EventSource[] = []
  const readChanges = async (after: number, query = '') => {
    const response = await fetch(getChangesUrl(served, `&after=${after}${query}`), {
      headers: { accept: 'application/json' },
    })
    return { status: response.status, headers: response.headers, entries: (await response.json()) as Entry[] }
  }
  const lastSeq = async () => Number((await readChanges(0, '&limit=1')).headers.get('x-last-seq'))

  beforeAll(async () => {
    storage = await create()
    ;[served, key] = await startFeedServer(storage)
    // The service request that startFeedServer filed.
    await vi.waitUntil(async () => (await lastSeq()) === 1, POLL_OPTIONS)
  })
  afterEach(async () => {
    for (const each of opened.splice(0)) each.close()
  })
  afterAll(async () => {
    await served?.stop()
    await storage?.remove()
  })

  return {
    served: () => served,
    /** Starts the stopped server again. */
    restart: async () => {
      served = await startServer(storage, ENVIRONMENT)
    },
    /** The URL of the feed. */
    changes: (query = '') => getChangesUrl(served, query),
    /** The streams of this test. */
    opened,
    open: async (query = '', headers: Record<string, string> = {}) => {
      const source = await openEventStream(getChangesUrl(served, query), headers)
      opened.push(source)
      return source
    },
    file: (description: string) => file({ served, key }, description),
    readChanges,
    lastSeq,
  }
}
