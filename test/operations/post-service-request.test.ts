import { describe, expect, test } from 'vitest'
import { postServiceRequest } from '../../src/operations/post-service-request.js'
import type { Service } from '../../src/standard/catalog.js'
import { Refusal } from '../../src/standard/refusal.js'
import { attribute, call, jurisdiction, service } from './city.js'

const HERE = { lat: '0.2', long: '0.2' }

function plan(said: Record<string, string | string[]>, of: Partial<Service> = {}, fields = {}) {
  const where = jurisdiction([service(of)], fields)
  return postServiceRequest.plan(call({ service_code: 'LAMP', ...said }, where)) as Record<string, unknown>
}
function broken(...given: Parameters<typeof plan>): [rule: string, status: number, description: string][] {
  try {
    plan(...given)
  } catch (error) {
    if (error instanceof Refusal)
      return error.broken.map((each) => [each.rule, each.status, each.description])
    throw error
  }
  return []
}
const rules = (...given: Parameters<typeof plan>) => broken(...given).map(([rule]) => rule)

describe('places', () => {
  test.each([
    ['GR-POST-04 none', {}, ['GR-POST-04']],
    ['GR-POST-04 an address is one', { address_string: 'Quay Road 12' }, []],
    ['GR-POST-04 an address id is one', { address_id: '7' }, []],
    ['GR-POST-05 lat alone', { lat: '0.2' }, ['GR-POST-05']],
    ['GR-POST-05 long alone, with an address', { long: '0.2', address_string: 'x' }, ['GR-POST-05']],
    ['A-25 out of range', { lat: '91', long: '-181' }, ['A-25', 'A-25']],
    ['A-25 no numbers', { lat: 'NaN', long: '0x10' }, ['A-25', 'A-25']],
    ['A-25 outside', { lat: '0.2', long: '1.2' }, ['A-25']],
    ['A-25 in a hole of the boundary', { lat: '0.5', long: '0.5' }, ['A-25']],
    ['A-25 exponents are numbers', { lat: '2E-1', long: '+.2' }, []],
  ])('%s', (_, said, wanted) => {
    expect(rules(said as Record<string, string>)).toEqual(wanted)
  })

  test('A-25 zero is a place; it is rounded to six digits', () => {
    expect(plan({ lat: '0', long: '0' }, {}, { boundary: null })).toMatchObject({ lat: 0, long: 0 })
    expect(plan({ lat: '0.12345678', long: '0.1' })).toMatchObject({ lat: 0.123457 })
  })

  test('A-26 GR-POST-04 a service may do without a place; a jurisdiction may accept what is outside', () => {
    expect(rules({}, { location_required: false })).toEqual([])
    expect(rules({ lat: '5', long: '5' }, {}, { refuse_outside: false })).toEqual([])
  })
})

describe('answers', () => {
  const list = (datatype: 'singlevaluelist' | 'multivaluelist') =>
    attribute({
      datatype,
      values: [
        { key: 'X', name: 'x' },
        { key: 'Y', name: 'y' },
      ],
    })
  const check = (of: Parameters<typeof attribute>[0], value?: string | string[]) =>
    broken(value === undefined ? HERE : { ...HERE, 'attribute[A]': value }, { attributes: [attribute(of)] })

  test.each([
    ['singlevaluelist', 'X', []],
    ['singlevaluelist', 'x', ['GR-POST-08']],
    ['singlevaluelist', ['X', 'Y'], ['GR-POST-08']],
    ['multivaluelist', 'X', []],
    ['multivaluelist', ['X', 'Y'], []],
    ['multivaluelist', ['X', 'Z'], ['GR-POST-08']],
    ['multivaluelist', 'X,Y', ['GR-POST-08']],
  ] as const)('GR-POST-08 GR-DEF-08 A-28 %s %s', (datatype, value, wanted) => {
    const given = { ...HERE, 'attribute[A]': value as string | string[] }
    expect(rules(given, { attributes: [list(datatype)] })).toEqual(wanted)
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
  ] as const)('GR-POST-08 %s %s', (datatype, value, faults) => {
    const found = check({ datatype }, value)
    expect(found).toHaveLength(faults)
    for (const [rule, status, description] of found) {
      expect([rule, status]).toEqual(['GR-POST-08', 400])
      expect(description).toContain('attribute[A]')
    }
  })

  test('GR-DEF-06 A-02 a required attribute without an answer is named', () => {
    expect(check({ required: true })).toEqual([
      ['GR-DEF-06', 400, 'attribute[A] was not provided: A required.'],
    ])
    expect(check({ required: true }, ' '.trim() || 'x')).toEqual([])
  })

  test('GR-DEF-04 A-27 a note collects nothing, unless the software of the client fills it', () => {
    const note = attribute({ variable: false })
    expect(plan({ ...HERE, 'attribute[A]': 'x' }, { attributes: [note] }).answers).toEqual({})
    const easting = attribute({ variable: false, required: true, automated: 'server_set' })
    expect(rules(HERE, { attributes: [easting] })).toEqual(['GR-DEF-06'])
    expect(plan({ ...HERE, 'attribute[A]': '5' }, { attributes: [easting] }).answers).toEqual({ A: ['5'] })
  })

  test('GR-POST-16 A-27 unknown codes are kept, unknown arguments ignored', () => {
    const said = {
      ...HERE,
      'attribute[uprn]': '77',
      title: 'x',
      __proto__x: '1',
      'attribute[__proto__]': 'p',
    }
    expect(Object.entries(plan(said).answers as object)).toEqual([
      ['uprn', ['77']],
      ['__proto__', ['p']],
    ])
  })

  test('A-29 a time without a zone is on the clock of the jurisdiction', () => {
    const since = [attribute({ datatype: 'datetime' })]
    expect(plan({ ...HERE, 'attribute[A]': '2026-05-01T09:30' }, { attributes: since }).answers).toEqual({
      A: ['2026-05-01T14:30:00Z'],
    })
  })
})

