import type { Places } from './places.js'
import { type Argument, ask, BASE, crawlTo } from './probe.js'
import type { Server } from './servers.js'

export type Format = 'json' | 'xml'
export const FORMATS = ['json', 'xml'] as const

/** Something a client asks for. Paths are those of georeport and of the baseline, without `.FORMAT` and base. */
export interface Case {
  name: string
  kind: 'catalog' | 'list' | 'one' | 'post'
  paths: string[]
  query: string
  base: string
  headers: string
  bodies: string[]
  status: number
  formats: readonly Format[]
  /** Whether the baseline can be asked the same. */
  isInBaseline: boolean
  /** Whether a city of another size can be asked the same. */
  isForAnyCity: boolean
}

const usual = {
  kind: 'list',
  paths: ['/requests'],
  query: '',
  base: BASE,
  headers: '',
  bodies: [],
  status: 200,
  formats: FORMATS,
  isInBaseline: true,
  isForAnyCity: false,
} as const satisfies Omit<Case, 'name'>

/** Calls that are answered from what the server holds in memory. */
async function catalogCases(server: Server): Promise<Case[]> {
  const services = await ask(server, `${BASE}/services.json`)
  await services.arrayBuffer()
  const catalog = { ...usual, kind: 'catalog', isInBaseline: false } as const
  return [
    { ...catalog, name: 'services', paths: ['/services'], isInBaseline: true },
    { ...catalog, name: 'definition', paths: ['/services/STREET-LIGHT'] },
    { ...catalog, name: 'discovery', paths: ['/discovery'] },
    {
      ...catalog,
      name: 'services, 304',
      paths: ['/services'],
      headers: `if-none-match: ${services.headers.get('etag')}\r\n`,
      status: 304,
      formats: ['json'],
    },
  ]
}

/** Lists the standard knows. */
function standardCases(places: Places, honoured: ReadonlySet<Argument>): Case[] {
  const { sinceNewest, daysAgo, busiestService, ids } = places
  const isPaged = honoured.has('page_size')
  const latest = (rows: 50 | 100 | 1000): Case => ({
    ...usual,
    name: `latest ${rows}`,
    query: isPaged ? `page_size=${rows}` : `start_date=${sinceNewest[rows]}`,
    isForAnyCity: isPaged,
  })
  return [
    latest(50),
    latest(100),
    latest(1000),
    {
      ...usual,
      name: 'service, status, dates',
      query: `service_code=${busiestService}&status=closed&start_date=${daysAgo[90]}${isPaged ? '&page_size=50' : ''}`,
      isForAnyCity: isPaged,
    },
    { ...usual, name: '3 ids', query: `service_request_id=${ids.slice(0, 3).join(',')}` },
    { ...usual, name: 'one', kind: 'one', paths: ids.map((id) => `/requests/${id}`) },
  ]
}

/** Lists by arguments beyond the standard, those that the server honours. */
async function extendedCases(
  server: Server,
  places: Places,
  honoured: ReadonlySet<Argument>,
): Promise<Case[]> {
  const { dense, sparse, daysAgo, rarestService: rare } = places
  const page = honoured.has('page_size') ? '&page_size=100' : ''
  const [recent, all] = [`&start_date=${daysAgo[90]}${page}`, `&start_date=${daysAgo[3650]}${page}`]
  const near = (place: { lat: number; long: number }, metres: number) =>
    `lat=${place.lat}&long=${place.long}&radius=${metres}`
  const box = (place: { lat: number; long: number }, degrees: number) =>
    `bbox=${[place.long - degrees, place.lat - degrees, place.long + degrees, place.lat + degrees].map((each) => each.toFixed(5)).join()}`
  const empty = { lat: 41, long: -91.5 }
  const cases: [needs: Argument, name: string, query: string][] = [
    ['bbox', 'bbox dense, 90 days', box(dense, 0.005) + recent],
    ['bbox', 'bbox dense, 10 years', box(dense, 0.005) + all],
    ['bbox', 'bbox sparse, 10 years', box(sparse, 0.005) + all],
    ['bbox', 'bbox of the city, rare and open', `${box(dense, 0.2)}&service_code=${rare}&status=open${all}`],
    ['radius', 'radius dense, 90 days', near(dense, 1000) + recent],
    ['radius', 'radius dense, 10 years', near(dense, 1000) + all],
    ['radius', 'radius sparse, 90 days', near(sparse, 500) + recent],
    ['radius', 'radius sparse, 10 years', near(sparse, 500) + all],
    ['radius', 'radius empty, 10 years', near(empty, 5000) + all],
    ['radius', 'radius wide, rare', `${near(dense, 5000)}&service_code=${rare}${all}`],
    ['radius', 'radius wide, rare and open', `${near(dense, 5000)}&service_code=${rare}&status=open${all}`],
    ['area', 'area, 90 days', `area=ward:${places.ward}${recent}`],
    ['updated_after', 'updated_after', `updated_after=${daysAgo[1]}${all}`],
    ['page', 'page 1', `page=1&page_size=50&start_date=${daysAgo[3650]}`],
    ['page', 'page 1000', `page=1000&page_size=50&start_date=${daysAgo[3650]}`],
  ]
  if (honoured.has('cursor')) {
    const start = `cursor=first&page_size=50&start_date=${daysAgo[3650]}`
    cases.push(['cursor', 'cursor, page 1', start])
    const deep = await crawlTo(server, start, 1000)
    if (deep) cases.push(['cursor', 'cursor, page 1000', deep])
  }
  return cases
    .filter(([needs]) => honoured.has(needs))
    .map(([needs, name, query]) => ({
      ...usual,
      name,
      query,
      isInBaseline: needs !== 'cursor' && needs !== 'area',
      isForAnyCity: needs !== 'cursor' && needs !== 'page',
    }))
}

/** Submissions, on the endpoint on which nobody acts. */
function postCase(key: string): Case {
  const bodies = Array.from({ length: 100 }, (_, i) =>
    new URLSearchParams({
      api_key: key,
      service_code: 'POTHOLE',
      lat: (40.09 + i * 0.0002).toFixed(6),
      long: (-91.52 + i * 0.0003).toFixed(6),
      description: `Deep pothole number ${i}, cars swerve around it.`,
    }).toString(),
  )
  return { ...usual, name: 'POST', kind: 'post', base: '/open311/test/v2', bodies, formats: ['json'] }
}

export async function makeCases(
  server: Server,
  places: Places,
  honoured: ReadonlySet<Argument>,
  key: string,
): Promise<Case[]> {
  return [
    ...(await catalogCases(server)),
    ...standardCases(places, honoured),
    ...(await extendedCases(server, places, honoured)),
    postCase(key),
  ]
}

/** The calls of a case as they are sent: to georeport below its base, to the baseline below its root. */
export function callsOf(each: Case, format: Format, to: 'georeport' | 'baseline'): string[] {
  const base = to === 'georeport' ? each.base : ''
  const query = each.query ? `?${each.query}` : ''
  if (each.kind === 'post')
    return each.bodies.map((body) => {
      const head = `content-type: application/x-www-form-urlencoded\r\ncontent-length: ${body.length}\r\n`
      return `POST ${base}/requests.${format} HTTP/1.1\r\nhost: localhost\r\n${head}\r\n${body}`
    })
  return each.paths.map(
    (path) => `GET ${base}${path}.${format}${query} HTTP/1.1\r\nhost: localhost\r\n${each.headers}\r\n`,
  )
}
