import { BASE, findPageQuery, get } from './crawl.js'
import type { SampleValues } from './sample-values.js'
import type { Server } from './servers.js'

export const FORMATS = ['json', 'xml', 'geojson'] as const
export type Format = (typeof FORMATS)[number]

/**
 * A kind of request to measure. Paths have no base and no `.FORMAT`; the baseline server has the same
 * paths.
 */
export interface Case {
  name: string
  kind: 'catalog' | 'list' | 'one' | 'post'
  paths: string[]
  /** Query strings, used in turn. */
  queries: string[]
  base: string
  headers: string
  bodies: string[]
  /** Expected HTTP status. */
  status: number
  formats: readonly Format[]
  /** True if the baseline server supports the request. */
  isInBaseline: boolean
  /** True if the request is also valid for the small city. */
  isCityIndependent: boolean
}

const DEFAULTS: Omit<Case, 'name'> = {
  kind: 'list',
  paths: ['/requests'],
  queries: [''],
  base: BASE,
  headers: '',
  bodies: [],
  status: 200,
  formats: ['json', 'xml'],
  isInBaseline: true,
  isCityIndependent: false,
}

/** Requests that need no SQL. */
async function buildCatalogCases(server: Server): Promise<Case[]> {
  const services = await get(server, `${BASE}/services.json`)
  await services.arrayBuffer()
  const ifNoneMatch = `if-none-match: ${services.headers.get('etag')}\r\n`
  const catalog: Omit<Case, 'name'> = { ...DEFAULTS, kind: 'catalog', isInBaseline: false }
  return [
    { ...catalog, name: 'services', paths: ['/services'], isInBaseline: true },
    { ...catalog, name: 'definition', paths: ['/services/STREET-LIGHT'] },
    { ...catalog, name: 'discovery', paths: ['/discovery'] },
    {
      ...catalog,
      name: 'services, 304',
      paths: ['/services'],
      headers: ifNoneMatch,
      status: 304,
      formats: ['json'],
    },
  ]
}

/** Requests of the standard, except for page_size. */
function buildStandardCases({ daysAgo, busiestService, ids }: SampleValues): Case[] {
  const list = (name: string, query: string): Case => ({
    ...DEFAULTS,
    name,
    queries: [query],
    isCityIndependent: true,
  })
  return [
    list('latest 50', 'page_size=50'),
    list('latest 100', 'page_size=100'),
    list('latest 1000', 'page_size=1000'),
    list(
      'service, status, dates',
      `service_code=${busiestService}&status=closed&start_date=${daysAgo[90]}&page_size=50`,
    ),
    { ...DEFAULTS, name: '3 ids', queries: [`service_request_id=${ids.slice(0, 3).join(',')}`] },
    { ...DEFAULTS, name: 'one', kind: 'one', paths: ids.map((id) => `/requests/${id}`) },
  ]
}

interface Point {
  lat: number
  long: number
}

const radiusQuery = ({ lat, long }: Point, metres: number) => `lat=${lat}&long=${long}&radius=${metres}`

/** Returns west, south, east and north of a square with this half side. */
const toBounds = ({ lat, long }: Point, degrees: number) =>
  [long - degrees, lat - degrees, long + degrees, lat + degrees].map((each) => each.toFixed(5))

const bboxQuery = (point: Point, degrees: number) => `bbox=${toBounds(point, degrees).join()}`

/** Returns 100 points a few metres apart: concurrent requests differ, so that none is coalesced. */
const listNeighbours = ({ lat, long }: Point): Point[] =>
  Array.from({ length: 100 }, (_, n) => ({
    lat: lat + (n % 10) * 2e-5,
    long: long + Math.floor(n / 10) * 2e-5,
  }))

