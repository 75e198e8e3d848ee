import { Agent, get } from 'node:http'
import { fileURLToPath } from 'node:url'
import {
  createEmbeddedStorage,
  createPostgresStorage,
  type ServerProcess,
  type Storage,
  startServer,
} from '../harness/server-process.js'

/**
 * Latency of lists on the embedded database relative to PostgreSQL, with the demonstration city and one
 * request at a time. Both servers run side by side and take turns; a ratio is the median of the rounds.
 * Requires TEST_DATABASE_URL.
 *
 * npm run bench:embedded
 */
export const MAX_RATIO = 20

const ROUNDS = 7
const REQUESTS_PER_ROUND = 5
/**
 * A case above MAX_RATIO is measured again, because other load on the machine only increases the ratio.
 */
const ATTEMPTS = 3

export interface EmbeddedRatio {
  name: string
  rows: number
  /** Median latency of the best attempt. */
  embeddedMs: number
  postgresMs: number
  /** Embedded to PostgreSQL, latency at the client. */
  ratio: number
  /** Embedded to PostgreSQL, database time only. */
  storeRatio: number
}

const daysAgo = (daysAgo: number) => new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10)

/** Query strings of lists: spatial filters, changes, pages, extensions. */
export const CASES: Readonly<Record<string, string>> = {
  'latest 50': 'page_size=50',
  'latest 1000': '',
  'service, status, dates': `service_code=POTHOLE&status=closed&start_date=${daysAgo(90)}&page_size=50`,
  'near, 1 km': 'lat=40.1&long=-91.5&radius=1000&page_size=100',
  'near, 5 km': 'lat=40.1&long=-91.5&radius=5000&page_size=100',
  'near, by distance': 'lat=40.1&long=-91.5&radius=3000&sort=distance&page_size=100',
  'near nothing': 'lat=41&long=-91.5&radius=5000',
  'near, service, status': 'lat=40.1&long=-91.5&radius=5000&service_code=POTHOLE&status=open&page_size=100',
  'bbox, small': 'bbox=-91.505,40.095,-91.495,40.105&page_size=100',
  'bbox, city': 'bbox=-91.7,39.9,-91.3,40.3&page_size=100',
  polygon: 'polygon=POLYGON((-91.52%2040.08,-91.48%2040.08,-91.5%2040.12,-91.52%2040.08))&page_size=100',
  area: 'area=ward:3&page_size=100',
  updated_after: `updated_after=${daysAgo(1)}`,
  'updated_after, by change': `updated_after=${daysAgo(30)}&sort=updated_datetime&page_size=100`,
  'page 2': 'page=2&page_size=50',
  'page 20': `page=20&page_size=50&start_date=${daysAgo(90)}`,
  'cursor, first': 'cursor=first&page_size=50',
  'cursor, first 1000': 'cursor=first&page_size=1000',
  'count=exact': 'count=exact&page_size=50',
  'agency, channel': 'channel=Phone&page_size=50',
  has_media: 'has_media=true&page_size=50',
  'extensions, 50': 'extensions=true&page_size=50',
  'extensions, 1000': 'extensions=true',
  'extensions, near': 'extensions=true&lat=40.1&long=-91.5&radius=1000&page_size=100',
}

interface TimedResponse {
  latencyMs: number
  /** Database time, from Server-Timing. */
  storeMs: number
  body: string
}

const agent = new Agent({ keepAlive: true, maxSockets: 1 })

function sendRequest({ origin }: ServerProcess, query: string): Promise<TimedResponse> {
  return new Promise((resolve, reject) => {
    const started = performance.now()
    get(`${origin}/open311/v2/requests.json?${query}`, { agent }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8')
        const storeMs = /query;dur=([\d.]+)/.exec(String(response.headers['server-timing']))?.[1]
        if (response.statusCode !== 200)
          reject(new Error(`${query}: ${response.statusCode} ${body.slice(0, 200)}`))
        else resolve({ latencyMs: performance.now() - started, storeMs: Number(storeMs), body })
      })
    }).on('error', reject)
  })
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]!
}

