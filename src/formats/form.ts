import type { BrokenRule } from '../standard/refusal.js'

/** One argument as it came: name and value. */
export type Pair = readonly [name: string, value: string]

/** The body of a POST; `read` gives its arguments and adds what is wrong with it to `broken`. */
export interface Body {
  read(broken: BrokenRule[]): Promise<Pair[]>
}

/**
 * A body by its media type (GR-ENC-06, A-30): urlencoded, also when no type is named; multipart without files; a JSON
 * object. `null` media type and an empty body are the same as no arguments.
 */
export function bodyOf(contentType: string | null, bytes: Uint8Array<ArrayBuffer>): Body | null {
  const type = (contentType ?? '').split(';')[0]!.trim().toLowerCase()
  if (bytes.length === 0) return null
  if (type === '' || type === 'application/x-www-form-urlencoded') {
    return { read: async (broken) => readForm(decode(bytes, broken), broken) }
  }
  if (type === 'multipart/form-data') return { read: (broken) => readMultipart(contentType!, bytes, broken) }
  if (type === 'application/json') return { read: async (broken) => readJson(decode(bytes, broken), broken) }
  return {
    read: async (broken) => {
      broken.push({
        rule: 'GR-ENC-06',
        status: 400,
        description:
          'Content-Type has to be application/x-www-form-urlencoded, multipart/form-data or application/json.',
      })
      return []
    },
  }
}

/**
 * Reads `a=1&b=2`. Brackets may be raw or encoded (GR-POST-07); a stray percent sign stands for itself, as some
 * clients do not encode; bytes that are not UTF-8 are refused rather than damaged (GR-ENC-05).
 */
export function readForm(text: string, broken: BrokenRule[]): Pair[] {
  const pairs: Pair[] = []
  for (const part of text.split('&')) {
    if (part === '') continue
    const at = part.indexOf('=')
    const name = percentDecode(at < 0 ? part : part.slice(0, at))
    const value = at < 0 ? '' : percentDecode(part.slice(at + 1))
    if (name === null || value === null) broken.push(notUtf8(name === null ? 'An argument' : name))
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

function decode(bytes: Uint8Array, broken: BrokenRule[]): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    broken.push(notUtf8('The body'))
    return ''
  }
}

function notUtf8(what: string): BrokenRule {
  return { rule: 'GR-ENC-05', status: 400, description: `${what.slice(0, 100)} is not valid UTF-8.` }
}

async function readMultipart(
  contentType: string,
  bytes: Uint8Array<ArrayBuffer>,
  broken: BrokenRule[],
): Promise<Pair[]> {
  let form: FormData
  try {
    form = await new Response(bytes, { headers: { 'content-type': contentType } }).formData()
  } catch {
    broken.push({ rule: 'A-30', status: 400, description: 'The body is not valid multipart/form-data.' })
    return []
  }
  const pairs: Pair[] = []
  for (const [name, value] of form) {
    if (typeof value === 'string') pairs.push([name, value])
    // Browsers send an empty part for a file field that was left empty.
    else if (value.size > 0) {
      broken.push({
        rule: 'GR-POST-11',
        status: 400,
        description: `${name.slice(0, 100)}: files cannot be uploaded here; send the address of the file as media_url.`,
      })
    }
  }
  const files = broken.some((each) => each.rule === 'GR-POST-11')
  if (!files) decode(bytes, broken)
  return pairs
}

/** A JSON object: names and plain values or lists of them; `attribute` may be an object of codes. */
function readJson(text: string, broken: BrokenRule[]): Pair[] {
  const refuse = (description: string) => {
    broken.push({ rule: 'A-30', status: 400, description })
    return []
  }
  if (broken.length > 0) return []
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return refuse('The body is not valid JSON.')
  }
  if (!isObject(value)) return refuse('The body has to be one JSON object.')
  return Object.entries(value).flatMap(([name, member]) =>
    isObject(member) && /^attributes?$/.test(name)
      ? Object.entries(member).flatMap(([code, answer]) => plainValues(`attribute[${code}]`, answer, broken))
      : plainValues(name, member, broken),
  )
}

function plainValues(name: string, member: unknown, broken: BrokenRule[]): Pair[] {
  const values = Array.isArray(member) ? member : [member]
  return values.flatMap((value): Pair[] => {
    if (value === null) return []
    if (['string', 'number', 'boolean'].includes(typeof value)) return [[name, String(value)]]
    broken.push({
      rule: 'A-30',
      status: 400,
      description: `${name.slice(0, 100)} has to be a text, a number, true, false or a list of these.`,
    })
    return []
  })
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
