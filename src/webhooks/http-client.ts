import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import type { TargetResponse } from './delivery-outcome.js'
import type { Message } from './message.js'
import { isPrivateLiteral, lookupPublic } from './target-address.js'

/** Posts messages to targets over keep-alive connections. */
export interface WebhookClient {
  /** Never rejects: failures are in `error` of the result. `signal` aborts the request. */
  post(url: string, message: Message, signal: AbortSignal): Promise<TargetResponse>
  close(): void
}

const MAX_READ_BYTES = 4096
const KEEP_ALIVE_MS = 20_000

/**
 * `allowPrivateTargets`: targets may be in private networks (EXT-37). `timeoutMs` covers a request from the DNS lookup to the end
 * of the response.
 */
export function createWebhookClient({
  allowPrivateTargets,
  timeoutMs,
}: {
  allowPrivateTargets: boolean
  timeoutMs: number
}): WebhookClient {
  const agentOptions = { keepAlive: true, timeout: KEEP_ALIVE_MS }
  const agents = { http: new HttpAgent(agentOptions), https: new HttpsAgent(agentOptions) }

  /** Resolves to 'stale' if the target closed a keep-alive connection before it read the request. */
  function send(
    url: URL,
    { headers, body }: Message,
    signal: AbortSignal,
    canReuseConnection: boolean,
  ): Promise<TargetResponse | 'stale'> {
    const isSecure = url.protocol === 'https:'
    const options = {
      method: 'POST',
      agent: canReuseConnection ? agents[isSecure ? 'https' : 'http'] : false,
      signal,
      headers: { 'user-agent': 'georeport', ...headers, 'content-length': Buffer.byteLength(body) },
      ...(allowPrivateTargets ? {} : { lookup: lookupPublic }),
    }
    return new Promise((resolve) => {
      let hasResponse = false
      const request = (isSecure ? requestHttps : requestHttp)(url, options, (response) => {
        hasResponse = true
        readBeginning(response).then((text) => resolve({ status: response.statusCode!, text, error: null }))
      })
      request.on('error', (error: NodeJS.ErrnoException) => {
        if (hasResponse) return
        // The target most likely closed an idle connection. If it did read the request, it gets it twice.
        if (request.reusedSocket && error.code === 'ECONNRESET') resolve('stale')
        else resolve(noResponse(signal.aborted ? 'TIMEOUT' : (error.code ?? error.name)))
      })
      request.on('close', () => {
        if (!hasResponse) resolve(noResponse('CLOSED'))
      })
      request.end(body)
    })
  }

  return {
    post: async (address, message, signal) => {
      if (!URL.canParse(address)) return noResponse('ERR_INVALID_URL')
      const url = new URL(address)
      if (!allowPrivateTargets && isPrivateLiteral(url)) return noResponse('PRIVATE_ADDRESS')
      const controller = new AbortController()
      const abort = () => controller.abort()
      const timer = setTimeout(abort, timeoutMs)
      signal.addEventListener('abort', abort)
      try {
        const response = await send(url, message, controller.signal, true)
        if (response !== 'stale') return response
        const retried = await send(url, message, controller.signal, false)
        return retried === 'stale' ? noResponse('ECONNRESET') : retried
      } finally {
        clearTimeout(timer)
        signal.removeEventListener('abort', abort)
      }
    },
    close: () => {
      for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}

function noResponse(error: string): TargetResponse {
  return { status: null, text: '', error }
}

/** Reads at most MAX_READ_BYTES of a body. An incomplete body is no error: the status counts. */
async function readBeginning(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes >= MAX_READ_BYTES) break
    }
  } catch {}
  return Buffer.concat(chunks).toString('utf8').slice(0, MAX_READ_BYTES)
}
