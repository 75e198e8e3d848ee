import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readCityFolders } from '../../src/catalog/read-city-folder.js'
import { parseBody } from '../../src/http/form.js'
import { readArguments } from '../../src/http/request.js'
import { getServiceSchema } from '../../src/operations/get-service-schema.js'
import { postServiceRequest } from '../../src/operations/post-service-request.js'
import type { Jurisdiction } from '../../src/standard/catalog.js'
import { Faults, Refusal } from '../../src/standard/refusal.js'
import { toService } from '../../src/store/catalog/write-services.js'
import { fixedSeed } from '../harness/property-seed.js'
import { withStore } from '../media/no-media.js'
import { createRequest, jurisdiction, service } from './city.js'
import { generateBodies, type Schema } from './schema-bodies.js'

const folders = [
  ...(await readCityFolders('fixtures/rivertown')),
  ...(await readCityFolders('fixtures/two-towns')),
]
const cities = folders.map((folder) =>
  jurisdiction(folder.services.map(toService), { boundary: null, time_zone: folder.jurisdiction.time_zone }),
)
const services = cities.flatMap((city) => [...city.services.keys()].map((code) => ({ city, code })))

function getSchema(city: Jurisdiction, code: string, args: Record<string, string> = {}): Schema {
  const plan = getServiceSchema.plan({ ...createRequest(args, city), id: code })
  return JSON.parse(
    JSON.stringify((getServiceSchema.query(plan, withStore(null as never)) as { value: unknown }).value),
  )
}
function compileValidator(schema: Schema): ValidateFunction {
  const ajv = new Ajv2020({ strict: true, allErrors: true, keywords: ['x-ui'], strictRequired: false })
  formats.default(ajv)
  return ajv.compile(schema)
}

/** Posts `body` as JSON and returns the findBrokenRules rules with their descriptions. */
async function findBrokenRules(city: Jurisdiction, body: unknown): Promise<string[]> {
  const faults = new Faults()
  const bytes = new Uint8Array(Buffer.from(JSON.stringify(body)))
  const args = await readArguments('http://a/', parseBody('application/json', bytes), faults)
  try {
    faults.refuse()
    postServiceRequest.plan({ ...createRequest({}, city), args })
    return []
  } catch (error) {
    if (error instanceof Refusal) return error.broken.map((each) => `${each.rule} ${each.description}`)
    throw error
  }
}

test('EXT-25 the schema of every service is a valid JSON Schema of draft 2020-12', () => {
  expect(services.length).toBeGreaterThan(45)
  for (const { city, code } of services) {
    const schema = getSchema(city, code)
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema')
    expect(() => compileValidator(schema), code).not.toThrow()
    expect(Object.keys(schema.properties.attribute.properties)).toEqual(
      city.services
        .get(code)!
        .attributes.filter((each) => each.variable || each.automated)
        .map((each) => each.code),
    )
  }
})

test('EXT-25 POST accepts every generated body that passes the schema', async () => {
  for (const { city, code } of services) {
    const schema = getSchema(city, code)
    const passes = compileValidator(schema)
    let passed = 0
    await fc.assert(
      fc.asyncProperty(generateBodies(schema), async (body) => {
        if (!passes(body)) return
        passed++
        expect(await findBrokenRules(city, body), JSON.stringify(body)).toEqual([])
      }),
      { numRuns: 60, seed: fixedSeed(25) },
    )
    expect(passed, code).toBeGreaterThan(10)
  }
})

const lamp = { city: cities[0]!, code: 'STREET-LIGHT' }
const good = {
  service_code: 'STREET-LIGHT',
  lat: 40.1,
  long: -91.5,
  attribute: { LAMP_NO: 'K-204', LAMP_TYPE: 'SINGLE', FAULT: ['DARK'], LAMP_COUNT: 2 },
}
const withAnswers = (answers: object) => ({ ...good, attribute: { ...good.attribute, ...answers } })

