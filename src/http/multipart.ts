import { setImmediate } from 'node:timers/promises'
import { Dicer } from '@fastify/busboy'

/** One part of a multipart form. Its content has to be read before the next part is requested. */
export interface Part {
  name: string
  /** File name as sent; null: absent. */
  filename: string | null
  /** Has a file name, or a binary media type. */
  isFile: boolean
  content: AsyncIterable<Buffer>
}

/** The bytes are not valid multipart/form-data. */
export class NotMultipart extends Error {}

/** Limit of the headers of one part. */
const MAX_HEADER_BYTES = 16_384

/** Header values by lower-case name, bytes as latin1. */
type PartHeaders = Readonly<Record<string, readonly string[]>>

interface ParsedPart {
  /** null: not complete yet. */
  headers: PartHeaders | null
  stream: Dicer.PartStream
}

/**
 * Returns the boundary of a Content-Type; null: multipart/form-data without a usable boundary; undefined: another media
 * type. Dicer limits a boundary to 252 bytes.
 */
export function readBoundary(contentType: string | null): string | null | undefined {
  if (!/^\s*multipart\/form-data\s*(;|$)/i.test(contentType ?? '')) return undefined
  const parameter = /;\s*boundary=(?:"([ !#-~]{1,200})"|([!#-:<-~]{1,200})(?=\s*(?:;|$)))/i
  const [, quoted, bare] = parameter.exec(contentType!) ?? []
  return quoted ?? bare ?? null
}

/**
 * Reads the parts of a multipart form (RFC 7578) as they arrive. Requests the next chunk of `source` only when all parsed
 * content has been consumed, so at most one chunk is in memory. An empty body has no parts. Throws NotMultipart, also if
 * the body ends before its closing delimiter.
 */
export async function* readParts(source: AsyncIterable<Uint8Array>, boundary: string): AsyncGenerator<Part> {
  const chunks = source[Symbol.asyncIterator]()
  const parts: ParsedPart[] = []
  let isClosed = false

  // An unlimited partHwm turns off the backpressure of Dicer: write() parses the whole chunk before it returns.
  const options = { boundary, maxHeaderPairs: MAX_HEADER_BYTES, partHwm: Number.MAX_SAFE_INTEGER }
  const parser = new Dicer(options)
  parser.on('part', (stream) => {
    const part: ParsedPart = { headers: null, stream }
    stream.on('header', (headers) => {
      part.headers = headers as PartHeaders
    })
    parts.push(part)
  })
  parser.on('finish', () => {
    isClosed = true
  })

  /** Parses the next chunk; returns its length in bytes. */
  async function parseNextChunk(): Promise<number> {
    const { done, value } = await chunks.next()
    if (done) throw new NotMultipart()
    parser.write(value)
    return value.length
  }

  async function readHeaders(part: ParsedPart): Promise<PartHeaders> {
    for (let bytes = 0; part.headers === null; bytes += await parseNextChunk())
      // A next part has begun: a delimiter stands within the headers of this one.
      if (parts.length > 0 || bytes > MAX_HEADER_BYTES) throw new NotMultipart()
    return part.headers
  }

  async function* readContent({ stream }: ParsedPart): AsyncGenerator<Buffer> {
    while (!stream.readableEnded) {
      const content: Buffer | null = stream.read()
      if (content) yield content
      else {
        // The stream emits `end` after read() has returned.
        await setImmediate()
        if (!stream.readableEnded) await parseNextChunk()
      }
    }
  }

  try {
    const first = await chunks.next()
    if (first.done) return
    parser.write(first.value)
    while (!isClosed || parts.length > 0) {
      const part = parts.shift()
      if (part) {
        const headers = await readHeaders(part)
        yield { ...parsePartHeaders(headers), content: readContent(part) }
        for await (const _ of readContent(part));
      } else {
        await parseNextChunk()
      }
    }
    // Clients read the response only after they have sent everything, so the epilogue is read too.
    for (let rest = await chunks.next(); !rest.done; ) rest = await chunks.next()
  } finally {
    await chunks.return?.()
  }
}

/** Throws NotMultipart if the headers are too long or do not name the part. */
function parsePartHeaders(headers: PartHeaders): Omit<Part, 'content'> {
  const lines = Object.entries(headers).flatMap(([name, values]) =>
    values.map((value) => `${name}: ${value}\r\n`),
  )
  // Dicer drops what exceeds its own limits, 80 KB and maxHeaderPairs. This limit is reached before them.
  if (lines.join('').length > MAX_HEADER_BYTES) throw new NotMultipart()
  const disposition = Buffer.from(headers['content-disposition']?.[0] ?? '', 'latin1').toString()
  const parameters = parseParameters(disposition)
  const name = parameters.get('name')
  if (!/^\s*form-data\s*;/i.test(disposition) || name === undefined) throw new NotMultipart()
  const filename = parameters.get('filename') ?? parameters.get('filename*') ?? null
  const contentType = headers['content-type']?.[0] ?? ''
  const isBinary = /^\s*((image|video|audio)\/|application\/octet-stream)/i.test(contentType)
  return { name, filename, isFile: filename !== null || isBinary }
}

/**
 * Parses the parameters of a Content-Disposition. Browsers write a quote and line ends as %22, %0D and %0A and do not
 * escape backslashes; other clients escape a quote with a backslash.
 */
function parseParameters(disposition: string): Map<string, string> {
  const parameter = /\s*;\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"]|\\")*?)"(?=\s*(?:;|$))|([^\s;"]+))/y
  parameter.lastIndex = disposition.search(/;|$/)
  const parameters = new Map<string, string>()
  for (let match = parameter.exec(disposition); match; match = parameter.exec(disposition)) {
    const [, name, quoted, bare] = match
    const value = quoted?.replace(/\\"/g, '"') ?? bare!
    const decoded = value.replace(/%(22|0D|0A)/gi, (code) => decodeURIComponent(code))
    if (!parameters.has(name!.toLowerCase())) parameters.set(name!.toLowerCase(), decoded)
  }
  return parameters
}
