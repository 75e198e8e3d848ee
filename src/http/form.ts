import { type Faults, truncate } from '../standard/refusal.js'

/** One argument as it arrives. */
export type ArgumentPair = readonly [name: string, value: string]

/** Body of a POST. `read` parses its arguments; broken rules go to `faults`. */
export interface ArgumentBody {
  read(faults: Faults): Promise<ArgumentPair[]>
}

/** More than any form needs; limits the cost of parsing. */
export const MAX_ARGUMENTS = 2000

/**
 * Selects the parser of a body by its media type (GR-ENC-06, A-30): JSON, or urlencoded, which is also
 * the default. Multipart is parsed as it arrives (see multipart.ts). Null: an empty body, which has no
 * arguments.
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
 * Parses `a=1&b=2`. Brackets may be raw or encoded (GR-POST-07). A percent sign without two hex digits
 * is literal, because some clients do not encode. Invalid UTF-8 is a fault (GR-ENC-05).
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

/**
 * Decodes UTF-8. Invalid bytes are a fault and are replaced, so that the key in the body can still be
 * checked.
 */
export function decodeUtf8(bytes: Uint8Array, faults: Faults, name = 'The body'): string {
  try {
    return strictDecoder.decode(bytes)
  } catch {
    addEncodingFault(name, faults)
    return lenientDecoder.decode(bytes)
  }
}

function addEncodingFault(name: string, faults: Faults): void {
  faults.add('GR-ENC-05', 400, `${truncate(name)} is not valid UTF-8.`)
}

export function refuseTooManyArguments(faults: Faults): ArgumentPair[] {
  faults.add('GR-ERR-07', 400, `At most ${MAX_ARGUMENTS} arguments may be given at once.`)
  return []
}

/** Parses a JSON object of scalars and lists of scalars; `attribute` may be an object by code. */
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
      ? Object.entries(member).flatMap(([code, values]) =>
          flattenValues(`attribute[${code}]`, values, faults),
        )
      : flattenValues(name, member, faults),
  )
  return pairs.length > MAX_ARGUMENTS ? refuseTooManyArguments(faults) : pairs
}

function flattenValues(name: string, member: unknown, faults: Faults): ArgumentPair[] {
  const values = (Array.isArray(member) ? member : [member]).filter((value) => value !== null)
  const scalars = values.filter((value) => ['string', 'number', 'boolean'].includes(typeof value))
  if (scalars.length < values.length) {
    const description = `${truncate(name)} has to be a text, a number, true, false or a list of these.`
    faults.add('A-30', 400, description)
  }
  return scalars.map((value) => [name, String(value)])
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