test.each([
  ['a missing required value', { ...good, attribute: { LAMP_TYPE: 'SINGLE' } }],
  ['no attribute values', { ...good, attribute: undefined }],
  ['an empty required value', withAnswers({ LAMP_NO: '' })],
  ['a blank required value', withAnswers({ LAMP_NO: ' \t ' })],
  ['an unknown option', withAnswers({ LAMP_TYPE: 'TRIPLE' })],
  ['the name of an option instead of its key', withAnswers({ LAMP_TYPE: 'Pole with one lamp' })],
  ['an unknown option beside a known one', withAnswers({ FAULT: ['DARK', 'BRIGHT'] })],
  ['text in a number attribute', withAnswers({ LAMP_COUNT: 'many' })],
  ['text in a datetime attribute', withAnswers({ SINCE: 'yesterday' })],
  ['a line end in a string attribute', withAnswers({ LAMP_NO: 'K\n204' })],
  ['a value that is too long', withAnswers({ DETAILS: 'x'.repeat(4001) })],
  ['a description that is too long', { ...good, description: 'x'.repeat(4001) }],
  ['an address_string that is too long', { ...good, address_string: 'x'.repeat(1001) }],
  ['the code of another service', { ...good, service_code: 'NONE' }],
  ['no service_code', { ...good, service_code: undefined }],
  ['lat without long', { ...good, long: undefined }],
  ['no location', { ...good, lat: undefined, long: undefined }],
  [
    'a blank address_string as the only location',
    { ...good, lat: undefined, long: undefined, address_string: ' ' },
  ],
  ['a lat above 90', { ...good, lat: 91 }],
  ['a media_url that is not an http address', { ...good, media_url: 'ftp://a.example/x.jpg' }],
  ['a media_url that is too long', { ...good, media_url: `https://a.example/${'x'.repeat(2000)}` }],
])('EXT-25 the schema and POST both refuse %s', async (_, body) => {
  const passes = compileValidator(getSchema(lamp.city, lamp.code))
  expect(passes(good)).toBe(true)
  expect(await findBrokenRules(lamp.city, good)).toEqual([])
  const json = JSON.parse(JSON.stringify(body))
  expect(passes(json)).toBe(false)
  expect(await findBrokenRules(lamp.city, json)).not.toEqual([])
})

test('EXT-25 x-ui has the order, widget and hint of each attribute, and the notes of the service', () => {
  const schema = getSchema(lamp.city, lamp.code)
  const hints = Object.entries(schema.properties.attribute.properties).map(([code, property]) => [
    code,
    property['x-ui'].order,
    property['x-ui'].widget,
  ])
  expect(hints).toEqual([
    ['LAMP_NO', 1, 'text'],
    ['LAMP_TYPE', 2, 'radio'],
    ['FAULT', 3, 'checkboxes'],
    ['LAMP_COUNT', 4, 'number'],
    ['SINCE', 5, 'datetime'],
    ['DETAILS', 6, 'textarea'],
  ])
  expect(schema.properties.attribute.properties.LAMP_NO).toMatchObject({
    title: 'Which number is on the pole?',
    'x-ui': { hint: 'Printed on the pole, for example K-204' },
  })
  expect(schema['x-ui'].notes).toEqual([{ order: 7, text: expect.stringContaining('Do not touch') }])
  expect(schema.properties.attribute.required).toEqual(['LAMP_NO', 'LAMP_TYPE'])
  expect(schema.required).toEqual(['service_code', 'attribute'])
})

test('EXT-25 A-59 locale translates names and leaves keys unchanged', () => {
  const schema = getSchema(lamp.city, lamp.code, { locale: 'es' })
  expect(schema.title).toBe('Farola que no funciona')
  expect(schema.properties.attribute.properties.LAMP_TYPE!.oneOf![0]).toEqual({
    const: 'SINGLE',
    title: 'Poste con una lámpara',
  })
})

test('EXT-25 A-26 requires a location only if the service does; more than five options make a select widget', () => {
  const values = Array.from({ length: 6 }, (_, index) => ({ key: `${index}`, name: `${index}` }))
  const list = { code: 'A', datatype: 'singlevaluelist', required: true, values } as const
  const fields = { variable: true, order: 1, description: '', datatype_description: '', public: true }
  const city = jurisdiction([
    service({ location_required: false, attributes: [{ ...list, ...fields, automated: 'hidden_field' }] }),
  ])
  const schema = getSchema(city, 'LAMP')
  expect(compileValidator(schema)({ service_code: 'LAMP', attribute: { A: '5' } })).toBe(true)
  expect(schema.properties.attribute.properties.A!['x-ui']).toEqual({
    order: 1,
    widget: 'select',
    hint: '',
    automated: 'hidden_field',
  })
})
