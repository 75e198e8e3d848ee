import { parsePreferences } from '../standard/accept-header.js'
import { type Faults, refuse, truncate } from '../standard/refusal.js'
import { FORMATS, type Format, LIST_FORMATS, type ListFormat } from '../standard/terms.js'
import { stripIllegalCharacters } from '../standard/text.js'
import { type ArgumentBody, parseForm } from './form.js'

/** Arguments of a request: name -> values, none of them empty. `attribute[CODE]` is one name. */
export type Arguments = ReadonlyMap<string, readonly string[]>

/** Format that a suffix of the path names; null: none. */
export type PathFormat = Format | ListFormat | null

/** Path of a URL without its format suffix: what the router matches. */
export interface ParsedPath {
  path: string
  format: PathFormat
  /** The path ends in something that looks like a format suffix but is none. */
  unknownSuffix: boolean
}

export interface ParsedUrl extends ParsedPath {
  /** Query string without `?`, still encoded. */
  query: string
}

const FORMAT_SUFFIX = new RegExp(`^(.*)\\.(${[...FORMATS, ...LIST_FORMATS].join('|')})$`, 's')

/** Names that some clients use for arguments of the standard; the standard's own name wins. */
const ALIASES = [
  ['lon', 'long'],
  ['lng', 'long'],
  ['address', 'address_string'],
] as const

let lastParsed = { url: '', parsed: { ...parsePath(''), query: '' } as ParsedUrl }

/**
 * Parses the URL of a request. Router and pipeline ask in turn, so that remembering the last URL parses each once. (A
 * WeakMap of requests would keep them alive until a full garbage collection.)
 */
export function parseUrl(url: string): ParsedUrl {
  if (url !== lastParsed.url) {
    const query = /\?([^#]*)/s.exec(url)?.[1] ?? ''
    lastParsed = { url, parsed: Object.assign(parsePath(url), { query }) }
  }
  return lastParsed.parsed
}

/**
 * Separates the format suffix from the path of `url` (GR-GEN-02). Everything before the last `.xml` or `.json` is the
 * path, so that ids may contain dots and slashes. Doubled and trailing slashes are ignored (A-41, DISC-12);
 * case matters.
 */
export function parsePath(url: string): ParsedPath {
  const start = url.indexOf('/', url.indexOf('://') + 3)
  const path = (start < 0 ? '/' : url.slice(start)).replace(/[?#].*$/s, '').replace(/\/{2,}/g, '/')
  const trimmed = path.length > 1 ? path.replace(/\/$/, '') : path
  // Some clients write the format as a segment of its own: /requests/json (EXT-01).
  const segment = /^(.*\/requests)\/(xml|json)$/.exec(trimmed)
  // `/services/.xml` keeps its slash: the id is missing.
  const suffix = segment ?? FORMAT_SUFFIX.exec(trimmed)
  if (suffix) return { path: suffix[1]!, format: suffix[2] as Format | ListFormat, unknownSuffix: false }
  return { path: trimmed, format: null, unknownSuffix: /\.[A-Za-z0-9]{1,8}$/.test(trimmed) }
}

/** GR-ERR-05: the path leads nowhere. */
export function refuseUnknownPath(): never {
  return refuse('GR-ERR-05', 404, 'There is nothing at this address.')
}

/**
 * Chooses XML or JSON for the response, error documents included: the suffix decides; without one the `Accept` header;
 * XML if neither does (A-38, GR-GEN-07, GR-ERR-10).
 */
export function negotiateFormat(path: ParsedPath, accept: string | null): Format {
  if (path.format === 'xml' || path.format === 'rss') return 'xml'
  if (path.format) return 'json'
  if (path.unknownSuffix || !accept) return 'xml'
  for (const type of parsePreferences(accept)) {
    if (/^(application|text)\/(.+\+)?json$/.test(type)) return 'json'
    if (/^(application|text)\/(.+\+)?xml$/.test(type)) return 'xml'
  }
  return 'xml'
}

/**
 * Reads the arguments of a request from query string and body, decoded as UTF-8 (GR-ENC-05). The body wins over the
 * query; jurisdiction_id is an argument like any other (GR-JUR-07). Empty values are dropped here, so that an
 * empty argument equals an absent one everywhere (GR-GEN-05). Broken rules go to `faults`.
 */
export async function readArguments(
  query: string,
  body: ArgumentBody | null,
  faults: Faults,
): Promise<Arguments> {
  const args = new Map<string, string[]>()
  const queryPairs = parseForm(query, faults)
  const bodyPairs = body ? await body.read(faults) : []
  const namesInBody = new Set(
    bodyPairs.filter(([, value]) => !isBlank(value)).map(([name]) => canonicalizeName(name)),
  )
  const pairs = [...bodyPairs, ...queryPairs.filter(([name]) => !namesInBody.has(canonicalizeName(name)))]
  for (const [name, value] of pairs) {
    if (isBlank(value)) continue
    const legal = stripIllegalCharacters(value)
    if (legal.trim() === '') {
      faults.add('GR-ENC-07', 400, `${truncate(name)} has only characters that no text may have.`)
    }
    const values = args.get(canonicalizeName(name))
    if (values) values.push(legal)
    else args.set(canonicalizeName(name), [legal])
  }
  for (const [alias, name] of ALIASES) {
    const values = args.get(alias)
    if (values && !args.has(name)) args.set(name, values)
  }
  return args
}

function isBlank(value: string): boolean {
  return value.trim() === ''
}

/** Maps `name[]` and `name[0]` to `name`, and `attribute[CODE]` with the same endings to one form (GR-POST-06, A-28). */
function canonicalizeName(name: string): string {
  const bare = stripIllegalCharacters(name).trim()
  const attribute = /^attributes?\s*\[([^\]]*)\](?:\[\d*\])?$/.exec(bare)
  if (attribute) return `attribute[${attribute[1]!.trim()}]`
  return bare.replace(/\[\d*\]$/, '')
}

/** Fault of an argument that takes one value and was given several. */
export const REPEATED_WITH_OTHER_VALUE = 'was given more than once with different values'

/** The value of an argument that takes one. Refuses several different values. */
export function readScalar(args: Arguments, name: string): string | undefined {
  const values = args.get(name)
  if (values?.some((value) => value !== values[0])) {
    refuse('GR-ERR-07', 400, `${name} ${REPEATED_WITH_OTHER_VALUE}.`)
  }
  return values?.[0]
}
