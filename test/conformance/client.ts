import http from 'node:http'
import https from 'node:https'
import type { Format, Target } from './target.js'

export type Args = Record<string, string | string[] | null | undefined> | [string, string][] | string

export interface Answer {
  target: Target
  method: string
  url: string
  status: number
  headers: Headers
  bytes: Uint8Array
  text: string
}

export interface Options {
  method?: string
  headers?: Record<string, string>
  form?: Args // sent urlencoded in the body
  body?: Uint8Array | FormData // sent as it is
}

export const FORM = 'application/x-www-form-urlencoded'

export function pairs(args: Args): [string, string][] {
  if (typeof args === 'string') return [...new URLSearchParams(args)]
  if (Array.isArray(args)) return args
  return Object.entries(args).flatMap(([name, value]) =>
    value === null || value === undefined ? [] : [value].flat().map((one): [string, string] => [name, one]),
  )
}

/** A string is taken as already encoded; anything else is encoded here. */
export function encode(args: Args): string {
  return typeof args === 'string' ? args : new URLSearchParams(pairs(args)).toString()
}

/** The target's jurisdiction, unless the arguments speak of one themselves. */
function jurisdiction(target: Target, ...said: Args[]): [string, string][] {
  const named = said.some((args) => pairs(args).some(([name]) => name === 'jurisdiction_id'))
  return named || target.jurisdiction_id === null ? [] : [['jurisdiction_id', target.jurisdiction_id]]
}

function joined(...parts: Args[]): string {
  return parts
    .map(encode)
    .filter((part) => part !== '')
    .join('&')
}

/** One HTTP call. The path is relative to the endpoint base unless it is a whole URL. */
export async function call(
  target: Target,
  path: string,
  args: Args = {},
  options: Options = {},
): Promise<Answer> {
  const more = jurisdiction(target, args, options.form ?? {})
  const base = /^https?:/.test(path) ? path : target.url + path
  const query = options.form === undefined ? joined(args, more) : encode(args)
  const url = query === '' ? base : `${base}?${query}`
  const method = options.method ?? (options.form !== undefined || options.body ? 'POST' : 'GET')
  const headers: Record<string, string> = { ...options.headers }
  if (
    options.form !== undefined &&
    !Object.keys(headers).some((name) => name.toLowerCase() === 'content-type')
  )
    headers['content-type'] = FORM
  const body =
    options.form === undefined ? options.body : new TextEncoder().encode(joined(options.form, more))
  const answer = await fetch(url, {
    method,
    headers,
    redirect: method === 'GET' || method === 'HEAD' ? 'follow' : 'manual',
    ...(body === undefined ? {} : { body: body as BodyInit }),
  })
  const bytes = new Uint8Array(await answer.arrayBuffer())
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  return { target, method, url, status: answer.status, headers: answer.headers, bytes, text }
}

export function get(target: Target, format: Format, path: string, args: Args = {}): Promise<Answer> {
  return call(target, `${path}.${format}`, args)
}

/** GET discovery in a format. */
export function discover(target: Target, format: Format): Promise<Answer> {
  return call(
    { ...target, jurisdiction_id: null },
    `${target.discovery ?? `${target.url}/discovery`}.${format}`,
  )
}

/** POST requests with the target's key; api_key: null in the form leaves it out. */
export function post(target: Target, format: Format, form: Args, options: Options = {}): Promise<Answer> {
  return call(target, `/requests.${format}`, {}, { ...options, form: withKey(target, form) })
}

export function withKey(target: Target, form: Args): [string, string][] {
  const said =
    Array.isArray(form) || typeof form === 'string' ? pairs(form).map(([name]) => name) : Object.keys(form)
  const first: [string, string][] =
    said.includes('api_key') || target.key === null ? [] : [['api_key', target.key]]
  return [...first, ...pairs(form)]
}

/** A call that nothing tidies up: the path goes out byte for byte and a refusal before the end of the body is heard. */
export function rawCall(
  target: Target,
  whole: string,
  {
    method = 'GET',
    headers = {},
    body,
  }: { method?: string; headers?: Record<string, string>; body?: Uint8Array } = {},
): Promise<Answer> {
  const origin = new URL(target.url)
  const path = whole.startsWith('/') ? whole : `${origin.pathname}/${whole}`
  const client = origin.protocol === 'https:' ? https : http
  return new Promise((resolve, reject) => {
    let heard = false
    const out = client.request(
      {
        hostname: origin.hostname,
        port: origin.port,
        path,
        method,
        agent: false,
        headers: {
          connection: 'close',
          ...(body && !headers['transfer-encoding'] ? { 'content-length': String(body.length) } : {}),
          ...headers,
        },
      },
      (answer) => {
        heard = true
        const parts: Buffer[] = []
        const done = () => {
          const bytes = Buffer.concat(parts)
          const said = new Headers()
          for (const [name, value] of Object.entries(answer.headers))
            said.set(name, [value ?? ''].flat().join(', '))
          resolve({
            target,
            method,
            url: path,
            status: answer.statusCode ?? 0,
            headers: said,
            bytes,
            text: bytes.toString('utf8'),
          })
        }
        answer.on('data', (part: Buffer) => parts.push(part))
        answer.on('end', done)
        answer.on('error', done)
      },
    )
    out.on('error', (error) => {
      if (!heard) reject(error)
    })
    out.end(body)
  })
}
