import { type Body, bodyOf } from './formats/form.js'
import { refuse } from './standard/refusal.js'

/** Reads the body of a POST, of at most `most` bytes: a longer one is refused without reading the rest. */
export async function readBody(request: Request, most: number): Promise<Body | null> {
  if (Number(request.headers.get('content-length') ?? 0) > most) tooLong(most)
  if (!request.body) return null
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    length += chunk.length
    if (length > most) tooLong(most)
    chunks.push(chunk)
  }
  return bodyOf(request.headers.get('content-type'), new Uint8Array(Buffer.concat(chunks)))
}

function tooLong(most: number): never {
  refuse('A-11', 413, `The body is longer than the ${most} bytes that are allowed.`)
}
