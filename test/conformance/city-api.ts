import { expect } from 'vitest'
import { type HttpResponse, sendRequest } from './client.js'
import { createMarker } from './explore.js'
import { describeResponse, type ErrorEntry } from './response.js'
import { INSIDE } from './rivertown.js'
import type { Target } from './target.js'

export interface CityOptions {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Default: the key with all scopes; null: no key. */
  key?: string | null
  body?: unknown
  headers?: Record<string, string>
}

/** Sends a request to the city API of a target. */
export async function requestCityApi(
  target: Target,
  path: string,
  { method, key = target.own!.keyOfCity, body, headers = {} }: CityOptions = {},
): Promise<HttpResponse> {
  return sendRequest({ ...target, jurisdiction_id: null }, `${target.own!.origin}/city/v1${path}`, '', {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: new TextEncoder().encode(JSON.stringify(body)) }),
  })
}

/** Expects status 200 and returns the JSON. */
// biome-ignore lint/suspicious/noExplicitAny: the tests check the members
export function expectJson(response: HttpResponse): any {
  expect(response.status, describeResponse(response)).toBe(200)
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
  return JSON.parse(response.text)
}

/** Expects a refusal and returns its errors; each pattern matches a description. */
export function expectCityErrors(response: HttpResponse, status: number, ...naming: RegExp[]): ErrorEntry[] {
  expect(response.status, describeResponse(response)).toBe(status)
  const errors: ErrorEntry[] = JSON.parse(response.text)
  expect(errors.length).toBeGreaterThan(0)
  for (const one of errors) expect(Object.keys(one)).toEqual(['code', 'description'])
  for (const name of naming)
    expect(
      errors.some(({ description }) => name.test(description)),
      `${name} is not named. ${describeResponse(response)}`,
    ).toBe(true)
  return errors
}

/** Submits a service request and returns its id, or its token. */
export async function submitServiceRequest(
  target: Target,
  form: Record<string, string> = {},
): Promise<string> {
  const response = await sendRequest(
    target,
    '/requests.json',
    {},
    {
      form: {
        api_key: target.key,
        service_code: 'POTHOLE',
        ...INSIDE,
        description: createMarker('city'),
        ...form,
      },
    },
  )
  const [{ service_request_id, token }] = expectJson(response)
  return service_request_id ?? token
}

/** Changes a service request with If-Match: *. */
export function patch(
  target: Target,
  id: string,
  body: object,
  options: CityOptions = {},
): Promise<HttpResponse> {
  const headers = { 'if-match': '*', ...options.headers }
  return requestCityApi(target, `/requests/${id}`, { ...options, method: 'PATCH', body, headers })
}
