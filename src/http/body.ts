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
import { NotMultipart, type Part, readBoundary, readParts } from './multipart.js'
import type { RequestContext } from './request-context.js'

/** Body of a request, parsed into arguments and uploaded files. */
export interface ReceivedBody {
  body: ArgumentBody | null
  /** Temporary files; the caller discards them. */
  uploads: readonly Upload[]
}

/** Where uploads go, and how many a caller may send. */
export interface UploadPolicy {
  uploads: UploadStore
  /** Identifies the caller by the key in the body; null: none has arrived yet. A refusal: the key is not valid. */
  identifyCaller(keyInBody: string | null): Promise<Caller | Refusal>
}

export const NO_BODY: ReceivedBody = { body: null, uploads: [] }

type Bytes = AsyncIterable<Uint8Array>

/**
 * Reads the body of a POST as arguments: at most `maxBytes`, uploads not counted. `uploadPolicy` null: no uploads
 * are accepted.
 */
export async function readBody(
  request: RequestContext,
  maxBytes: number,
  uploadPolicy: UploadPolicy | null,
  faults: Faults,
): Promise<ReceivedBody> {
  const contentType = request.header('content-type')
  const boundary = readBoundary(contentType)
  if (boundary) {
    const length = contentLength(request)
    if (length > maxBytes && !uploadPolicy) refuseTooLong(maxBytes)
    const source = request.body()
    if (!source) return NO_BODY
    const options = { maxBytes, length, uploadPolicy, faults }
    return readMultipart(source, boundary, options).catch(rethrowBodyError)
  }
  const bytes = await readBytes(request, maxBytes)
  if (boundary === undefined || !bytes?.length)
    return { body: bytes && parseBody(contentType, bytes), uploads: [] }
  addMultipartFault(faults)
  return NO_BODY
}

/** Reads a body of at most `maxBytes`. A longer one is refused without reading the rest. */
export async function readBytes(
  request: RequestContext,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | null> {
  if (contentLength(request) > maxBytes) refuseTooLong(maxBytes)
  const source = request.body()
  if (!source) return null
  const chunks: Uint8Array[] = []
  try {
    for await (const chunk of limitBytes(source, maxBytes, () => refuseTooLong(maxBytes))) chunks.push(chunk)
  } catch (error) {
    rethrowBodyError(error)
  }
  return Buffer.concat(chunks)
}

/** Content-Length; 0: unknown. */
function contentLength({ header }: RequestContext): number {
  return Number(header('content-length') ?? 0)
}

/** A connection that breaks while the body arrives is not an error of ours. */
function rethrowBodyError(error: unknown): never {
  if ((error as NodeJS.ErrnoException).code === 'ECONNRESET')
    refuse('GR-ERR-07', 400, 'The body did not arrive.')
  throw error
}

interface MultipartOptions {
  /** Limit of all arguments, in bytes. */
  maxBytes: number
  /** Content-Length; 0: unknown. */
  length: number
  uploadPolicy: UploadPolicy | null
  faults: Faults
}

/** Matches the spellings of api_key as the name of a part (GR-KEY-01, A-28). */
const API_KEY_NAME = /^\s*api_key(\[\d*\])?\s*$/

/** Reads a form while it arrives: arguments into memory, files into the upload store (EXT-38). */
async function readMultipart(
  source: Bytes,
  boundary: string,
  { maxBytes, length, uploadPolicy, faults }: MultipartOptions,
): Promise<ReceivedBody> {
  const limits = uploadPolicy?.uploads.limits ?? { maxFiles: 0, maxBytes: 0 }
  const maxBodyBytes = maxBytes + limits.maxFiles * limits.maxBytes
  const pairs: ArgumentPair[] = []
  const uploads: Upload[] = []
  let partCount = 0
  let argumentBytes = 0
  let apiKey: string | null = null
  /** undefined: not identified yet, or not since a key arrived. */
  let caller: Caller | Refusal | undefined

  async function readArgument({ name, content }: Part): Promise<void> {
    const chunks: Uint8Array[] = []
    argumentBytes += name.length
    for await (const chunk of content) {
      argumentBytes += chunk.length
      if (argumentBytes > maxBytes) refuseTooLong(maxBytes)
      chunks.push(chunk)
    }
    const value = decodeUtf8(Buffer.concat(chunks), faults, name)
    pairs.push([name, value])
    if (apiKey === null && API_KEY_NAME.test(name) && value.trim() !== '') {
      apiKey = value
      caller = undefined
    }
  }

  async function readFile({ name, filename, content }: Part): Promise<void> {
    if (!uploadPolicy || uploads.length === limits.maxFiles) {
      // A file part without content is not refused: browsers send it if no file was chosen.
      return discardContent(content, () => {
        if (uploadPolicy) faults.add('EXT-38', 400, `At most ${limits.maxFiles} files may be sent at once.`)
        else faults.add('GR-POST-11', 400, `${truncate(name)}: no files may be sent here.`)
      })
    }
    caller ??= await uploadPolicy.identifyCaller(apiKey)
    if (typeof caller !== 'string') {
      for (const { rule, status, description } of caller.broken) faults.add(rule, status, description)
      return discardContent(content)
    }
    const file = { name, filename, caller, content }
    const upload = await uploadPolicy.uploads.receive(file, faults, refuseIfTooLong)
    if (upload) uploads.push(upload)
  }

  /** Reads content to its end, because clients read the response only after they have sent everything. */
  async function discardContent(content: Bytes, addFault = () => {}): Promise<void> {
    for await (const _ of content) {
      addFault()
      refuseIfTooLong()
    }
  }

  /** Refuses the faults so far if the body is too long to be read to its end. */
  function refuseIfTooLong(): void {
    if (length > maxBodyBytes) faults.refuse()
  }

  const limitedSource = limitBytes(source, maxBodyBytes, () => {
    faults.refuse()
    refuseTooLong(maxBodyBytes)
  })
  try {
    for await (const part of readParts(limitedSource, boundary)) {
      partCount++
      if (partCount > MAX_ARGUMENTS) {
        refuseTooManyArguments(faults)
        faults.refuse()
      }
      if (part.isFile) await readFile(part)
      else await readArgument(part)
    }
    return { body: { read: async () => pairs }, uploads }
  } catch (error) {
    await uploadPolicy?.uploads.discard(uploads)
    if (!(error instanceof NotMultipart)) throw error
    addMultipartFault(faults)
    return { body: { read: async () => pairs }, uploads: [] }
  }
}

/** Passes `source` on; calls `refuseLonger` if it has more than `maxBytes`. */
async function* limitBytes(
  source: Bytes,
  maxBytes: number,
  refuseLonger: () => never,
): AsyncGenerator<Uint8Array> {
  let length = 0
  for await (const chunk of source) {
    length += chunk.length
    if (length > maxBytes) refuseLonger()
    yield chunk
  }
}

function addMultipartFault(faults: Faults): void {
  faults.add('A-30', 400, 'The body is not valid multipart/form-data.')
}

function refuseTooLong(maxBytes: number): never {
  refuse('A-11', 413, `The body is longer than the ${maxBytes} bytes that are allowed.`)
}