describe('the rest', () => {
  test('A-25 GR-POST-08 a number as long as the body may be is refused at once', () => {
    const long = `${'1'.repeat(900_000)}x`
    expect(rules({ lat: long, long: '1' })).toEqual(['A-25'])
    const number = [attribute({ datatype: 'number', code: 'A' })]
    expect(rules({ ...HERE, 'attribute[A]': long.slice(-3999) }, { attributes: number })).toEqual([
      'GR-POST-08',
    ])
  })

  test('GR-POST-16 A-33 A-47 unknown answers, addresses and handles have their limits', () => {
    const codes = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`attribute[c${index}]`, 'x']))
    expect(rules({ ...HERE, ...codes })).toEqual(['GR-POST-08'])
    expect(rules({ ...HERE, [`attribute[${'c'.repeat(101)}]`]: 'x' })).toEqual(['GR-POST-08'])
    expect(rules({ ...HERE, 'attribute[c]': 'x'.repeat(4001) })).toEqual(['GR-POST-08'])
    const urls = Array.from({ length: 11 }, (_, index) => `https://a.example/${index}`)
    expect(rules({ ...HERE, media_url: urls })).toEqual(['A-33'])
    expect(rules({ ...HERE, 'attribute[external_id]': 'x'.repeat(256) })).toEqual(['A-47'])
  })

  test('GR-ERR-08 GR-POST-03 every fault is named at once, the missing service first', () => {
    const found = broken({
      service_code: [],
      lat: '91',
      media_url: 'x',
      description: 'x'.repeat(4001),
    } as never)
    expect(found.map(([rule]) => rule)).toEqual([
      'GR-POST-03',
      'A-25',
      'GR-POST-09',
      'GR-POST-05',
      'GR-POST-11',
    ])
    expect(
      found.every(([, , description]) => /^(service_code|lat|long|description|media_url)/.test(description)),
    ).toBe(true)
    expect(broken({ service_code: 'NONE', ...HERE }).map(([rule, status]) => [rule, status])).toEqual([
      ['GR-POST-03', 404],
    ])
  })

  test('GR-POST-09 A-32 4,000 code points, line ends counted once', () => {
    expect(rules({ ...HERE, description: '🕳'.repeat(4000) })).toEqual([])
    expect(rules({ ...HERE, description: '🕳'.repeat(4001) })).toEqual(['GR-POST-09'])
    expect(plan({ ...HERE, description: ` ${'\r\n'.repeat(3999)}x` }).description).toBe('x')
    expect(plan({ ...HERE, description: 'a\r\nb\rc' }).description).toBe('a\nb\nc')
  })

  test('GR-POST-11 A-33 absolute addresses only; the first one leads', () => {
    for (const url of [
      '/a.jpg',
      'javascript:alert(1)',
      'file:///etc/passwd',
      'http://',
      'https://a b',
      'x'.repeat(3000),
    ]) {
      expect(rules({ ...HERE, media_url: url })).toEqual(['GR-POST-11'])
    }
    expect(
      plan({ ...HERE, media_url: ['https://a.example/1', 'https://a.example/2'] }).media_urls,
    ).toHaveLength(2)
  })

  test('A-47 the names by which a submission is known again', () => {
    const said = { ...HERE, 'attribute[external_id]': '12', 'attribute[fixmystreet_id]': '7' }
    expect(plan(said).handles).toEqual([
      { handle_type: 'external_id', handle: 'LAMP 12' },
      { handle_type: 'fixmystreet_id', handle: 'LAMP 7' },
    ])
    const digest = (more: Record<string, string>) =>
      (plan({ ...said, ...more }).fingerprint as Buffer).toString('hex')
    expect(digest({ api_key: 'a' })).toBe(digest({ api_key: 'b' }))
    expect(digest({ email: 'a' })).not.toBe(digest({ email: 'b' }))
  })
})
