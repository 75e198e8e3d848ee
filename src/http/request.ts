import { parsePreferences } from '../standard/accept-header.js'
import { type Faults, refuse, truncate } from '../standard/refusal.js'
import { FORMATS, type Format, LIST_FORMATS, type ListFormat } from '../standard/terms.js'
import { stripIllegalCharacters } from '../standard/text.js'
import { type ArgumentBody, parseForm } from './form.js'

/** What was said: argument name -> its values, never empty ones. `attribute[CODE]` is one name. */
export type Arguments = ReadonlyMap<string, readonly string[]>

/** Where a path leads once its format is taken off: what the router matches. */
export interface ParsedPath {
  path: string
  /** null: the path names no format this server has. */
  format: Format | ListFormat | null
  /** The path ends in something that looks like a format but is none. */
  unknownSuffix: boolean
}

const FORMAT_SUFFIX = new RegExp(`^(.*)\\.(${[...FORMATS, ...LIST_FORMATS].join('|')})$`, 's')

/** What some clients say, and what the standard calls it; the standard's own name wins. */
const ALIASES = [
  ['lon', 'long'],
  ['lng', 'long'],
  ['address', 'address_string'],
] as const

/**
 * Takes the format off the path of `url` (GR-GEN-02): everything up to the last `.xml` or `.json` is the address, so
 * that ids may hold dots and slashes. Doubled and trailing slashes do not matter (A-41, DISC-12), case does.
 */
export function parsePath(url: string): ParsedPath {
  const start = url.indexOf('/', url.indexOf('://') + 3)
  const path = (start < 0 ? '/' : url.slice(start)).replace(/[?#].*$/s, '').replace(/\/{2,}/g, '/')
  const trimmed = path.length > 1 ? path.replace(/\/$/, '') : path
  // Some clients write the format as a segment of its own: /requests/json (section 6, NODE).
  const segment = /^(.*\/requests)\/(xml|json)$/.exec(trimmed)
  // Of `/services/.xml` the slash stays, to say that an id is missing.
  const suffix = segment ?? FORMAT_SUFFIX.exec(trimmed)
  if (suffix) return { path: suffix[1]!, format: suffix[2] as Format | ListFormat, unknownSuffix: false }
  return { path: trimmed, format: null, unknownSuffix: /\.[A-Za-z0-9]{1,8}$/.test(trimmed) }
}

/**
 * The format of the standard to answer in, also with errors: the suffix decides; without one the `Accept` header; XML when
 * neither does (A-38, GR-GEN-07, GR-ERR-10).
 */
export function negotiateFormat(address: ParsedPath, accept: string | null): Format {
  if (address.format === 'xml' || address.format === 'rss') return 'xml'
  if (address.format) return 'json'
  if (address.unknownSuffix || !accept) return 'xml'
  for (const type of parsePreferences(accept)) {
    if (/^(application|text)\/(.+\+)?json$/.test(type)) return 'json'
    if (/^(application|text)\/(.+\+)?xml$/.test(type)) return 'xml'
  }
  return 'xml'
}

/**
 * Reads the arguments of a call: query string and body, decoded as UTF-8 (GR-ENC-05), the body winning over the query
 * jurisdiction_id included (GR-JUR-07). Empty values vanish here, so that everywhere after an empty argument is an
 * absent one (GR-GEN-05). What is wrong is added to `faults`.
 */
export async function readArguments(
  url: string,
  body: ArgumentBody | null,
  faults: Faults,
): Promise<Arguments> {
  const query = /\?([^#]*)/s.exec(url)?.[1] ?? ''
  const said = new Map<string, string[]>()
  const inQuery = parseForm(query, faults)
  const inBody = body ? await body.read(faults) : []
  const namesInBody = new Set(
    inBody.filter(([, value]) => !isEmpty(value)).map(([name]) => canonicalizeName(name)),
  )
  const pairs = [...inBody, ...inQuery.filter(([name]) => !namesInBody.has(canonicalizeName(name)))]
  for (const [name, value] of pairs) {
    if (isEmpty(value)) continue
    if (stripIllegalCharacters(value).trim() === '') {
      faults.add('GR-ENC-07', 400, `${truncate(name)} has only characters that no text may have.`)
    }
    const values = said.get(canonicalizeName(name))
    if (values) values.push(stripIllegalCharacters(value))
    else said.set(canonicalizeName(name), [stripIllegalCharacters(value)])
  }
  for (const [alias, name] of ALIASES) {
    const values = said.get(alias)
    if (values && !said.has(name)) said.set(name, values)
  }
  return said
}

function isEmpty(value: string): boolean {
  return value.trim() === ''
}

/** One name for `name`, `name[]` and `name[0]`, and for `attribute[CODE]` with the same endings (GR-POST-06, A-28). */
function canonicalizeName(name: string): string {
  const bare = stripIllegalCharacters(name).trim()
  const attribute = /^attributes?\s*\[([^\]]*)\](?:\[\d*\])?$/.exec(bare)
  if (attribute) return `attribute[${attribute[1]!.trim()}]`
  return bare.replace(/\[\d*\]$/, '')
}

/** What is wrong with an argument of several values that takes one. */
export const REPEATED_WITH_OTHER_VALUE = 'was given more than once with different values'

/** The one value of an argument that can be given once. Repeating it with another value is a mistake of the client. */
export function readScalar(said: Arguments, name: string): string | undefined {
  const values = said.get(name)
  if (values?.some((value) => value !== values[0]))
    refuse('GR-ERR-07', 400, `${name} ${REPEATED_WITH_OTHER_VALUE}.`)
  return values?.[0]
}