/** Query for a diamond around a point. */
function polygonQuery(point: Point, degrees: number): string {
  const [west, south, east, north] = toBounds(point, degrees)
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

/**
 * Requests with extension arguments: dense, sparse and empty locations, short and long periods, frequent
 * and rare values.
 */
async function buildExtendedCases(server: Server, values: SampleValues): Promise<Case[]> {
  const { dense, sparse, daysAgo, rarestService, ward } = values
  const empty = { lat: 41, long: -91.5 }
  const rare = `service_code=${rarestService}`
  const recent = `page_size=100&start_date=${daysAgo[90]}`
  const all = `page_size=100&start_date=${daysAgo[3650]}`
  const page = `page_size=50&start_date=${daysAgo[3650]}`
  const updated = `page_size=100&updated_after=${daysAgo[1]}`
  const firstPage = 'cursor=first&page_size=50'
  const list = (name: string, ...args: string[]): Case => ({
    ...DEFAULTS,
    name,
    queries: [args.join('&')],
    isCityIndependent: true,
  })
  const georeportOnly = (name: string, ...args: string[]): Case => ({
    ...list(name, ...args),
    isInBaseline: false,
  })
  return [
    list('bbox dense, 90 days', bboxQuery(dense, 0.005), recent),
    list('bbox dense, 10 years', bboxQuery(dense, 0.005), all),
    {
      ...list('bbox dense, 100 boxes'),
      queries: listNeighbours(dense).map((point) => [bboxQuery(point, 0.005), all].join('&')),
    },
    list('bbox sparse, 10 years', bboxQuery(sparse, 0.005), all),
    list('bbox of the city, rare and open', bboxQuery(dense, 0.2), rare, 'status=open', all),
    list('radius dense, 90 days', radiusQuery(dense, 1000), recent),
    list('radius dense, 10 years', radiusQuery(dense, 1000), all),
    list('radius sparse, 10 years', radiusQuery(sparse, 500), all),
    list('radius empty, 10 years', radiusQuery(empty, 5000), all),
    list('radius wide, rare', radiusQuery(dense, 5000), rare, all),
    list('radius wide, rare and open', radiusQuery(dense, 5000), rare, 'status=open', all),
    list('radius wide, no match', radiusQuery(dense, 5000), 'channel=carrier-pigeon', all),
    list('polygon dense, 10 years', polygonQuery(dense, 0.01), all),
    georeportOnly('area, 90 days', `area=ward:${ward}`, recent),
    georeportOnly('area, rare, 10 years', `area=ward:${ward}`, rare, all),
    georeportOnly('full text, 10 years', 'q=pothole+deep', all),
    list('updated in one day', updated),
    list('updated in one day, sorted', updated, 'sort=updated_datetime'),
    list('page 1', 'page=1', page),
    list('page 1000', 'page=1000', page),
    georeportOnly('cursor, page 1', firstPage),
    {
      ...georeportOnly('cursor, page 1000', await findPageQuery(server, firstPage, 1000)),
      isCityIndependent: false,
    },
  ]
}

/** Encoded anew for every request, so that Node is the bottleneck. */
export const GEOJSON_CASE = {
  name: 'latest 1000 as GeoJSON',
  queries: ['page_size=1000'],
  formats: ['geojson'] as const,
  isInBaseline: false,
}

/** Submissions, on the test endpoint. */
function buildPostCase(key: string): Case {
  const bodies = Array.from({ length: 100 }, (_, n) =>
    new URLSearchParams({
      api_key: key,
      service_code: 'POTHOLE',
      lat: (40.09 + n * 0.0002).toFixed(6),
      long: (-91.52 + n * 0.0003).toFixed(6),
      description: `Deep pothole number ${n}, cars swerve around it.`,
    }).toString(),
  )
  return { ...DEFAULTS, name: 'POST', kind: 'post', base: '/open311/test/v2', bodies }
}

export async function buildCases(server: Server, values: SampleValues, key: string): Promise<Case[]> {
  return [
    ...(await buildCatalogCases(server)),
    ...buildStandardCases(values),
    ...(await buildExtendedCases(server, values)),
    { ...DEFAULTS, ...GEOJSON_CASE },
    buildPostCase(key),
  ]
}

/** Formats the requests of a case as raw HTTP/1.1. Paths of the baseline server have no base. */
export function formatRequests(
  { kind, base, paths, queries, bodies, headers }: Case,
  format: Format,
  server: 'georeport' | 'baseline',
): string[] {
  const prefix = server === 'georeport' ? base : ''
  if (kind === 'post')
    return bodies.map((body) => {
      const head = `content-type: application/x-www-form-urlencoded\r\ncontent-length: ${body.length}\r\n`
      return `POST ${prefix}/requests.${format} HTTP/1.1\r\nhost: localhost\r\n${head}\r\n${body}`
    })
  const suffixes = queries.map((query) => (query ? `?${query}` : ''))
  return paths.flatMap((path) =>
    suffixes.map(
      (suffix) => `GET ${prefix}${path}.${format}${suffix} HTTP/1.1\r\nhost: localhost\r\n${headers}\r\n`,
    ),
  )
}
