import { ask, BASE, crawlTo } from './crawl.js'
import type { Places } from './places.js'
import type { Server } from './servers.js'

export const FORMATS = ['json', 'xml', 'geojson'] as const
export type Format = (typeof FORMATS)[number]

/** Something a client asks for. Paths are those of georeport and of the baseline, without `.FORMAT` and base. */
export interface Case {
  name: string
  kind: 'catalog' | 'list' | 'one' | 'post'
  paths: string[]
  /** Asked in turn. */
  queries: string[]
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

const usual: Omit<Case, 'name'> = {
  kind: 'list',
  paths: ['/requests'],
  queries: [''],
  base: BASE,
  headers: '',
  bodies: [],
  status: 200,
  formats: ['json', 'xml'],
  isInBaseline: true,
  isForAnyCity: false,
}

/** Calls that are answered from what the server holds in memory. */
async function catalogCases(server: Server): Promise<Case[]> {
  const services = await ask(server, `${BASE}/services.json`)
  await services.arrayBuffer()
  const known = `if-none-match: ${services.headers.get('etag')}\r\n`
  const catalog: Omit<Case, 'name'> = { ...usual, kind: 'catalog', isInBaseline: false }
  return [
    { ...catalog, name: 'services', paths: ['/services'], isInBaseline: true },
    { ...catalog, name: 'definition', paths: ['/services/STREET-LIGHT'] },
    { ...catalog, name: 'discovery', paths: ['/discovery'] },
    {
      ...catalog,
      name: 'services, 304',
      paths: ['/services'],
      headers: known,
      status: 304,
      formats: ['json'],
    },
  ]
}

/** What clients of the standard ask for. Only how many rows they want is said by page_size, which it does not know. */
function standardCases({ daysAgo, busiestService, ids }: Places): Case[] {
  const list = (name: string, query: string): Case => ({
    ...usual,
    name,
    queries: [query],
    isForAnyCity: true,
  })
  return [
    list('latest 50', 'page_size=50'),
    list('latest 100', 'page_size=100'),
    list('latest 1000', 'page_size=1000'),
    list(
      'service, status, dates',
      `service_code=${busiestService}&status=closed&start_date=${daysAgo[90]}&page_size=50`,
    ),
    { ...usual, name: '3 ids', queries: [`service_request_id=${ids.slice(0, 3).join(',')}`] },
    { ...usual, name: 'one', kind: 'one', paths: ids.map((id) => `/requests/${id}`) },
  ]
}

interface Point {
  lat: number
  long: number
}

const near = ({ lat, long }: Point, metres: number) => `lat=${lat}&long=${long}&radius=${metres}`

const around = ({ lat, long }: Point, degrees: number) =>
  [long - degrees, lat - degrees, long + degrees, lat + degrees].map((each) => each.toFixed(5))

const box = (point: Point, degrees: number) => `bbox=${around(point, degrees).join()}`

/** A hundred places beside each other, a few metres apart: what is asked there at the same time is not the same. */
const aside = ({ lat, long }: Point): Point[] =>
  Array.from({ length: 100 }, (_, n) => ({
    lat: lat + (n % 10) * 2e-5,
    long: long + Math.floor(n / 10) * 2e-5,
  }))

/** A diamond. */
function polygon(point: Point, degrees: number): string {
  const [west, south, east, north] = around(point, degrees)
  const { lat, long } = point
  const corners = [
    `${west} ${lat}`,
    `${long} ${south}`,
    `${east} ${lat}`,
    `${long} ${north}`,
    `${west} ${lat}`,
  ]
  return `polygon=${encodeURIComponent(`POLYGON((${corners.join()}))`)}`
}

/** Arguments beyond the standard: dense and sparse places, recent and all time, common and rare, and what nobody has. */
async function extendedCases(server: Server, places: Places): Promise<Case[]> {
  const { dense, sparse, daysAgo, rarestService, ward } = places
  const empty = { lat: 41, long: -91.5 }
  const rare = `service_code=${rarestService}`
  const recent = `page_size=100&start_date=${daysAgo[90]}`
  const all = `page_size=100&start_date=${daysAgo[3650]}`
  const page = `page_size=50&start_date=${daysAgo[3650]}`
  const change = `page_size=100&updated_after=${daysAgo[1]}`
  const first = 'cursor=first&page_size=50'
  const list = (name: string, ...said: string[]): Case => ({
    ...usual,
    name,
    queries: [said.join('&')],
    isForAnyCity: true,
  })
  const own = (name: string, ...said: string[]): Case => ({ ...list(name, ...said), isInBaseline: false })
  return [
    list('bbox dense, 90 days', box(dense, 0.005), recent),
    list('bbox dense, 10 years', box(dense, 0.005), all),
    {
      ...list('bbox dense, each another'),
      queries: aside(dense).map((point) => [box(point, 0.005), all].join('&')),
    },
    list('bbox sparse, 10 years', box(sparse, 0.005), all),
    list('bbox of the city, rare and open', box(dense, 0.2), rare, 'status=open', all),
    list('radius dense, 90 days', near(dense, 1000), recent),
    list('radius dense, 10 years', near(dense, 1000), all),
    list('radius sparse, 10 years', near(sparse, 500), all),
    list('radius empty, 10 years', near(empty, 5000), all),
    list('radius wide, rare', near(dense, 5000), rare, all),
    list('radius wide, rare and open', near(dense, 5000), rare, 'status=open', all),
    list('radius wide, none such', near(dense, 5000), 'channel=carrier-pigeon', all),
    list('polygon dense, 10 years', polygon(dense, 0.01), all),
    own('area, 90 days', `area=ward:${ward}`, recent),
    own('area, rare, 10 years', `area=ward:${ward}`, rare, all),
    own('words, 10 years', 'q=pothole+deep', all),
    list('changed in a day', change),
    list('changed in a day, in order', change, 'sort=updated_datetime'),
    list('page 1', 'page=1', page),
    list('page 1000', 'page=1000', page),
    own('cursor, page 1', first),
    { ...own('cursor, page 1000', await crawlTo(server, first, 1000)), isForAnyCity: false },
  ]
}

/** What is written anew for every call: hardly anything but Node is busy. */
export const ON_MAPS = {
  name: 'latest 1000 for maps',
  queries: ['page_size=1000'],
  formats: ['geojson'] as const,
  isInBaseline: false,
}

/** Submissions, on the endpoint on which nobody acts. */
function postCase(key: string): Case {
  const bodies = Array.from({ length: 100 }, (_, n) =>
    new URLSearchParams({
      api_key: key,
      service_code: 'POTHOLE',
      lat: (40.09 + n * 0.0002).toFixed(6),
      long: (-91.52 + n * 0.0003).toFixed(6),
      description: `Deep pothole number ${n}, cars swerve around it.`,
    }).toString(),
  )
  return { ...usual, name: 'POST', kind: 'post', base: '/open311/test/v2', bodies }
}

export async function makeCases(server: Server, places: Places, key: string): Promise<Case[]> {
  return [
    ...(await catalogCases(server)),
    ...standardCases(places),
    ...(await extendedCases(server, places)),
    { ...usual, ...ON_MAPS },
    postCase(key),
  ]
}

/** The calls of a case as they are sent: to georeport below its base, to the baseline below its root. */
export function callsOf(each: Case, format: Format, to: 'georeport' | 'baseline'): string[] {
  const base = to === 'georeport' ? each.base : ''
  const queries = each.queries.map((query) => (query ? `?${query}` : ''))
  if (each.kind === 'post')
    return each.bodies.map((body) => {
      const head = `content-type: application/x-www-form-urlencoded\r\ncontent-length: ${body.length}\r\n`
      return `POST ${base}/requests.${format} HTTP/1.1\r\nhost: localhost\r\n${head}\r\n${body}`
    })
  return each.paths.flatMap((path) =>
    queries.map(
      (query) => `GET ${base}${path}.${format}${query} HTTP/1.1\r\nhost: localhost\r\n${each.headers}\r\n`,
    ),
  )
}
