import { type HttpResponse, sendRequest } from './client.js'
import type { Target } from './target.js'

// These functions post a body to requests.json unchanged. They add no key.

export function sendRaw(target: Target, body: string, type: string | null): Promise<HttpResponse> {
  const headers: Record<string, string> = type === null ? {} : { 'content-type': type }
  return sendRequest(
    target,
    '/requests.json',
    {},
    { method: 'POST', body: new TextEncoder().encode(body), headers },
  )
}

export function sendJson(target: Target, body: unknown): Promise<HttpResponse> {
  return sendRaw(target, JSON.stringify(body), 'application/json')
}

export function sendMultipart(
  target: Target,
  fields: [string, string][],
  ...files: [string, Blob, string][]
): Promise<HttpResponse> {
  const body = new FormData()
  for (const [name, value] of fields) body.append(name, value)
  for (const file of files) body.append(...file)
  return sendRequest(target, '/requests.json', {}, { body })
}
