import type { Server } from './servers.js'

export const BASE = '/open311/v2'

export function ask(server: Server, path: string): Promise<Response> {
  return fetch(`http://127.0.0.1:${server.port}${path}`)
}

/** The query of page `page` of a crawl by cursor that begins with `query`, found by walking there (EXT-16). */
export async function crawlTo(server: Server, query: string, page: number): Promise<string> {
  let at = query
  for (let walked = 1; walked < page; walked++) {
    const answer = await ask(server, `${BASE}/requests.json?${at}`)
    const body = await answer.text()
    const link = /<\?([^>]*)>; rel="next"/.exec(answer.headers.get('link') ?? '')
    if (!link) throw new Error(`the crawl ends on page ${walked}: ${answer.status} ${body.slice(0, 200)}`)
    at = link[1]!
  }
  return at
}
