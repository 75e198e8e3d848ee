import type { Context } from 'hono'
import type { Caller, Upload, UploadStore } from '../media/uploads.js'
import { type Faults, type Refusal, refuse, truncate } from '../standard/refusal.js'
import {
  type ArgumentBody,
  type ArgumentPair,
  decodeUtf8,
  MAX_ARGUMENTS,
  parseBody,
  refuseTooManyArguments,
} from './form.js'
import { NotMultipart, readBoundary, readParts } from './multipart.js'

/** What arrived with a call. */
export interface ReceivedBody {
  body: ArgumentBody | null
  /** Files, for whoever gets them to discard. */
  uploads: readonly Upload[]
}

/** What takes the files of a call. */
export interface UploadPolicy {
  uploads: UploadStore
  /** Who calls, by the key in the body as far as that has arrived; null: none yet. Why it is refused, whatever is yet to come. */
  identifyCaller(key: string | null): Promise<Caller | Refusal>
}

export const NO_BODY: ReceivedBody = { body: null, uploads: [] }

type Bytes = AsyncIterable<Uint8Array>

/**
 * The body of a POST as arguments. Of at most `most` bytes, files not counted if they are taken; null: this call
 * takes none.
 */
export async function readBody(
  context: Context,
  most: number,
  taking: UploadPolicy | null,
  faults: Faults,
): Promise<ReceivedBody> {
  const contentType = context.req.header('content-type') ?? null
  const boundary = readBoundary(contentType)
  if (boundary) {
    const length = contentLength(context)
    if (length > most && !taking) refuseTooLong(most)
    const source = bodyStream(context)
    if (!source) return NO_BODY
    return readMultipart(source, boundary, { most, length, taking, faults }).catch(rethrowBodyError)
  }
  const bytes = await readBytes(context, most)
  if (boundary === undefined || !bytes?.length)
    return { body: bytes && parseBody(contentType, bytes), uploads: [] }
  addMultipartFault(faults)
  return NO_BODY
}

/** Reads the body of a call, of at most `most` bytes: a longer one is refused without reading the rest. */
export async function readBytes(context: Context, most: number): Promise<Uint8Array<ArrayBuffer> | null> {
  if (contentLength(context) > most) refuseTooLong(most)
  const source = bodyStream(context)
  if (!source) return null
  const chunks: Uint8Array[] = []
  try {
    for await (const chunk of limitBytes(source, most, () => refuseTooLong(most))) chunks.push(chunk)
  } catch (error) {
    rethrowBodyError(error)
  }
  return Buffer.concat(chunks)
}

/** From the connection itself where there is one: a Request would make it a stream of streams. */
function bodyStream({ req, env }: Context): Bytes | null {
  const { incoming } = (env ?? {}) as { incoming?: Bytes }
  return incoming ?? (req.raw.body as Bytes | null)
}

function contentLength({ req }: Context): number {
  return Number(req.header('content-length') ?? 0)
}

/** Who hangs up hears no answer, and nothing is wrong with us. */
function rethrowBodyError(error: unknown): never {
  if ((error as NodeJS.ErrnoException).code === 'ECONNRESET')
    refuse('GR-ERR-07', 400, 'The body did not arrive.')
  throw error
}

interface Rules {
  most: number
  /** What the call says its length is; 0: nothing. */
  length: number
  taking: UploadPolicy | null
  faults: Faults
}

/** A part that is the key, by any of its names (GR-KEY-01, A-28). */
const KEY = /^\s*api_key(\[\d*\])?\s*$/

/** Reads a form while it arrives: its arguments into memory, its files to where they are kept (EXT-38). */
async function readMultipart(
  source: Bytes,
  boundary: string,
  { most, length, taking, faults }: Rules,
): Promise<ReceivedBody> {
  const arrivals = taking?.uploads
  const mostFiles = arrivals?.limits.maxFiles ?? 0
  const whole = most + mostFiles * (arrivals?.limits.maxBytes ?? 0)
  const pairs: ArgumentPair[] = []
  const uploads: Upload[] = []
  let parts = 0
  let text = 0
  let key: string | null = null
  let caller: Caller | Refusal | undefined

  const arriving = limitBytes(source, whole, () => {
    faults.refuse()
    refuseTooLong(whole)
  })
  // What is wrong with a file is told at once where the end, and perhaps the key, will not be read anyway.
  const told = () => (length > whole ? faults.refuse() : undefined)
  try {
    for await (const { name, filename, isFile, content } of readParts(arriving, boundary)) {
      parts += 1
      if (parts > MAX_ARGUMENTS) {
        refuseTooManyArguments(faults)
        faults.refuse()
      }
      if (!isFile) {
        const chunks: Uint8Array[] = []
        text += name.length
        for await (const chunk of content) {
          text += chunk.length
          if (text > most) refuseTooLong(most)
          chunks.push(chunk)
        }
        const value = decodeUtf8(Buffer.concat(chunks), faults, name)
        pairs.push([name, value])
        if (key === null && KEY.test(name) && value.trim() !== '') {
          key = value
          caller = undefined
        }
      } else if (taking && uploads.length < mostFiles) {
        caller ??= await taking.identifyCaller(key)
        if (typeof caller === 'string') {
          const upload = await taking.uploads.receive({ name, filename, caller, content }, faults, told)
          if (upload) uploads.push(upload)
        } else {
          // Who sends listens only when all is sent.
          for (const { rule, status, description } of caller.broken) faults.add(rule, status, description)
          for await (const _ of content) told()
        }
      } else {
        for await (const _ of content) {
          if (arrivals) faults.add('EXT-38', 400, `At most ${mostFiles} files may be sent at once.`)
          else faults.add('GR-POST-11', 400, `${truncate(name)}: no files may be sent here.`)
          told()
        }
      }
    }
    return { body: { read: async () => pairs }, uploads }
  } catch (error) {
    await arrivals?.discard(uploads)
    if (!(error instanceof NotMultipart)) throw error
    addMultipartFault(faults)
    return { body: { read: async () => pairs }, uploads: [] }
  }
}

/** The bytes of `source`, of which there may be `most`. */
async function* limitBytes(source: Bytes, most: number, tooLong: () => never): AsyncGenerator<Uint8Array> {
  let length = 0
  for await (const chunk of source) {
    length += chunk.length
    if (length > most) tooLong()
    yield chunk
  }
}

function addMultipartFault(faults: Faults): void {
  faults.add('A-30', 400, 'The body is not valid multipart/form-data.')
}

function refuseTooLong(most: number): never {
  refuse('A-11', 413, `The body is longer than the ${most} bytes that are allowed.`)
}
