import { describe, expect, test } from 'vitest'
import { postServiceRequest } from '../../src/operations/post-service-request.js'
import type { Service } from '../../src/standard/catalog.js'
import { Refusal } from '../../src/standard/refusal.js'
import { attribute, createRequest, jurisdiction, service } from './city.js'

const HERE = { lat: '0.2', long: '0.2' }

function plan(args: Record<string, string | string[]>, serviceFields: Partial<Service> = {}, fields = {}) {
  const city = jurisdiction([service(serviceFields)], fields)
  return postServiceRequest.plan(createRequest({ service_code: 'LAMP', ...args }, city)) as Record<
    string,
    unknown
  >
}
function findBroken(
  ...input: Parameters<typeof plan>
): [rule: string, status: number, description: string][] {
  try {
    plan(...input)
  } catch (error) {
    if (error instanceof Refusal)
      return error.broken.map((each) => [each.rule, each.status, each.description])
    throw error
  }
  return []
}
const findRules = (...input: Parameters<typeof plan>) => findBroken(...input).map(([rule]) => rule)

describe('location', () => {
  test.each([
    ['GR-POST-04 refuses a request without a location', {}, ['GR-POST-04']],
    ['GR-POST-04 accepts address_string as the location', { address_string: 'Quay Road 12' }, []],
    ['GR-POST-04 accepts address_id as the location', { address_id: '7' }, []],
    ['GR-POST-05 refuses lat without long', { lat: '0.2' }, ['GR-POST-05']],
    [
      'GR-POST-05 refuses long without lat, even with an address',
      { long: '0.2', address_string: 'x' },
      ['GR-POST-05'],
    ],
    ['A-25 refuses coordinates out of range', { lat: '91', long: '-181' }, ['A-25', 'A-25']],
    ['A-25 refuses coordinates that are not numbers', { lat: 'NaN', long: '0x10' }, ['A-25', 'A-25']],
    ['A-25 refuses a point outside the boundary', { lat: '0.2', long: '1.2' }, ['A-25']],
    ['A-25 refuses a point in a hole of the boundary', { lat: '0.5', long: '0.5' }, ['A-25']],
    ['A-25 accepts numbers with an exponent or a sign', { lat: '2E-1', long: '+.2' }, []],
  ])('%s', (_, args, expected) => {
    expect(findRules(args as Record<string, string>)).toEqual(expected)
  })

  test('A-25 accepts zero as a coordinate and rounds coordinates to six digits', () => {
    expect(plan({ lat: '0', long: '0' }, {}, { boundary: null })).toMatchObject({ lat: 0, long: 0 })
    expect(plan({ lat: '0.12345678', long: '0.1' })).toMatchObject({ lat: 0.123457 })
  })

  test('A-26 GR-POST-04 location_required: false allows no location; refuse_outside: false allows points outside', () => {
    expect(findRules({}, { location_required: false })).toEqual([])
    expect(findRules({ lat: '5', long: '5' }, {}, { refuse_outside: false })).toEqual([])
  })
})

describe('attribute values', () => {
  const list = (datatype: 'singlevaluelist' | 'multivaluelist') =>
    attribute({
      datatype,
      values: [
        { key: 'X', name: 'x' },
        { key: 'Y', name: 'y' },
      ],
    })
  const check = (fields: Parameters<typeof attribute>[0], value?: string | string[]) =>
    findBroken(value === undefined ? HERE : { ...HERE, 'attribute[A]': value }, {
      attributes: [attribute(fields)],
    })

  test.each([
    ['singlevaluelist', 'X', []],
    ['singlevaluelist', 'x', ['GR-POST-08']],
    ['singlevaluelist', ['X', 'Y'], ['GR-POST-08']],
    ['multivaluelist', 'X', []],
    ['multivaluelist', ['X', 'Y'], []],
    ['multivaluelist', ['X', 'Z'], ['GR-POST-08']],
    ['multivaluelist', 'X,Y', ['GR-POST-08']],
  ] as const)('GR-POST-08 GR-DEF-08 A-28 checks a %s with the value %s', (datatype, value, expected) => {
    const args = { ...HERE, 'attribute[A]': value as string | string[] }
    expect(findRules(args, { attributes: [list(datatype)] })).toEqual(expected)
  })

  test.each([
    ['number', '1.5e3', 0],
    ['number', '-7', 0],
    ['number', '1,5', 1],
    ['number', 'many', 1],
    ['datetime', '2026-05-01T09:30', 0],
    ['datetime', '2026-05-01', 0],
    ['datetime', '1. Mai 2026', 1],
    ['string', 'one line', 0],
    ['string', 'two\nlines', 1],
    ['text', 'two\nlines', 0],
    ['string', 'x'.repeat(4001), 1],
  ] as const)('GR-POST-08 checks a %s with the value %s', (datatype, value, faults) => {
    const broken = check({ datatype }, value)
    expect(broken).toHaveLength(faults)
    for (const [rule, status, description] of broken) {
      expect([rule, status]).toEqual(['GR-POST-08', 400])
      expect(description).toContain('attribute[A]')
    }
  })

  test('GR-DEF-06 A-02 refuses a required attribute without a value by its name', () => {
    expect(check({ required: true })).toEqual([
      ['GR-DEF-06', 400, 'attribute[A] was not provided: A required.'],
    ])
    expect(check({ required: true }, ' '.trim() || 'x')).toEqual([])
  })

  test('GR-DEF-04 A-27 ignores values of notes, except of automated attributes that client software fills', () => {
    const note = attribute({ variable: false })
    expect(plan({ ...HERE, 'attribute[A]': 'x' }, { attributes: [note] }).answers).toEqual({})
    const easting = attribute({ variable: false, required: true, automated: 'server_set' })
    expect(findRules(HERE, { attributes: [easting] })).toEqual(['GR-DEF-06'])
    expect(plan({ ...HERE, 'attribute[A]': '5' }, { attributes: [easting] }).answers).toEqual({ A: ['5'] })
  })

  test('GR-POST-16 A-27 stores unknown attribute codes and ignores unknown arguments', () => {
    const args = {
      ...HERE,
      'attribute[uprn]': '77',
      title: 'x',
      __proto__x: '1',
      'attribute[__proto__]': 'p',
    }
    expect(Object.entries(plan(args).answers as object)).toEqual([
      ['uprn', ['77']],
      ['__proto__', ['p']],
    ])
  })

  test('A-29 reads a time without a zone in the time zone of the jurisdiction', () => {
    const since = [attribute({ datatype: 'datetime' })]
    expect(plan({ ...HERE, 'attribute[A]': '2026-05-01T09:30' }, { attributes: since }).answers).toEqual({
      A: ['2026-05-01T14:30:00Z'],
    })
  })
})

