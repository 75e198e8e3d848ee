import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import type { TargetResponse } from './delivery-outcome.js'
import type { Message } from './message.js'
import { isPrivateLiteral, lookupPublic } from './target-address.js'

/** Posts to targets, keeping connections for what comes next. */
export interface WebhookClient {
  /** Never fails: what went wrong is heard. `cut` ends it at once. */
  post(url: string, message: Message, cut: AbortSignal): Promise<TargetResponse>
  close(): void
}

/** Bytes of an answer that are read; milliseconds that a connection waits for more to send. */
const MAX_READ_BYTES = 4096
const IDLE_TIMEOUT_MS = 20_000

/** `allowPrivate`: also to private networks (EXT-37); `timeout`: milliseconds from look-up to the end of the answer. */
export function createWebhookClient({
  allowPrivate,
  timeout,
}: {
  allowPrivate: boolean
  timeout: number
}): WebhookClient {
  const kept = { keepAlive: true, timeout: IDLE_TIMEOUT_MS }
  const agents = { http: new HttpAgent(kept), https: new HttpsAgent(kept) }

  function once(
    url: URL,
    { headers, body }: Message,
    signal: AbortSignal,
    isKept: boolean,
  ): Promise<TargetResponse | 'stale'> {
    const isSecure = url.protocol === 'https:'
    const agent = isKept ? agents[isSecure ? 'https' : 'http'] : false
    const options = {
      method: 'POST',
      agent,
      signal,
      headers: { 'user-agent': 'georeport', ...headers, 'content-length': Buffer.byteLength(body) },
      ...(allowPrivate ? {} : { lookup: lookupPublic }),
    }
    return new Promise((done) => {
      let isAnswered = false
      const call = (isSecure ? requestHttps : requestHttp)(url, options, (answer) => {
        isAnswered = true
        readBeginning(answer).then((text) => done({ status: answer.statusCode!, text, error: null }))
      })
      call.on('error', (error: NodeJS.ErrnoException) => {
        if (isAnswered) return
        // Most likely the target closed a connection that waited, and has read nothing; else it hears of it twice.
        if (call.reusedSocket && error.code === 'ECONNRESET') done('stale')
        else done(noResponse(signal.aborted ? 'TIMEOUT' : (error.code ?? error.name)))
      })
      call.on('close', () => {
        if (!isAnswered) done(noResponse('CLOSED'))
      })
      call.end(body)
    })
  }

  return {
    post: async (text, message, cut) => {
      if (!URL.canParse(text)) return noResponse('ERR_INVALID_URL')
      const url = new URL(text)
      if (!allowPrivate && isPrivateLiteral(url)) return noResponse('PRIVATE_ADDRESS')
      const ending = new AbortController()
      const end = () => ending.abort()
      const timer = setTimeout(end, timeout)
      cut.addEventListener('abort', end)
      try {
        const heard = await once(url, message, ending.signal, true)
        if (heard !== 'stale') return heard
        const again = await once(url, message, ending.signal, false)
        return again === 'stale' ? noResponse('ECONNRESET') : again
      } finally {
        clearTimeout(timer)
        cut.removeEventListener('abort', end)
      }
    },
    close: () => {
      for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}

function noResponse(fault: string): TargetResponse {
  return { status: null, text: '', error: fault }
}

/** The beginning of an answer; what is longer is not waited for, and the status counts even if the rest never comes. */
async function readBeginning(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let read = 0
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      read += chunk.length
      if (read >= MAX_READ_BYTES) break
    }
  } catch {}
  return Buffer.concat(chunks).toString('utf8').slice(0, MAX_READ_BYTES)
}
