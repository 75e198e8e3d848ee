/** One part of a multipart form. Its content has to be read before the next part comes. */
export interface Part {
  name: string
  /** Of a file as its sender has it; null: not given. */
  filename: string | null
  /** Not text, by what its headers say. */
  isFile: boolean
  content: AsyncIterable<Buffer>
}

/** The bytes are not those of a multipart form. */
export class NotMultipart extends Error {}

/** Bytes of the headers of one part. */
const MAX_HEADER_BYTES = 16_384

const LINE = Buffer.from('\r\n')
const BLANK_LINE = Buffer.from('\r\n\r\n')

/** The boundary that a Content-Type names; null: it is multipart and names none; undefined: it is not multipart. */
export function readBoundary(contentType: string | null): string | null | undefined {
  if (!/^\s*multipart\/form-data\s*(;|$)/i.test(contentType ?? '')) return undefined
  const [, quoted, bare] = /;\s*boundary=(?:"([^"]{1,200})"|([^\s;"]{1,200}))/i.exec(contentType!) ?? []
  return quoted ?? bare ?? null
}

/**
 * The parts of a multipart form (RFC 7578) as they arrive: however much there is, only what has not been taken yet is
 * in memory. Nothing at all has no parts. Throws NotMultipart, also where the bytes end too early.
 */
export async function* readParts(source: AsyncIterable<Uint8Array>, boundary: string): AsyncGenerator<Part> {
  const delimiter = Buffer.from(`\r\n--${boundary}`)
  const chunks = source[Symbol.asyncIterator]()
  let buffer: Buffer = Buffer.alloc(0)

  async function more(): Promise<void> {
    const { done, value } = await chunks.next()
    if (done) throw new NotMultipart()
    buffer = Buffer.concat([buffer, value])
  }

  /** What comes before `mark`, which is taken away too. */
  async function* before(mark: Buffer): AsyncGenerator<Buffer> {
    for (;;) {
      const at = buffer.indexOf(mark)
      // The mark may have begun at the end of what is there.
      const sure = at < 0 ? buffer.length - mark.length + 1 : at
      const taken = buffer.subarray(0, Math.max(sure, 0))
      buffer = buffer.subarray(at < 0 ? taken.length : at + mark.length)
      if (taken.length > 0) yield taken
      if (at >= 0) return
      await more()
    }
  }

  try {
    const first = await chunks.next()
    if (first.done) return
    // The first delimiter has no line before it.
    buffer = Buffer.concat([LINE, first.value])
    for await (const _ of before(delimiter));
    for (;;) {
      while (buffer.length < 2) await more()
      if (buffer.toString('latin1', 0, 2) === '--') break
      let headers = ''
      for await (const piece of before(BLANK_LINE)) {
        headers += piece.toString('latin1')
        if (headers.length > MAX_HEADER_BYTES) throw new NotMultipart()
      }
      const content = before(delimiter)
      yield { ...parsePartHeaders(Buffer.from(headers, 'latin1').toString()), content }
      for await (const _ of content);
    }
    // What comes after the end means nothing, but is read: who sends listens only then.
    for (let rest = await chunks.next(); !rest.done; ) rest = await chunks.next()
  } finally {
    await chunks.return?.()
  }
}

/** What the headers of a part say; the first line is the rest of that of the delimiter. */
function parsePartHeaders(headers: string): Omit<Part, 'content'> {
  const [padding, ...lines] = headers.replace(/\r\n[ \t]+/g, ' ').split('\r\n')
  const header = (name: string) =>
    lines.find((line) => line.toLowerCase().startsWith(`${name}:`))?.slice(name.length + 1) ?? ''
  const disposition = header('content-disposition')
  const parameters = parseParameters(disposition)
  const name = parameters.get('name')
  if (padding!.trim() !== '' || !/^\s*form-data\s*;/i.test(disposition) || name === undefined)
    throw new NotMultipart()
  const filename = parameters.get('filename') ?? parameters.get('filename*') ?? null
  const isBinary = /^\s*((image|video|audio)\/|application\/octet-stream)/i.test(header('content-type'))
  return { name, filename, isFile: filename !== null || isBinary }
}

/**
 * The parameters of a Content-Disposition. Browsers write quotes and line ends as %22, %0D and %0A and leave backslashes
 * alone; others put one before quotes.
 */
function parseParameters(disposition: string): Map<string, string> {
  const one = /\s*;\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"]|\\")*?)"(?=\s*(?:;|$))|([^\s;"]+))/y
  one.lastIndex = disposition.search(/;|$/)
  const parameters = new Map<string, string>()
  for (let found = one.exec(disposition); found; found = one.exec(disposition)) {
    const [, name, quoted, bare] = found
    const value = quoted?.replace(/\\"/g, '"') ?? bare!
    const plain = value.replace(/%(22|0D|0A)/gi, (code) => decodeURIComponent(code))
    if (!parameters.has(name!.toLowerCase())) parameters.set(name!.toLowerCase(), plain)
  }
  return parameters
}