describe('limits and other arguments', () => {
  test('A-25 GR-POST-08 refuses a number that is as long as the body limit, without delay', () => {
    const long = `${'1'.repeat(900_000)}x`
    expect(findRules({ lat: long, long: '1' })).toEqual(['A-25'])
    const number = [attribute({ datatype: 'number', code: 'A' })]
    expect(findRules({ ...HERE, 'attribute[A]': long.slice(-3999) }, { attributes: number })).toEqual([
      'GR-POST-08',
    ])
  })

  test('GR-POST-16 A-33 A-47 limits unknown attributes, media URLs and external ids', () => {
    const codes = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`attribute[c${index}]`, 'x']))
    expect(findRules({ ...HERE, ...codes })).toEqual(['GR-POST-08'])
    expect(findRules({ ...HERE, [`attribute[${'c'.repeat(101)}]`]: 'x' })).toEqual(['GR-POST-08'])
    expect(findRules({ ...HERE, 'attribute[c]': 'x'.repeat(4001) })).toEqual(['GR-POST-08'])
    const urls = Array.from({ length: 11 }, (_, index) => `https://a.example/${index}`)
    expect(findRules({ ...HERE, media_url: urls })).toEqual(['A-33'])
    expect(findRules({ ...HERE, 'attribute[external_id]': 'x'.repeat(256) })).toEqual(['A-47'])
  })

  test('GR-ERR-08 GR-POST-03 names all broken rules in one refusal, the missing service_code first', () => {
    const broken = findBroken({
      service_code: [],
      lat: '91',
      media_url: 'x',
      description: 'x'.repeat(4001),
    } as never)
    expect(broken.map(([rule]) => rule)).toEqual([
      'GR-POST-03',
      'A-25',
      'GR-POST-09',
      'GR-POST-05',
      'GR-POST-11',
    ])
    expect(
      broken.every(([, , description]) => /^(service_code|lat|long|description|media_url)/.test(description)),
    ).toBe(true)
    expect(findBroken({ service_code: 'NONE', ...HERE }).map(([rule, status]) => [rule, status])).toEqual([
      ['GR-POST-03', 404],
    ])
  })

  test('GR-POST-09 A-32 limits description to 4,000 code points and counts CRLF as one', () => {
    expect(findRules({ ...HERE, description: '🕳'.repeat(4000) })).toEqual([])
    expect(findRules({ ...HERE, description: '🕳'.repeat(4001) })).toEqual(['GR-POST-09'])
    expect(plan({ ...HERE, description: ` ${'\r\n'.repeat(3999)}x` }).description).toBe('x')
    expect(plan({ ...HERE, description: 'a\r\nb\rc' }).description).toBe('a\nb\nc')
  })

  test('GR-POST-11 A-33 accepts absolute http addresses only, and several of them', () => {
    for (const url of [
      '/a.jpg',
      'javascript:alert(1)',
      'file:///etc/passwd',
      'http://',
      'https://a b',
      'x'.repeat(3000),
    ]) {
      expect(findRules({ ...HERE, media_url: url })).toEqual(['GR-POST-11'])
    }
    expect(
      plan({ ...HERE, media_url: ['https://a.example/1', 'https://a.example/2'] }).media_urls,
    ).toHaveLength(2)
  })

  test('A-47 derives handles and a fingerprint that identify a repeated submission', () => {
    const args = { ...HERE, 'attribute[external_id]': '12', 'attribute[fixmystreet_id]': '7' }
    expect(plan(args).handles).toEqual([
      { handle_type: 'external_id', handle: 'LAMP 12' },
      { handle_type: 'fixmystreet_id', handle: 'LAMP 7' },
    ])
    const getFingerprint = (more: Record<string, string>) =>
      (plan({ ...args, ...more }).fingerprint as Buffer).toString('hex')
    expect(getFingerprint({ api_key: 'a' })).toBe(getFingerprint({ api_key: 'b' }))
    expect(getFingerprint({ email: 'a' })).not.toBe(getFingerprint({ email: 'b' }))
  })
})
