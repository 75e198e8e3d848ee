import { type Faults, truncate } from '../standard/refusal.js'

/** One argument as it came: name and value. */
export type ArgumentPair = readonly [name: string, value: string]

/** The body of a POST; `read` gives its arguments and adds what is wrong with it to `faults`. */
export interface ArgumentBody {
  read(faults: Faults): Promise<ArgumentPair[]>
}

/** More arguments than any form has: a longer call is refused before it costs much. */
export const MAX_ARGUMENTS = 2000

/**
 * A body by its media type (GR-ENC-06, A-30): urlencoded, also when no type is named; a JSON object. Multipart is read
 * while it arrives. An empty body is the same as no arguments.
 */
export function parseBody(contentType: string | null, bytes: Uint8Array<ArrayBuffer>): ArgumentBody | null {
  const type = (contentType ?? '').split(';')[0]!.trim().toLowerCase()
  if (bytes.length === 0) return null
  if (type === '' || type === 'application/x-www-form-urlencoded') {
    return { read: async (faults) => parseForm(decodeUtf8(bytes, faults), faults) }
  }
  if (type === 'application/json')
    return { read: async (faults) => parseJsonArguments(decodeUtf8(bytes, faults), faults) }
  return {
    read: async (faults) => {
      const description =
        'Content-Type has to be application/x-www-form-urlencoded, multipart/form-data or application/json.'
      faults.add('GR-ENC-06', 400, description)
      return []
    },
  }
}

/**
 * Reads `a=1&b=2`. Brackets may be raw or encoded (GR-POST-07); a stray percent sign stands for itself, as some
 * clients do not encode; bytes that are not UTF-8 are refused rather than damaged (GR-ENC-05).
 */
export function parseForm(text: string, faults: Faults): ArgumentPair[] {
  const parts = text.split('&', MAX_ARGUMENTS + 1)
  if (parts.length > MAX_ARGUMENTS) return refuseTooManyArguments(faults)
  const pairs: ArgumentPair[] = []
  for (const part of parts) {
    if (part === '') continue
    const at = part.indexOf('=')
    const name = percentDecode(at < 0 ? part : part.slice(0, at))
    const value = at < 0 ? '' : percentDecode(part.slice(at + 1))
    if (name === null || value === null) addEncodingFault(name === null ? 'An argument' : name, faults)
    else pairs.push([name, value])
  }
  return pairs
}

function percentDecode(text: string): string | null {
  const spaced = text.replaceAll('+', ' ')
  if (!spaced.includes('%')) return spaced
  try {
    return decodeURIComponent(spaced.replace(/%(?![0-9A-Fa-f]{2})/g, '%25'))
  } catch {
    return null
  }
}

const strictDecoder = new TextDecoder('utf-8', { fatal: true })
const lenientDecoder = new TextDecoder()

/** The text of `bytes`. If they are not UTF-8 there is a fault, and the rest is read all the same: the key is in it. */
export function decodeUtf8(bytes: Uint8Array, faults: Faults, what = 'The body'): string {
  try {
    return strictDecoder.decode(bytes)
  } catch {
    addEncodingFault(what, faults)
    return lenientDecoder.decode(bytes)
  }
}

function addEncodingFault(what: string, faults: Faults): void {
  faults.add('GR-ENC-05', 400, `${truncate(what)} is not valid UTF-8.`)
}

export function refuseTooManyArguments(faults: Faults): ArgumentPair[] {
  faults.add('GR-ERR-07', 400, `At most ${MAX_ARGUMENTS} arguments may be given at once.`)
  return []
}

/** A JSON object: names and plain values or lists of them; `attribute` may be an object of codes. */
function parseJsonArguments(text: string, faults: Faults): ArgumentPair[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    faults.add('A-30', 400, 'The body is not valid JSON.')
    return []
  }
  if (!isObject(value)) {
    faults.add('A-30', 400, 'The body has to be one JSON object.')
    return []
  }
  const pairs = Object.entries(value).flatMap(([name, member]) =>
    isObject(member) && /^attributes?$/.test(name)
      ? Object.entries(member).flatMap(([code, answer]) =>
          flattenValues(`attribute[${code}]`, answer, faults),
        )
      : flattenValues(name, member, faults),
  )
  return pairs.length > MAX_ARGUMENTS ? refuseTooManyArguments(faults) : pairs
}

function flattenValues(name: string, member: unknown, faults: Faults): ArgumentPair[] {
  const values = (Array.isArray(member) ? member : [member]).filter((value) => value !== null)
  const plain = values.filter((value) => ['string', 'number', 'boolean'].includes(typeof value))
  if (plain.length < values.length) {
    const description = `${truncate(name)} has to be a text, a number, true, false or a list of these.`
    faults.add('A-30', 400, description)
  }
  return plain.map((value) => [name, String(value)])
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
