import { compileErrors, validate } from '@readme/openapi-parser'
import { expect, test } from 'vitest'
import { cityOperations } from '../../src/city/city-operations.js'
import { buildOpenApi } from '../../src/openapi/document.js'
import { operations } from '../../src/operations/geo-report-operations.js'
import { Refusal } from '../../src/standard/refusal.js'
import type { Store } from '../../src/store/database/database.js'
import { createTestApp } from '../harness/app.js'
import { createRequest, jurisdiction, service } from '../operations/city.js'

const document = buildOpenApi('/', operations, cityOperations) as {
  paths: Record<string, Record<string, { operationId: string }>>
}

test('EXT-46 spec/openapi.json equals the generated document', async () => {
  // To update the file: npx vitest run --project unit test/spec/openapi.test.ts --update
  await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot('../../spec/openapi.json')
})

test('EXT-46 the document is valid OpenAPI 3.1', async () => {
  const result = await validate(structuredClone(document) as never)
  expect(result.valid, result.valid ? '' : compileErrors(result)).toBe(true)
})

/** Replaces parameters by `*`, so that `/requests/:id{.+}` and `/requests/{service_request_id}.{format}` are equal. */
const normalizePath = (path: string) =>
  path
    .replace(/\.(json|\{format\})$/, '')
    .replace(/:\w+(\{\.\+\})?/g, '*')
    .replace(/\{\w+\}/g, '*')

test('EXT-46 the document has every path and method of the server, and no other', () => {
  const store = {} as Store
  const app = createTestApp({ store: store }, () => ({ jurisdictions: new Map(), keys: new Map() }))
  // Routes that only refuse a missing id are not documented.
  const lacksId = (path: string) =>
    /\/(services|tokens|requests)\/$|\/tokens$/.test(path) && !path.startsWith('/city')
  const served = app.routes
    .filter(({ path, method }) => !['ALL', 'OPTIONS'].includes(method) && !lacksId(path))
    .map(({ path, method }) => `${method} ${normalizePath(path)}`)
  const described = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${normalizePath(path)}`),
  )
  expect(described.sort()).toEqual([...new Set(served)].sort())
})

test.each(operations)(
  'EXT-46 $name reads the arguments that its schema describes, and no other',
  (operation) => {
    const seen = new Set<string>()
    class RecordingArgs extends Map<string, readonly string[]> {
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
    // An operation that refuses early reads its other arguments only if the first ones are valid.
    for (const args of [{}, { service_code: ['LAMP'], lat: ['0.1'], long: ['0.1'] }]) {
      const request = {
        ...createRequest({}, city),
        args: new RecordingArgs(Object.entries(args)),
        id: 'LAMP',
      }
      for (const part of [operation.cache, operation.plan]) {
        try {
          part?.(request)
        } catch (error) {
          if (!(error instanceof Refusal)) throw error
        }
      }
    }
    seen.delete('jurisdiction_id')
    // Attribute values are found by the pattern of their names.
    const described = Object.keys(operation.arguments?.shape ?? {}).filter((name) => name !== 'attribute')
    expect([...seen].sort()).toEqual(described.sort())
  },
)

test('EXT-46 EXT-40 every operation of the city API documents its scope and its refusals', () => {
  const items = Object.entries(document.paths).filter(([path]) => path.startsWith('/city/'))
  expect(items.flatMap(([, item]) => Object.keys(item))).toHaveLength(cityOperations.length)
  for (const item of items.flatMap(([, each]) => Object.values(each))) {
    expect(item, item.operationId).toMatchObject({
      security: [{ bearer: [expect.any(String)] }, { api_key: [expect.any(String)] }],
      responses: { 400: {}, 403: {}, 404: {}, 500: {} },
    })
  }
})
