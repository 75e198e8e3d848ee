import { type Answer, call } from './client.js'
import type { Target } from './target.js'

// POST requests.json with a body of a given kind, as it is; the key stands in the body or nowhere.

export function sendRaw(target: Target, body: string, type: string | null): Promise<Answer> {
  const headers: Record<string, string> = type === null ? {} : { 'content-type': type }
  return call(target, '/requests.json', {}, { method: 'POST', body: new TextEncoder().encode(body), headers })
}

export function sendJson(target: Target, body: unknown): Promise<Answer> {
  return sendRaw(target, JSON.stringify(body), 'application/json')
}

export function sendMultipart(
  target: Target,
  fields: [string, string][],
  ...files: [string, Blob, string][]
): Promise<Answer> {
  const body = new FormData()
  for (const [name, value] of fields) body.append(name, value)
  for (const file of files) body.append(...file)
  return call(target, '/requests.json', {}, { body })
}
