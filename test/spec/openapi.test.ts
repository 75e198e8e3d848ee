import { compileErrors, validate } from '@readme/openapi-parser'
import { expect, test } from 'vitest'
import { cityOperations } from '../../src/city/city-operations.js'
import { buildOpenApi } from '../../src/openapi/document.js'
import { operations } from '../../src/operations/geo-report-operations.js'
import { Refusal } from '../../src/standard/refusal.js'
import type { Store } from '../../src/store/database/database.js'
import { appOver } from '../harness/app.js'
import { call, jurisdiction, service } from '../operations/city.js'

const document = buildOpenApi('/', operations, cityOperations) as {
  paths: Record<string, Record<string, { operationId: string }>>
}

test('EXT-46 the document that is kept is the one that the code makes', async () => {
  // To write it anew: npx vitest run --update --project unit test/spec/openapi.test.ts
  await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot('../../spec/openapi.json')
})

test('EXT-46 it is OpenAPI 3.1', async () => {
  const result = await validate(structuredClone(document) as never)
  expect(result.valid, result.valid ? '' : compileErrors(result)).toBe(true)
})

/** `/requests/:id{.+}` and `/requests/{service_request_id}.{format}` are the same. */
const bare = (path: string) =>
  path
    .replace(/\.(json|\{format\})$/, '')
    .replace(/:\w+(\{\.\+\})?/g, '*')
    .replace(/\{\w+\}/g, '*')

test('EXT-46 every path and method of the server is in it, and no other', () => {
  const nowhere = {} as Store
  const app = appOver({ store: nowhere }, () => ({ jurisdictions: new Map(), keys: new Map() }))
  // Of paths that lack their id there is nothing to say.
  const isLacking = (path: string) =>
    /\/(services|tokens|requests)\/$|\/tokens$/.test(path) && !path.startsWith('/city')
  const served = app.routes
    .filter(({ path, method }) => !['ALL', 'OPTIONS'].includes(method) && !isLacking(path))
    .map(({ path, method }) => `${method} ${bare(path)}`)
  const described = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${bare(path)}`),
  )
  expect(described.sort()).toEqual([...new Set(served)].sort())
})

test.each(operations)(
  'EXT-46 $name looks at the arguments that it describes, and at no other',
  (operation) => {
    const seen = new Set<string>()
    class Said extends Map<string, readonly string[]> {
      override get(name: string) {
        seen.add(name)
        return super.get(name)
      }
      override has(name: string) {
        seen.add(name)
        return super.has(name)
      }
    }
    const city = jurisdiction([service()])
    // What refuses early looks at the rest only if the first of it is good.
    for (const given of [{}, { service_code: ['LAMP'], lat: ['0.1'], long: ['0.1'] }]) {
      const asked = { ...call({}, city), args: new Said(Object.entries(given)), id: 'LAMP' }
      for (const part of [operation.cache, operation.plan]) {
        try {
          part?.(asked)
        } catch (error) {
          if (!(error instanceof Refusal)) throw error
        }
      }
    }
    seen.delete('jurisdiction_id')
    // Answers are found by the form of their names.
    const described = Object.keys(operation.arguments?.shape ?? {}).filter((name) => name !== 'attribute')
    expect([...seen].sort()).toEqual(described.sort())
  },
)

test('EXT-46 EXT-40 every operation of the city API asks for a scope and says what it refuses', () => {
  const items = Object.entries(document.paths).filter(([path]) => path.startsWith('/city/'))
  expect(items.flatMap(([, item]) => Object.keys(item))).toHaveLength(cityOperations.length)
  for (const item of items.flatMap(([, each]) => Object.values(each))) {
    expect(item, item.operationId).toMatchObject({
      security: [{ bearer: [expect.any(String)] }, { api_key: [expect.any(String)] }],
      responses: { 400: {}, 403: {}, 404: {}, 500: {} },
    })
  }
})
