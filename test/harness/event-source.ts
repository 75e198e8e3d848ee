import { get, type IncomingMessage } from 'node:http'

/** An event as it was sent. */
export interface SentEvent {
  id: string
  event: string
  data: string
}

/** A client of Server-Sent Events that keeps all that it hears. */
export interface EventSource {
  status: number
  headers: IncomingMessage['headers']
  /** Of an answer that is no stream. */
  text(): string
  events: SentEvent[]
  /** How many comments there were: signs of life. */
  comments(): number
  /** How it ended; null: it goes on. */
  ended(): 'whole' | 'cut' | null
  /** Reads no more, and keeps the connection. */
  pause(): void
  resume(): void
  close(): void
}

/** Opens a stream; gives it as soon as it has headers. */
export function openEventStream(url: string, headers: Record<string, string> = {}): Promise<EventSource> {
  return new Promise((done, fail) => {
    const call = get(
      url,
      { agent: false, headers: { accept: 'text/event-stream', ...headers } },
      (answer) => {
        const events: SentEvent[] = []
        let comments = 0
        let ended: 'whole' | 'cut' | null = null
        let rest = ''
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (chunk: string) => {
          text += chunk
          const blocks = (rest + chunk).split('\n\n')
          rest = blocks.pop()!
          for (const block of blocks) {
            if (block.startsWith(':')) comments++
            else events.push(parseEvent(block))
          }
        })
        answer.on('end', () => {
          ended ??= 'whole'
        })
        answer.on('close', () => {
          ended ??= 'cut'
        })
        answer.on('error', () => {})
        done({
          status: answer.statusCode!,
          headers: answer.headers,
          text: () => text,
          events,
          comments: () => comments,
          ended: () => ended,
          pause: () => answer.pause(),
          resume: () => answer.resume(),
          close: () => call.destroy(),
        })
      },
    )
    call.on('error', fail)
  })
}

function parseEvent(block: string): SentEvent {
  const fields = block.split('\n').map((line) => /^(\w+): (.*)$/.exec(line)!.slice(1) as [string, string])
  return Object.fromEntries(fields) as unknown as SentEvent
}
