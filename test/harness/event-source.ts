import { get, type IncomingMessage } from 'node:http'

/** An event as the server sent it. */
export interface SentEvent {
  id: string
  event: string
  data: string
}

/** A client of Server-Sent Events that collects all events. */
export interface EventSource {
  status: number
  headers: IncomingMessage['headers']
  /** The body as text, for a response that is not a stream. */
  text(): string
  events: SentEvent[]
  /** The number of comments (heartbeats). */
  comments(): number
  /** `whole`: the server ended the response, `cut`: the connection was closed before, null: still open. */
  ended(): 'whole' | 'cut' | null
  /** Stops reading and keeps the connection open. */
  pause(): void
  resume(): void
  close(): void
}

/** Opens a stream; resolves when the headers have arrived. */
export function openEventStream(url: string, headers: Record<string, string> = {}): Promise<EventSource> {
  return new Promise((done, fail) => {
    const request = get(
      url,
      { agent: false, headers: { accept: 'text/event-stream', ...headers } },
      (response) => {
        const events: SentEvent[] = []
        let comments = 0
        let ended: 'whole' | 'cut' | null = null
        let rest = ''
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          text += chunk
          const blocks = (rest + chunk).split('\n\n')
          rest = blocks.pop()!
          for (const block of blocks) {
            if (block.startsWith(':')) comments++
            else events.push(parseEvent(block))
          }
        })
        response.on('end', () => {
          ended ??= 'whole'
        })
        response.on('close', () => {
          ended ??= 'cut'
        })
        response.on('error', () => {})
        done({
          status: response.statusCode!,
          headers: response.headers,
          text: () => text,
          events,
          comments: () => comments,
          ended: () => ended,
          pause: () => response.pause(),
          resume: () => response.resume(),
          close: () => request.destroy(),
        })
      },
    )
    request.on('error', fail)
  })
}

function parseEvent(block: string): SentEvent {
  const fields = block.split('\n').map((line) => /^(\w+): (.*)$/.exec(line)!.slice(1) as [string, string])
  return Object.fromEntries(fields) as unknown as SentEvent
}
