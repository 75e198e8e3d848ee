import type { Answer } from './client.js'
import { call, get } from './client.js'
import type { Format, Target } from './target.js'

/** Answers that every server refuses, one of each kind. */
export async function refusals(target: Target, format: Format): Promise<Answer[]> {
  const asked = ['/services/none-0', '/requests/none-0', '/tokens/none-0']
  return [
    ...(await Promise.all(asked.map((path) => get(target, format, path)))),
    await get(target, format, '/requests', { status: 'banana' }),
    await get(target, format, '/requests', { start_date: 'banana' }),
    await call(target, `/requests.${format}`, {}, { form: { service_code: 'none-0' } }),
  ]
}
