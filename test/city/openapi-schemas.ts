import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { expect } from 'vitest'
import { cityOperations } from '../../src/city/city-operations.js'
import { buildOpenApi } from '../../src/openapi/document.js'
import { operations } from '../../src/operations/geo-report-operations.js'

interface OpenApiDocument {
  paths: Record<string, Record<string, { responses: Record<string, { $ref?: string }> }>>
}
const document = buildOpenApi('/', operations, cityOperations) as unknown as OpenApiDocument

const ajv = new Ajv2020({ strict: false, allErrors: true })
addFormats.default(ajv)
ajv.addSchema(document, 'openapi')

/** Paths with fewer parameters first, as a router matches them. */
const paths = Object.keys(document.paths)
  .sort((a, b) => a.split('{').length - b.split('{').length)
  .map((path) => {
    const pattern = path
      .replace(/[.]/g, '\\.')
      .replace(/\{format\}/g, 'json')
      .replace(/\{\w+\}/g, '[^/]+')
    return { path, pattern: new RegExp(`^${pattern}$`) }
  })

const pointer = (...names: string[]) =>
  names.map((name) => `/${encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('')

/** Validates a JSON response against the OpenAPI document (EXT-46). Operations that it does not contain are ignored. */
export async function expectDocumented(method: string, url: string, response: Response): Promise<void> {
  const { pathname } = new URL(url)
  const match = paths.find(({ pattern }) => pattern.test(pathname))
  const operation = match && document.paths[match.path]![method.toLowerCase()]
  if (!match || !operation) return
  const { status } = response
  const described = operation.responses[status]
  expect(described, `${method} ${match.path} returned ${status}`).toBeDefined()
  if (status === 204 || status === 304) return
  const at = described!.$ref
    ? described!.$ref
    : `#${pointer('paths', match.path, method.toLowerCase(), 'responses', String(status))}`
  const ref = `openapi${at}${pointer('content', 'application/json', 'schema')}`
  const validate = ajv.getSchema(ref)!
  const value = await response.clone().json()
  expect(
    validate(value),
    `${method} ${pathname}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(value)}`,
  ).toBe(true)
}