async function measureRatio(
  embedded: ServerProcess,
  postgres: ServerProcess,
  name: string,
  query: string,
): Promise<EmbeddedRatio> {
  const bodies = [await sendRequest(embedded, query), await sendRequest(postgres, query)]
  const [rows, postgresRows] = bodies.map(({ body }) => (JSON.parse(body) as unknown[]).length)
  if (rows !== postgresRows) throw new Error(`${name}: the responses differ`)
  for (let warmUp = 0; warmUp < 3; warmUp++)
    for (const server of [embedded, postgres]) await sendRequest(server, query)

  let best: EmbeddedRatio | undefined
  for (let attempt = 0; attempt < ATTEMPTS && (best === undefined || best.ratio > MAX_RATIO); attempt++) {
    const rounds: Awaited<ReturnType<typeof runRound>>[] = []
    for (let round = 0; round < ROUNDS; round++) rounds.push(await runRound(embedded, postgres, query))
    const medianOf = (value: keyof (typeof rounds)[0]) => median(rounds.map((round) => round[value]))
    const result = {
      name,
      rows: rows!,
      embeddedMs: medianOf('embeddedMs'),
      postgresMs: medianOf('postgresMs'),
      ratio: medianOf('ratio'),
      storeRatio: medianOf('storeRatio'),
    }
    if (!best || result.ratio < best.ratio) best = result
  }
  return best!
}

/** Sends requests to both servers in turn. Returns median latencies and their ratios. */
async function runRound(embedded: ServerProcess, postgres: ServerProcess, query: string) {
  const responses: { embedded: TimedResponse; postgres: TimedResponse }[] = []
  for (let request = 0; request < REQUESTS_PER_ROUND; request++)
    responses.push({
      embedded: await sendRequest(embedded, query),
      postgres: await sendRequest(postgres, query),
    })
  const medianOf = (server: 'embedded' | 'postgres', value: 'latencyMs' | 'storeMs') =>
    median(responses.map((each) => each[server][value]))
  const [embeddedMs, postgresMs] = [medianOf('embedded', 'latencyMs'), medianOf('postgres', 'latencyMs')]
  return {
    embeddedMs,
    postgresMs,
    ratio: embeddedMs / postgresMs,
    storeRatio: medianOf('embedded', 'storeMs') / medianOf('postgres', 'storeMs'),
  }
}

/** Starts both servers with the demonstration city and measures every case. */
export async function measureEmbeddedRatios(cases = CASES): Promise<EmbeddedRatio[]> {
  const storages: Storage[] = []
  const servers: ServerProcess[] = []
  try {
    for (const create of [createEmbeddedStorage, createPostgresStorage]) {
      const storage = await create()
      storages.push(storage)
      servers.push(await startServer(storage, { DEMO: 'true', LOG_LEVEL: 'error' }))
    }
    const ratios: EmbeddedRatio[] = []
    for (const [name, query] of Object.entries(cases))
      ratios.push(await measureRatio(servers[0]!, servers[1]!, name, query))
    return ratios
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
    await Promise.all(storages.map((storage) => storage.remove()))
    agent.destroy()
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const ratios = await measureEmbeddedRatios()
  for (const { name, rows, embeddedMs, postgresMs, ratio, storeRatio } of ratios) {
    const cells = [
      name.padEnd(26),
      `${String(rows).padStart(5)} rows`,
      `embedded ${embeddedMs.toFixed(1).padStart(8)} ms`,
      `PostgreSQL ${postgresMs.toFixed(1).padStart(8)} ms`,
      `ratio ${ratio.toFixed(1).padStart(5)}`,
      `database only ${storeRatio.toFixed(1).padStart(5)}`,
    ]
    process.stdout.write(`${cells.join('  ')}\n`)
  }
  const worst = ratios.reduce((a, b) => (b.ratio > a.ratio ? b : a))
  process.stdout.write(`worst ratio: ${worst.ratio.toFixed(1)} (${worst.name}); limit ${MAX_RATIO}\n`)
  if (worst.ratio > MAX_RATIO) process.exitCode = 1
}
