import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { z } from 'zod'

const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'has to be a whole number')
    .transform(Number)
    .refine((value) => value >= min && value <= max, `has to be from ${min} to ${max}`)

const flag = z.enum(['true', 'false'], 'has to be true or false').transform((text) => text === 'true')

const httpUrl = z
  .string()
  .refine(
    (text) => /^https?:\/\/[^/\s]/.test(text) && URL.canParse(text),
    'has to be an http or https address',
  )
  .transform((text) => text.replace(/\/+$/, ''))

/** An environment variable with its description and its default as text. */
export interface Setting {
  name: string
  meaning: string
  /** undefined: the setting is optional. */
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

/** All settings. The documents that list them are generated from this table. */
const settings = {
  PORT: setting('TCP port to listen on', '3110', integer(0, 65535)),
  HOST: setting('IP address or host name to listen on', '127.0.0.1', z.string()),
  PUBLIC_URL: setting(
    'URL of this server for clients, in discovery and picture URLs; default: `http://HOST:PORT`',
    undefined,
    httpUrl,
  ),
  DATABASE_URL: setting(
    'PostgreSQL database with PostGIS, as `postgres://…`; default: an embedded database',
    undefined,
    z.string().regex(/^postgres(ql)?:\/\//, 'has to begin with postgres://'),
  ),
  PROCESSES: setting('number of server processes; more than 1 needs `DATABASE_URL`', '1', integer(1, 128)),
  DATABASE_CONNECTIONS: setting('maximum connections to PostgreSQL per process', '10', integer(1, 1000)),
  STATEMENT_TIMEOUT: setting(
    'timeout of an SQL statement, in milliseconds',
    '10000',
    integer(100, 3_600_000),
  ),
  DATA_DIR: setting('directory of the embedded database', './data', z.string().min(1)),
  CACHE_DIR: setting(
    'directory of the cache that speeds up the creation of embedded databases; default: `~/.cache/georeport`',
    undefined,
    z.string().min(1),
  ),
  MEDIA_DIR: setting(
    'directory of pictures, and of uploads on their way to `MEDIA_S3_BUCKET`; default: `media` in `DATA_DIR`',
    undefined,
    z.string().min(1),
  ),
  MEDIA_S3_BUCKET: setting(
    'S3 bucket for pictures, with the credentials that the AWS SDK finds, such as `AWS_ACCESS_KEY_ID`; default: pictures are in `MEDIA_DIR`',
    undefined,
    z.string().min(1),
  ),
  MEDIA_S3_REGION: setting('region of the S3 bucket', 'us-east-1', z.string().min(1)),
  MEDIA_S3_ENDPOINT: setting('URL of an S3-compatible server; default: AWS', undefined, httpUrl),
  MEDIA_MAX_BYTES: setting(
    'maximum size of a picture file, in bytes',
    '20971520',
    integer(1024, 1_073_741_824),
  ),
  MEDIA_MAX_FILES: setting('maximum number of files per request', '6', integer(1, 100)),
  MEDIA_MAX_PIXELS: setting(
    'maximum pixels of a picture; decoding may need 16 bytes of memory per pixel',
    '50000000',
    integer(1, 1_000_000_000),
  ),
  MEDIA_GRACE: setting(
    'age at which pictures and uploads without a service request are removed, in seconds',
    '3600',
    integer(1, 604_800),
  ),
  DEMO: setting(
    'whether to fill an empty database with the demonstration city; default: `true` for an embedded database',
    undefined,
    flag,
  ),
  LIST_MAX_DAYS: setting('maximum and default time span of a list, in days', '90', integer(1, 36_500)),
  LIST_MAX_ROWS: setting('maximum service requests per list', '1000', integer(1, 10_000)),
  ROW_CACHE_SIZE: setting(
    'size of the row cache of a process, in service requests of 1000 characters; whole responses take as much again',
    '20000',
    integer(0, 10_000_000),
  ),
  TOKEN_DAYS: setting(
    'days for which a token is valid after its service_request_id was assigned',
    '90',
    integer(30, 3650),
  ),
  IGNORE_JURISDICTION_ID: setting(
    'whether to ignore `jurisdiction_id` if there is one jurisdiction',
    'false',
    flag,
  ),
  STRICT_STATUS: setting('whether to respond with 400 instead of 405, 413, 429, 500 and 503', 'false', flag),
  MAX_BODY_BYTES: setting(
    'maximum request body without files, in bytes',
    '1048576',
    integer(1024, 1_073_741_824),
  ),
  MAX_HEADER_BYTES: setting(
    'maximum size of request line and headers, in bytes',
    '65536',
    integer(8192, 1_048_576),
  ),
  REQUEST_TIMEOUT: setting(
    'timeout for receiving a request with its files, in milliseconds',
    '120000',
    integer(1000, 3_600_000),
  ),
  IDLE_TIMEOUT: setting(
    'time without traffic after which a connection is closed, in milliseconds',
    '60000',
    integer(1000, 3_600_000),
  ),
  MAX_CONNECTIONS: setting('maximum client connections per process', '10000', integer(1, 1_000_000)),
  MAX_WAIT: setting('maximum time that a request may wait for changes, in seconds', '60', integer(0, 3600)),
  MAX_SUBSCRIBERS: setting(
    'maximum requests per process that wait for changes, including event streams',
    '1000',
    integer(0, 1_000_000),
  ),
  MAX_SUBSCRIBERS_PER_ADDRESS: setting(
    'maximum of these per client: an IPv4 address or an IPv6 /56 network',
    '100',
    integer(0, 1_000_000),
  ),
  TRUST_PROXY: setting(
    'number of trusted proxies in front of this server, each of which appends to `X-Forwarded-For`; with 0 the client is the peer of the connection',
    '0',
    integer(0, 10),
  ),
  STOP_TIMEOUT: setting(
    'time for requests to end when the server stops, in milliseconds',
    '10000',
    integer(0, 600_000),
  ),
  WEBHOOK_ALLOW_PRIVATE: setting(
    'whether webhooks may send to private networks; if so, anybody who can create a webhook can reach them',
    'false',
    flag,
  ),
  WEBHOOK_MAX_PER_KEY: setting(
    'maximum webhooks that were created with one key; those created by command do not count',
    '100',
    integer(0, 100_000),
  ),
  WEBHOOK_TIMEOUT: setting('timeout of a webhook request, in milliseconds', '10000', integer(100, 120_000)),
  WEBHOOK_ATTEMPTS: setting(
    'failed attempts after which a webhook delivery is a dead letter',
    '15',
    integer(1, 100),
  ),
  WEBHOOK_RETRY_AFTER: setting(
    'backoff after the first failed attempt, in milliseconds; doubles per attempt, up to 6 hours',
    '5000',
    integer(10, 3_600_000),
  ),
  WEBHOOK_CONCURRENCY: setting(
    'maximum webhook targets that a process sends to at the same time',
    '10',
    integer(1, 1000),
  ),
  WEBHOOK_LOG_DAYS: setting(
    'days for which ended deliveries are kept in the delivery log',
    '30',
    integer(1, 3650),
  ),
  LOG_LEVEL: setting(
    'minimum level of log messages: `debug`, `info`, `warn`, `error` or `silent`',
    'info',
    z.enum(['debug', 'info', 'warn', 'error', 'silent']),
  ),
} as const

type Settings = typeof settings
type ReadSettings = {
  [Name in keyof Settings]:
    | z.output<Settings[Name]['schema']>
    | (Settings[Name]['default'] extends string ? never : undefined)
}

/** All settings with their names, for generated documents. */
export const allSettings: readonly Setting[] = Object.entries(settings).map(([name, value]) => ({
  name,
  ...value,
}))

export type Config = Readonly<
  Omit<ReadSettings, 'PUBLIC_URL' | 'CACHE_DIR' | 'MEDIA_DIR' | 'DEMO'> & {
    PUBLIC_URL: string
    MEDIA_DIR: string
    CACHE_DIR: string
    DEMO: boolean
  }
>

/** All problems of the environment, one per line. */
export class ConfigErrors extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'ConfigErrors'
  }
}

/** Reads the settings from an environment. An empty variable is an absent one. Throws ConfigErrors. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = []
  const read: Record<string, unknown> = {}
  for (const { name, default: fallback, schema } of allSettings) {
    const text = environment[name] || fallback
    if (text === undefined) continue
    const parsed = schema.safeParse(text)
    if (parsed.success) read[name] = parsed.data
    // Without the value: it may contain a password.
    else problems.push(`${name} ${parsed.error.issues.map((issue) => issue.message).join(', ')}`)
  }
  if (Number(read.PROCESSES) > 1 && read.DATABASE_URL === undefined)
    problems.push('PROCESSES needs DATABASE_URL: an embedded database has one process')
  if (read.MEDIA_S3_ENDPOINT !== undefined && read.MEDIA_S3_BUCKET === undefined)
    problems.push('MEDIA_S3_ENDPOINT needs MEDIA_S3_BUCKET')
  if (problems.length > 0) throw new ConfigErrors(problems)
  const config = read as unknown as ReadSettings
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
