import { expect } from 'vitest'
import { about, type Told } from './answer.js'
import { type Answer, call } from './client.js'
import { marker } from './exploring.js'
import { INSIDE } from './rivertown.js'
import type { Target } from './target.js'

export interface CityOptions {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Default: the one that is good for everything; null: none. */
  key?: string | null
  body?: unknown
  headers?: Record<string, string>
}

/** A call to the city API of a target. */
export async function cityCall(
  target: Target,
  path: string,
  { method, key = target.own!.keyOfCity, body, headers = {} }: CityOptions = {},
): Promise<Answer> {
  return call({ ...target, jurisdiction_id: null }, `${target.own!.origin}/city/v1${path}`, '', {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: new TextEncoder().encode(JSON.stringify(body)) }),
  })
}

/** The JSON of an answer that has to be good. */
// biome-ignore lint/suspicious/noExplicitAny: tests say what they expect in it
export function good(answer: Answer): any {
  expect(answer.status, about(answer)).toBe(200)
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
  return JSON.parse(answer.text)
}

/** What a refusal says; each pattern has to be in one of its descriptions. */
export function refused(answer: Answer, status: number, ...naming: RegExp[]): Told[] {
  expect(answer.status, about(answer)).toBe(status)
  const told: Told[] = JSON.parse(answer.text)
  expect(told.length).toBeGreaterThan(0)
  for (const one of told) expect(Object.keys(one)).toEqual(['code', 'description'])
  for (const name of naming)
    expect(
      told.some(({ description }) => name.test(description)),
      `${name} is not named. ${about(answer)}`,
    ).toBe(true)
  return told
}

/** Files a service request and gives its id. */
export async function filed(target: Target, form: Record<string, string> = {}): Promise<string> {
  const answer = await call(
    target,
    '/requests.json',
    {},
    {
      form: { api_key: target.key, service_code: 'POTHOLE', ...INSIDE, description: marker('city'), ...form },
    },
  )
  const [{ service_request_id, token }] = good(answer)
  return service_request_id ?? token
}

/** Changes a service request as it is now. */
export function patch(target: Target, id: string, body: object, options: CityOptions = {}): Promise<Answer> {
  const headers = { 'if-match': '*', ...options.headers }
  return cityCall(target, `/requests/${id}`, { ...options, method: 'PATCH', body, headers })
}
