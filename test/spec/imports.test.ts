import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { expect, test } from 'vitest'

/**
 * What each folder of src may import, besides itself, `standard` and `log`, which every folder may. Dependencies point
 * down this table: a folder imports only folders that stand above it.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  standard: [],
  log: [],
  config: [],
  paths: [],
  documents: [],
  formats: ['documents'],
  catalog: [],
  'store/database': ['paths'],
  'store/catalog': ['catalog', 'store/database'],
  'store/service-requests': ['documents', 'store/database', 'store/catalog'],
  'store/list': ['documents', 'store/database', 'store/service-requests'],
  'store/events': ['documents', 'store/database', 'store/service-requests'],
  media: ['store'],
  import: ['store'],
  demonstration: ['paths', 'catalog', 'store'],
  webhooks: ['documents', 'formats', 'store'],
  workers: ['documents', 'store', 'media', 'webhooks'],
  http: ['documents', 'formats', 'store', 'media', 'workers'],
  operations: ['documents', 'formats', 'store', 'media', 'http'],
  city: ['documents', 'store', 'media', 'webhooks', 'http'],
  openapi: ['documents', 'formats', 'http', 'operations', 'city'],
  app: ['config', 'demonstration', 'store', 'media', 'workers', 'http', 'operations', 'city', 'openapi'],
  commands: ['config', 'catalog', 'store', 'import', 'webhooks'],
  main: ['config', 'store', 'app', 'commands'],
}

/** Libraries that only some folders may import. */
const LIBRARY_USERS: Readonly<Record<string, RegExp>> = {
  kysely: /^store/,
  pg: /^store\/database$/,
  '@electric-sql/pglite': /^store\/database$/,
  '@electric-sql/pglite-postgis': /^store\/database$/,
  zod: /^(http|operations|city|openapi|config|catalog|demonstration)$/,
  hono: /^(app|http|operations)$/,
  '@hono/node-server': /^http$/,
  '@fastify/busboy': /^http$/,
  'lru-cache': /^(http|store\/.*)$/,
  pino: /^log$/,
  commander: /^commands$/,
  yaml: /^(catalog|demonstration)$/,
  'csv-parse': /^import$/,
  'cli-progress': /^main$/,
  standardwebhooks: /^webhooks$/,
  'ipaddr.js': /^(webhooks|http)$/,
  sharp: /^media$/,
  'p-limit': /^(media|workers)$/,
  '@aws-sdk/client-s3': /^media$/,
}

const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
const getFolder = (file: string) => (file.includes('/') ? dirname(file) : file.replace(/\.ts$/, ''))

const imports = new Map(
  files.map((file) => {
    const targets = [
      ...readFileSync(join('src', file), 'utf8').matchAll(/(?:from|import\()\s*'([^']+)'/g),
    ].map(([, target]) => target!)
    const own = targets
      .filter((target) => target.startsWith('.'))
      .map((target) => normalize(join(dirname(file), target)).replace(/\.js$/, '.ts'))
    return [file, { own, libraries: targets.filter((target) => !target.startsWith('.')) }]
  }),
)

test.each(files)('%s imports only folders and libraries that the table allows', (file) => {
  const folder = getFolder(file)
  const allowed = MAY_IMPORT[folder]
  expect(allowed, `${folder} is missing in the table`).toBeDefined()
  const { own, libraries } = imports.get(file)!
  for (const target of own) {
    const other = getFolder(target)
    const isAllowed = [folder, 'standard', 'log', ...allowed!].some(
      (name) => other === name || other.startsWith(`${name}/`),
    )
    expect(isAllowed, `${file} imports ${target}`).toBe(true)
  }
  for (const library of libraries) {
    const name = library
      .split('/')
      .slice(0, library.startsWith('@') ? 2 : 1)
      .join('/')
    if (LIBRARY_USERS[name]) expect(folder, `${file} imports ${library}`).toMatch(LIBRARY_USERS[name])
  }
})

test('each folder of the table imports only folders above it, so there is no cycle of folders', () => {
  const order = Object.keys(MAY_IMPORT)
  for (const [folder, allowed] of Object.entries(MAY_IMPORT)) {
    for (const name of allowed) {
      const members = order.filter((each) => each === name || each.startsWith(`${name}/`))
      expect(members.length, `${folder} names ${name}, which is not a folder`).toBeGreaterThan(0)
      for (const member of members)
        expect(order.indexOf(member), `${folder} stands above ${member}`).toBeLessThan(order.indexOf(folder))
    }
  }
  expect([...new Set(files.map(getFolder))].sort()).toEqual([...order].sort())
})

test('no cycle of imports between files, types included', () => {
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) expect.fail([...path.slice(path.indexOf(file)), file].join(' → '))
    if (done.has(file)) return
    for (const target of imports.get(file)?.own ?? []) visit(target, [...path, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
})

test('only config reads the environment, only main writes to the terminal, only the store builds SQL', () => {
  for (const file of files) {
    const source = readFileSync(join('src', file), 'utf8')
    if (!/^(main|config)\.ts$/.test(file)) expect(source, file).not.toMatch(/process\.env/)
    if (file !== 'main.ts') expect(source, file).not.toMatch(/process\.(stdout|stderr)|console\./)
    if (!file.startsWith('store/'))
      expect(source, file).not.toMatch(/\.(selectFrom|insertInto|updateTable|deleteFrom)\(/)
  }
})

test('the root of src has four files, and no file is longer than 300 lines', () => {
  expect(files.filter((file) => !file.includes('/')).sort()).toEqual([
    'config.ts',
    'log.ts',
    'main.ts',
    'paths.ts',
  ])
  for (const file of files)
    expect(readFileSync(join('src', file), 'utf8').split('\n').length, file).toBeLessThanOrEqual(301)
})

test('every relative import resolves to a file of src', () => {
  for (const [file, { own }] of imports)
    for (const target of own) expect(files, `${file} imports ${relative('.', target)}`).toContain(target)
})
