import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { z } from 'zod'

const integer = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d+$/, 'has to be a whole number')
    .transform(Number)
    .refine((value) => value >= least && value <= most, `has to be from ${least} to ${most}`)

const flag = z.enum(['true', 'false'], 'has to be true or false').transform((text) => text === 'true')

const address = z
  .string()
  .refine(
    (text) => /^https?:\/\/[^/\s]/.test(text) && URL.canParse(text),
    'has to be an http or https address',
  )
  .transform((text) => text.replace(/\/+$/, ''))

/** One setting: an environment variable, what it means, and its default as it would be written there. */
export interface Setting {
  name: string
  meaning: string
  /** undefined: optional, and absent by default. */
  default: string | undefined
  schema: z.ZodType<unknown, string>
}

const setting = <T, Default extends string | undefined>(
  meaning: string,
  fallback: Default,
  schema: z.ZodType<T, string>,
) => ({
  meaning,
  default: fallback,
  schema,
})

/** Every setting there is. .env.example and the table of README.md are made from it. */
const settings = {
  PORT: setting('port to listen on', '3110', integer(0, 65535)),
  HOST: setting('address to listen on', '127.0.0.1', z.string()),
  PUBLIC_URL: setting(
    'how clients reach this server, for discovery; default: `http://HOST:PORT`',
    undefined,
    address,
  ),
  DATABASE_URL: setting(
    'PostgreSQL with PostGIS, as `postgres://…`; default: an embedded database',
    undefined,
    z.string().regex(/^postgres(ql)?:\/\//, 'has to begin with postgres://'),
  ),
  PROCESSES: setting('processes that take calls, with PostgreSQL', '1', integer(1, 128)),
  DATABASE_CONNECTIONS: setting('most connections of a process to PostgreSQL', '10', integer(1, 1000)),
  STATEMENT_TIMEOUT: setting(
    'milliseconds after which a statement is cancelled',
    '10000',
    integer(100, 3_600_000),
  ),
  DATA_DIR: setting('folder of the embedded database', './data', z.string().min(1)),
  CACHE_DIR: setting(
    'folder that speeds up the creation of embedded databases; default: `~/.cache/georeport`',
    undefined,
    z.string().min(1),
  ),
  MEDIA_DIR: setting(
    'folder of pictures, and of those on their way to `MEDIA_S3_BUCKET`; default: `media` in `DATA_DIR`',
    undefined,
    z.string().min(1),
  ),
  MEDIA_S3_BUCKET: setting(
    'bucket of S3 for pictures; credentials come from where the AWS SDK looks for them, as `AWS_ACCESS_KEY_ID`; default: `MEDIA_DIR`',
    undefined,
    z.string().min(1),
  ),
  MEDIA_S3_REGION: setting('region of the bucket', 'us-east-1', z.string().min(1)),
  MEDIA_S3_ENDPOINT: setting('another server that speaks the protocol of S3', undefined, address),
  MEDIA_MAX_BYTES: setting('longest file that may be sent', '20971520', integer(1024, 1_073_741_824)),
  MEDIA_MAX_FILES: setting('most files that may be sent at once', '6', integer(1, 100)),
  MEDIA_MAX_PIXELS: setting(
    'most pixels of a picture; while one is looked at it may take 16 bytes of memory for each',
    '50000000',
    integer(1, 1_000_000_000),
  ),
  MEDIA_GRACE: setting(
    'seconds after which files are removed that no service request has, such as those of a process that died',
    '3600',
    integer(1, 604_800),
  ),
  DEMO: setting(
    'fill an empty database with the demonstration city; default: only if it is embedded',
    undefined,
    flag,
  ),
  LIST_MAX_DAYS: setting('longest span of a list, and its default, in days', '90', integer(1, 36_500)),
  LIST_MAX_ROWS: setting('most service requests in a list', '1000', integer(1, 10_000)),
  ROWS_KEPT: setting(
    'service requests of 1000 characters that a process keeps in memory as they are told, and as many again in whole answers',
    '20000',
    integer(0, 10_000_000),
  ),
  TOKEN_DAYS: setting(
    'days for which a token can be exchanged after its id was assigned',
    '90',
    integer(30, 3650),
  ),
  IGNORE_JURISDICTION_ID: setting('disregard jurisdiction_id while there is one jurisdiction', 'false', flag),
  STRICT_STATUS: setting('answer 400 where 405, 413, 429, 500 or 503 would say more', 'false', flag),
  MAX_BODY_BYTES: setting('longest body of a call', '1048576', integer(1024, 1_073_741_824)),
  MAX_HEADER_BYTES: setting('longest address and headers of a call', '65536', integer(8192, 1_048_576)),
  REQUEST_TIMEOUT: setting(
    'milliseconds in which a call has to arrive, its files included',
    '120000',
    integer(1000, 3_600_000),
  ),
  IDLE_TIMEOUT: setting(
    'milliseconds without a byte in either direction after which a connection is cut',
    '60000',
    integer(1000, 3_600_000),
  ),
  MAX_CONNECTIONS: setting(
    'most connections of clients to a process at once',
    '10000',
    integer(1, 1_000_000),
  ),
  MAX_WAIT: setting('most seconds that a call may wait for changes', '60', integer(0, 3600)),
  MAX_FOLLOWERS: setting(
    'most calls to a process at once that wait for changes, streams of events included',
    '1000',
    integer(0, 1_000_000),
  ),
  MAX_FOLLOWERS_PER_ADDRESS: setting(
    'of these, most of one client: of an IPv4 address, or of a /56 of IPv6',
    '100',
    integer(0, 1_000_000),
  ),
  TRUST_PROXY: setting(
    'proxies in front of this server, each of which adds to `X-Forwarded-For` who called it; with 0 whoever is connected is the client',
    '0',
    integer(0, 10),
  ),
  STOP_TIMEOUT: setting(
    'milliseconds that calls may take to end when the server stops',
    '10000',
    integer(0, 600_000),
  ),
  WEBHOOK_ALLOW_PRIVATE: setting(
    'send to targets of webhooks in private networks, too: whoever makes a webhook can then reach them',
    'false',
    flag,
  ),
  WEBHOOK_MOST_PER_KEY: setting(
    'most webhooks that one key may have made; those made by command are not counted',
    '100',
    integer(0, 100_000),
  ),
  WEBHOOK_TIMEOUT: setting(
    'milliseconds in which the target of a webhook has to answer',
    '10000',
    integer(100, 120_000),
  ),
  WEBHOOK_ATTEMPTS: setting(
    'attempts after which a delivery to a webhook is given up',
    '15',
    integer(1, 100),
  ),
  WEBHOOK_RETRY_AFTER: setting(
    'milliseconds until a target that failed is tried again; doubled each time, up to six hours',
    '5000',
    integer(10, 3_600_000),
  ),
  WEBHOOK_CONCURRENCY: setting('targets of webhooks that a process sends to at once', '10', integer(1, 1000)),
  WEBHOOK_LOG_DAYS: setting(
    'days for which deliveries that ended can be seen and replayed',
    '30',
    integer(1, 3650),
  ),
  LOG_LEVEL: setting(
    '`debug`, `info`, `warn`, `error` or `silent`',
    'info',
    z.enum(['debug', 'info', 'warn', 'error', 'silent']),
  ),
} as const

type Settings = typeof settings
type Read = {
  [Name in keyof Settings]:
    | z.output<Settings[Name]['schema']>
    | (Settings[Name]['default'] extends string ? never : undefined)
}

/** All settings by name, for the documents made from them. */
export const allSettings: readonly Setting[] = Object.entries(settings).map(([name, value]) => ({
  name,
  ...value,
}))

export type Config = Readonly<
  Omit<Read, 'PUBLIC_URL' | 'CACHE_DIR' | 'MEDIA_DIR' | 'DEMO'> & {
    PUBLIC_URL: string
    MEDIA_DIR: string
    CACHE_DIR: string
    DEMO: boolean
  }
>

/** Every problem of the environment at once, one a line. */
export class ConfigErrors extends Error {
  constructor(readonly faults: readonly string[]) {
    super(faults.join('\n'))
    this.name = 'ConfigFaults'
  }
}

/** Reads the settings from an environment; empty means absent. Throws ConfigFaults. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const faults: string[] = []
  const read: Record<string, unknown> = {}
  for (const { name, default: fallback, schema } of allSettings) {
    const text = environment[name] || fallback
    if (text === undefined) continue
    const parsed = schema.safeParse(text)
    if (parsed.success) read[name] = parsed.data
    // The value stays out: it may hold a password.
    else faults.push(`${name} ${parsed.error.issues.map((issue) => issue.message).join(', ')}`)
  }
  if (Number(read.PROCESSES) > 1 && read.DATABASE_URL === undefined)
    faults.push('PROCESSES needs DATABASE_URL: an embedded database has one process')
  if (read.MEDIA_S3_ENDPOINT !== undefined && read.MEDIA_S3_BUCKET === undefined)
    faults.push('MEDIA_S3_ENDPOINT needs MEDIA_S3_BUCKET')
  if (faults.length > 0) throw new ConfigErrors(faults)
  const config = read as unknown as Read
  return Object.freeze({
    ...config,
    PUBLIC_URL: config.PUBLIC_URL ?? defaultPublicUrl(config.HOST, config.PORT),
    DATA_DIR: resolve(config.DATA_DIR!),
    MEDIA_DIR: resolve(config.MEDIA_DIR ?? join(config.DATA_DIR!, 'media')),
    CACHE_DIR: resolve(
      config.CACHE_DIR ?? join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'georeport'),
    ),
    DEMO: config.DEMO ?? config.DATABASE_URL === undefined,
  }) as Config
}

function defaultPublicUrl(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `http://${name}:${port}`
}
