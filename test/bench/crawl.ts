import type { Server } from './servers.js'

export const BASE = '/open311/v2'

export function get(server: Server, path: string): Promise<Response> {
  return fetch(`http://127.0.0.1:${server.port}${path}`)
}

/**
 * Follows the links of a crawl that starts with `query`. Returns the query string of page `page`
 * (EXT-16).
 */
export async function findPageQuery(server: Server, query: string, page: number): Promise<string> {
  let next = query
  for (let current = 1; current < page; current++) {
    const response = await get(server, `${BASE}/requests.json?${next}`)
    const body = await response.text()
    const link = /<\?([^>]*)>; rel="next"/.exec(response.headers.get('link') ?? '')
    if (!link) throw new Error(`the crawl ends on page ${current}: ${response.status} ${body.slice(0, 200)}`)
    next = link[1]!
  }
  return next
}
