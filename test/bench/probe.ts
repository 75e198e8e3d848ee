import type { Places } from './places.js'
import type { Server } from './servers.js'

export const BASE = '/open311/v2'

/** Arguments beyond the standard that a server may honour. */
export const ARGUMENTS = ['page_size', 'bbox', 'radius', 'updated_after', 'page', 'cursor', 'area'] as const
export type Argument = (typeof ARGUMENTS)[number]

/** Which of them the server honours: the answer is as it should be, which an ignored argument would not give. */
export async function probe(server: Server, places: Places): Promise<Set<Argument>> {
  const plain = await rowsOf(server, '')
  const firstPage = await rowsOf(server, 'page=1&page_size=50')
  const secondPage = await rowsOf(server, 'page=2&page_size=50')
  const tomorrow = new Date(Date.now() + 86400_000).toISOString().slice(0, 10)
  const isEmpty = async (query: string) => (await rowsOf(server, query))?.length === 0
  const honoured: Record<Argument, boolean> = {
    page_size: firstPage?.length === 50,
    bbox: await isEmpty('bbox=0,0,0.001,0.001'),
    radius: await isEmpty('lat=0&long=0&radius=1'),
    updated_after: await isEmpty(`updated_after=${tomorrow}`),
    page: secondPage?.length === 50 && secondPage[0] !== firstPage?.[0],
    cursor: (await nextOf(server, 'cursor=first&page_size=50')) !== null,
    area: differs(await rowsOf(server, `area=ward:${places.ward}`), plain),
  }
  return new Set(ARGUMENTS.filter((argument) => honoured[argument]))
}

function differs(rows: string[] | null, plain: string[] | null): boolean {
  return rows !== null && rows.length > 0 && rows.join() !== plain?.join()
}

/** The ids of a list; null when it is refused. */
async function rowsOf(server: Server, query: string): Promise<string[] | null> {
  const answer = await ask(server, `${BASE}/requests.json?${query}`)
  if (answer.status !== 200) return null
  return ((await answer.json()) as { service_request_id: string }[]).map((row) => row.service_request_id)
}

/** The query by which the list goes on, from the header Link. */
async function nextOf(server: Server, query: string): Promise<string | null> {
  const answer = await ask(server, `${BASE}/requests.json?${query}`)
  await answer.arrayBuffer()
  const link = /<([^>]*)>; *rel="?next"?/.exec(answer.headers.get('link') ?? '')
  return answer.status === 200 && link ? new URL(link[1]!, 'http://localhost').search.slice(1) : null
}

/** The query of page `page` of a crawl by cursor, found by walking there. */
export async function crawlTo(server: Server, query: string, page: number): Promise<string | null> {
  let next: string | null = query
  for (let at = 1; at < page && next !== null; at++) next = await nextOf(server, next)
  return next
}

export function ask(server: Server, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${server.port}${path}`, init)
}
