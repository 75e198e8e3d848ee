import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { expect } from 'vitest'
import { cityOperations } from '../../src/city/city-operations.js'
import { buildOpenApi } from '../../src/openapi/document.js'
import { operations } from '../../src/operations/geo-report-operations.js'

interface Described {
  paths: Record<string, Record<string, { responses: Record<string, { $ref?: string }> }>>
}
const document = buildOpenApi('/', operations, cityOperations) as unknown as Described

const ajv = new Ajv2020({ strict: false, allErrors: true })
addFormats.default(ajv)
ajv.addSchema(document, 'openapi')

/** Fewer templates first, as a router does. */
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

/** EXT-46: holds an answer in JSON against what the OpenAPI document says of it. What it does not know is not looked at. */
export async function expectDocumented(method: string, url: string, answer: Response): Promise<void> {
  const { pathname } = new URL(url)
  const found = paths.find(({ pattern }) => pattern.test(pathname))
  const operation = found && document.paths[found.path]![method.toLowerCase()]
  if (!found || !operation) return
  const { status } = answer
  const described = operation.responses[status]
  expect(described, `${method} ${found.path} answered ${status}`).toBeDefined()
  if (status === 204 || status === 304) return
  const at = described!.$ref
    ? described!.$ref
    : `#${pointer('paths', found.path, method.toLowerCase(), 'responses', String(status))}`
  const ref = `openapi${at}${pointer('content', 'application/json', 'schema')}`
  const check = ajv.getSchema(ref)!
  const value = await answer.clone().json()
  expect(
    check(value),
    `${method} ${pathname}: ${ajv.errorsText(check.errors)} in ${JSON.stringify(value)}`,
  ).toBe(true)
}
