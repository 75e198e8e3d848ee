import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'

/** What each part of src may import, besides itself and `standard`, which anyone may. */
const MAY: Readonly<Record<string, readonly string[]>> = {
  standard: [],
  documents: [],
  formats: ['documents'],
  catalog: [],
  // Types of what it is given; only it speaks SQL.
  store: ['catalog', 'documents'],
  media: ['store', 'log'],
  // An operation names its store function and its document; files that came with a call it hands on.
  operations: ['door', 'documents', 'media', 'store'],
  import: ['store'],
  demonstration: ['catalog', 'store', 'paths'],
  door: ['formats'],
  gate: ['door'],
  body: ['formats', 'media'],
  // Operations of its own, in a corridor of its own.
  city: [
    'answer',
    'body',
    'catalog-answers',
    'conditional',
    'door',
    'gate',
    'operations',
    'store',
    'walk',
    'webhooks',
    'written',
  ],
  // It describes all that can be called.
  openapi: [
    'answer',
    'catalog-answers',
    'city',
    'conditional',
    'documents',
    'door',
    'formats',
    'media',
    'operations',
    'walk',
    'written',
  ],
  answer: ['conditional', 'documents', 'formats', 'written'],
  written: ['conditional', 'documents', 'formats'],
  conditional: [],
  'catalog-answers': ['answer', 'conditional', 'ready-answers', 'written'],
  'live-catalog': ['store', 'log'],
  'area-worker': ['store', 'log'],
  repeating: [],
  'event-worker': ['repeating', 'store', 'log'],
  followers: ['event-worker', 'store', 'log'],
  webhooks: ['documents', 'formats', 'operations', 'store'],
  'webhook-worker': ['repeating', 'event-worker', 'log', 'store', 'webhooks'],
  'media-worker': ['repeating', 'store', 'log', 'media'],
  'media-answer': ['answer', 'conditional', 'door', 'media', 'store', 'walk'],
  config: [],
  paths: [],
  log: [],
  'open-database': ['config', 'paths', 'store'],
  'ready-answers': [],
  server: ['documents', 'formats', 'log', 'ready-answers'],
  walk: [
    'answer',
    'door',
    'event-worker',
    'followers',
    'gate',
    'log',
    'media',
    'operations',
    'ready-answers',
    'store',
  ],
  'client-address': [],
  stream: ['answer', 'client-address', 'documents', 'formats', 'log', 'operations', 'walk'],
  discovery: ['answer', 'catalog-answers', 'documents', 'door', 'formats', 'gate', 'operations', 'walk'],
  app: [
    'answer',
    'conditional',
    'body',
    'catalog-answers',
    'city',
    'discovery',
    'documents',
    'door',
    'formats',
    'gate',
    'log',
    'media',
    'media-answer',
    'openapi',
    'operations',
    'store',
    'stream',
    'walk',
    'written',
  ],
  commands: [
    'app',
    'area-worker',
    'event-worker',
    'followers',
    'walk',
    'catalog',
    'config',
    'demonstration',
    'import',
    'live-catalog',
    'log',
    'media',
    'media-worker',
    'ready-answers',
    'server',
    'store',
    'webhook-worker',
    'webhooks',
  ],
  main: ['commands', 'config', 'log', 'open-database', 'store'],
}

/** Libraries that only some parts may import. */
const ONLY: Readonly<Record<string, RegExp>> = {
  kysely: /^store$/,
  pg: /^store$/,
  '@electric-sql/pglite': /^store$/,
  '@electric-sql/pglite-postgis': /^store$/,
  zod: /^(operations|city|openapi|config|catalog|demonstration)$/,
  hono: /^(app|walk|body|discovery|catalog-answers|formats)$/,
  '@hono/node-server': /^server$/,
  pino: /^log$/,
  commander: /^commands$/,
  yaml: /^(catalog|demonstration)$/,
  'csv-parse': /^import$/,
  'cli-progress': /^main$/,
  standardwebhooks: /^webhooks$/,
  'ipaddr.js': /^(webhooks|client-address)$/,
  sharp: /^media$/,
  'p-limit': /^(media|followers)$/,
  '@aws-sdk/client-s3': /^media$/,
}

const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
const partOf = (file: string) => file.split('/')[0]!.replace(/\.ts$/, '')

test.each(files)('%s imports only what its part may', (file) => {
  const source = readFileSync(join('src', file), 'utf8')
  const part = partOf(file)
  expect(Object.keys(MAY), `${part} is not in the table`).toContain(part)
  for (const [, target] of source.matchAll(/(?:from|import\()\s*'([^']+)'/g)) {
    if (target!.startsWith('.')) {
      const other = partOf(relative('src', join('src', dirname(file), target!.replace(/\.js$/, '.ts'))))
      if (other !== part && other !== 'standard')
        expect(MAY[part], `${file} imports ${target}`).toContain(other)
    } else {
      const library = target!
        .split('/')
        .slice(0, target!.startsWith('@') ? 2 : 1)
        .join('/')
      if (ONLY[library]) expect(part, `${file} imports ${library}`).toMatch(ONLY[library])
    }
  }
})

test('only config reads the environment, only the command line writes to the terminal, only the store speaks SQL', () => {
  for (const file of files) {
    const source = readFileSync(join('src', file), 'utf8')
    if (!/^(main|config)\.ts$/.test(file)) expect(source, file).not.toMatch(/process\.env/)
    if (file !== 'main.ts') expect(source, file).not.toMatch(/process\.(stdout|stderr)|console\./)
    if (!file.startsWith('store/'))
      expect(source, file).not.toMatch(/\.(selectFrom|insertInto|updateTable|deleteFrom)\(/)
  }
})

test('no file is longer than 300 lines', () => {
  for (const file of files)
    expect(readFileSync(join('src', file), 'utf8').split('\n').length, file).toBeLessThanOrEqual(301)
})
