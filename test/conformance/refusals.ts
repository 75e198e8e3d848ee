import type { HttpResponse } from './client.js'
import { get, sendRequest } from './client.js'
import type { Format, Target } from './target.js'

/** Sends requests that every server refuses, one of each kind, and returns the responses. */
export async function requestRefusals(target: Target, format: Format): Promise<HttpResponse[]> {
  const paths = ['/services/none-0', '/requests/none-0', '/tokens/none-0']
  return [
    ...(await Promise.all(paths.map((path) => get(target, format, path)))),
    await get(target, format, '/requests', { status: 'banana' }),
    await get(target, format, '/requests', { start_date: 'banana' }),
    await sendRequest(target, `/requests.${format}`, {}, { form: { service_code: 'none-0' } }),
  ]
}
