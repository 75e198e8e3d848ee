import http from 'node:http'
import https from 'node:https'
import type { Format, Target } from './target.js'

export type Args = Record<string, string | string[] | null | undefined> | [string, string][] | string

export interface HttpResponse {
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
  form?: Args // Sent as a form.
  body?: Uint8Array | FormData // Sent unchanged.
}

export const FORM = 'application/x-www-form-urlencoded'

export function toPairs(args: Args): [string, string][] {
  if (typeof args === 'string') return [...new URLSearchParams(args)]
  if (Array.isArray(args)) return args
  return Object.entries(args).flatMap(([name, value]) =>
    value === null || value === undefined ? [] : [value].flat().map((one): [string, string] => [name, one]),
  )
}

/** Encodes arguments as a query; a string is already encoded. */
export function encodeArgs(args: Args): string {
  return typeof args === 'string' ? args : new URLSearchParams(toPairs(args)).toString()
}

/** Returns the jurisdiction_id of the target, unless the arguments contain one. */
function getJurisdictionArgs(target: Target, ...parts: Args[]): [string, string][] {
  const hasJurisdiction = parts.some((args) => toPairs(args).some(([name]) => name === 'jurisdiction_id'))
  return hasJurisdiction || target.jurisdiction_id === null
    ? []
    : [['jurisdiction_id', target.jurisdiction_id]]
}

function joinArgs(...parts: Args[]): string {
  return parts
    .map(encodeArgs)
    .filter((part) => part !== '')
    .join('&')
}

/** Sends an HTTP request. The path is relative to the URL of the endpoint, unless it is a URL. */
export async function sendRequest(
  target: Target,
  path: string,
  args: Args = {},
  options: Options = {},
): Promise<HttpResponse> {
  const more = getJurisdictionArgs(target, args, options.form ?? {})
  const base = /^https?:/.test(path) ? path : target.url + path
  const query = options.form === undefined ? joinArgs(args, more) : encodeArgs(args)
  const url = query === '' ? base : `${base}?${query}`
  const method = options.method ?? (options.form !== undefined || options.body ? 'POST' : 'GET')
  const headers: Record<string, string> = { ...options.headers }
  if (
    options.form !== undefined &&
    !Object.keys(headers).some((name) => name.toLowerCase() === 'content-type')
  )
    headers['content-type'] = FORM
  const body =
    options.form === undefined ? options.body : new TextEncoder().encode(joinArgs(options.form, more))
  const response = await fetch(url, {
    method,
    headers,
    redirect: method === 'GET' || method === 'HEAD' ? 'follow' : 'manual',
    ...(body === undefined ? {} : { body: body as BodyInit }),
  })
  const bytes = new Uint8Array(await response.arrayBuffer())
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  return { target, method, url, status: response.status, headers: response.headers, bytes, text }
}

export function get(target: Target, format: Format, path: string, args: Args = {}): Promise<HttpResponse> {
  return sendRequest(target, `${path}.${format}`, args)
}

/** Requests discovery in a format. */
export function getDiscovery(target: Target, format: Format): Promise<HttpResponse> {
  return sendRequest(
    { ...target, jurisdiction_id: null },
    `${target.discovery ?? `${target.url}/discovery`}.${format}`,
  )
}

/** Posts a service request with the key of the target; `api_key: null` in the form sends no key. */
export function post(
  target: Target,
  format: Format,
  form: Args,
  options: Options = {},
): Promise<HttpResponse> {
  return sendRequest(target, `/requests.${format}`, {}, { ...options, form: addKey(target, form) })
}

export function addKey(target: Target, form: Args): [string, string][] {
  const names =
    Array.isArray(form) || typeof form === 'string' ? toPairs(form).map(([name]) => name) : Object.keys(form)
  const first: [string, string][] =
    names.includes('api_key') || target.key === null ? [] : [['api_key', target.key]]
  return [...first, ...toPairs(form)]
}

/** Sends a request with the path byte for byte, and reads a response that arrives before the end of the body. */
export function sendRawRequest(
  target: Target,
  whole: string,
  {
    method = 'GET',
    headers = {},
    body,
  }: { method?: string; headers?: Record<string, string>; body?: Uint8Array } = {},
): Promise<HttpResponse> {
  const origin = new URL(target.url)
  const path = whole.startsWith('/') ? whole : `${origin.pathname}/${whole}`
  const client = origin.protocol === 'https:' ? https : http
  return new Promise((resolve, reject) => {
    let hasResponse = false
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
      (response) => {
        hasResponse = true
        const parts: Buffer[] = []
        const done = () => {
          const bytes = Buffer.concat(parts)
          const receivedHeaders = new Headers()
          for (const [name, value] of Object.entries(response.headers))
            receivedHeaders.set(name, [value ?? ''].flat().join(', '))
          resolve({
            target,
            method,
            url: path,
            status: response.statusCode ?? 0,
            headers: receivedHeaders,
            bytes,
            text: bytes.toString('utf8'),
          })
        }
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('end', done)
        response.on('error', done)
      },
    )
    out.on('error', (error) => {
      if (!hasResponse) reject(error)
    })
    out.end(body)
  })
}
