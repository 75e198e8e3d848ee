import type { Context } from 'hono'
import { type Body, bodyOf } from './formats/form.js'
import { refuse } from './standard/refusal.js'

/** The body of a POST as arguments; null: none. */
export async function readBody(context: Context, most: number): Promise<Body | null> {
  const bytes = await readBytes(context, most)
  return bytes && bodyOf(context.req.header('content-type') ?? null, bytes)
}

/**
 * Reads the body of a call, of at most `most` bytes: a longer one is refused without reading the rest. From the
 * connection itself where there is one: a Request would make it a stream of streams.
 */
export async function readBytes(
  { req, env }: Context,
  most: number,
): Promise<Uint8Array<ArrayBuffer> | null> {
  if (Number(req.header('content-length') ?? 0) > most) tooLong(most)
  const { incoming } = (env ?? {}) as { incoming?: AsyncIterable<Uint8Array> }
  const source = incoming ?? (req.raw.body as AsyncIterable<Uint8Array> | null)
  if (!source) return null
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of source) {
      length += chunk.length
      if (length > most) tooLong(most)
      chunks.push(chunk)
    }
  } catch (error) {
    // Who hangs up hears no answer, and nothing is wrong with us.
    if ((error as NodeJS.ErrnoException).code === 'ECONNRESET')
      refuse('GR-ERR-07', 400, 'The body did not arrive.')
    throw error
  }
  return Buffer.concat(chunks)
}

function tooLong(most: number): never {
  refuse('A-11', 413, `The body is longer than the ${most} bytes that are allowed.`)
}
