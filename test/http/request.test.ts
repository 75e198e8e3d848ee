import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseBody } from '../../src/http/form.js'
import { negotiateFormat, parsePath, parseUrl, readArguments } from '../../src/http/request.js'
import { Faults, Refusal } from '../../src/standard/refusal.js'

const HOST = 'http://city.example'
const bytes = (text: string) => new Uint8Array(new TextEncoder().encode(text))
const form = (text: string, type: string | null = 'application/x-www-form-urlencoded') =>
  parseBody(type, bytes(text))
const read = async (url: string, body: ReturnType<typeof form> = null) => {
  const faults = new Faults()
  const said = await readArguments(parseUrl({ url: HOST + url } as Request).query, body, faults)
  faults.refuse()
  return said
}
const said = async (...given: Parameters<typeof read>) => Object.fromEntries(await read(...given))

describe('addresses', () => {
  test.each([
    ['/open311/v2/services.xml', '/open311/v2/services', 'xml'],
    ['/open311/v2/requests/a.b.json?x=1', '/open311/v2/requests/a.b', 'json'],
    ['/open311/v2//requests///7.xml', '/open311/v2/requests/7', 'xml'],
    ['/open311/v2/services.json/', '/open311/v2/services', 'json'],
    ['/open311/v2/requests/a%2Fb.xml', '/open311/v2/requests/a%2Fb', 'xml'],
    ['/open311/v2/requests/json', '/open311/v2/requests', 'json'],
    ['/open311/v2/services/.xml', '/open311/v2/services/', 'xml'],
    ['/open311/v2/services.XML', '/open311/v2/services.XML', null],
    ['/', '/', null],
  ])('GR-GEN-02 A-39 A-41 A-60 %s', (url, path, format) => {
    expect(parsePath(HOST + url)).toMatchObject({ path, format })
  })

  test.each([
    [null, 'xml'],
    ['*/*', 'xml'],
    ['application/json', 'json'],
    ['text/html,application/xhtml+xml,*/*;q=0.8', 'xml'],
    ['application/xml;q=0.4, application/json;q=0.9', 'json'],
    ['application/json;q=0', 'xml'],
    ['application/problem+json', 'json'],
    ['nonsense;;;q=q', 'xml'],
  ])('A-38 GR-GEN-07 without a suffix, Accept: %s gives %s', (accept, format) => {
    expect(negotiateFormat(parsePath(`${HOST}/open311/v2/services`), accept)).toBe(format)
  })

  test('A-38 an unknown suffix is XML whatever is accepted', () => {
    expect(negotiateFormat(parsePath(`${HOST}/open311/v2/services.pdf`), 'application/json')).toBe('xml')
  })
})

describe('arguments', () => {
  test('GR-GEN-05 empty is absent, in query and body', async () => {
    expect(await said('/?status=&a=%20&b&c=1', form('d=&e=2'))).toEqual({ c: ['1'], e: ['2'] })
  })

  test('A-13 the body wins, the query fills the rest', async () => {
    expect(await said('/?a=query&b=query', form('a=body'))).toEqual({ a: ['body'], b: ['query'] })
    expect(await said('/?a=query', form('a='))).toEqual({ a: ['query'] })
  })

  test('GR-POST-06 GR-POST-07 A-28 every spelling of a multi-select', async () => {
    const spellings = [
      'attribute[F][]=A&attribute[F][]=B',
      'attribute%5BF%5D%5B%5D=A&attribute%5BF%5D%5B%5D=B',
      'attribute[F]=A&attribute[F]=B',
      'attribute[F][0]=A&attribute[F][1]=B',
    ]
    for (const spelling of spellings)
      expect(await said('/', form(spelling))).toEqual({ 'attribute[F]': ['A', 'B'] })
    expect(await said('/', form('{"attribute":{"F":["A","B"]}}', 'application/json'))).toEqual({
      'attribute[F]': ['A', 'B'],
    })
  })

  test('A-25 A-35 other names for the same thing, the standard name winning', async () => {
    expect(await said('/?lon=1&address=x')).toMatchObject({ long: ['1'], address_string: ['x'] })
    expect(await said('/?lon=1&long=2')).toMatchObject({ long: ['2'] })
  })

  test('GR-ENC-05 what is not UTF-8 is refused, a stray percent sign is not', async () => {
    await expect(said('/?a=%FF')).rejects.toThrow(Refusal)
    await expect(read('/', parseBody(null, new Uint8Array([97, 61, 255])))).rejects.toThrow(Refusal)
    expect(await said('/?a=100%+sure&b=%zz')).toEqual({ a: ['100% sure'], b: ['%zz'] })
  })

  test('GR-ENC-06 A-30 other media types are refused', async () => {
    for (const type of ['text/plain', 'application/xml', 'image/png'])
      await expect(said('/', form('a=1', type))).rejects.toThrow(Refusal)
    for (const broken of ['[]', '1', '{"a":', '{"a":{"b":1}}']) {
      await expect(said('/', form(broken, 'application/json'))).rejects.toThrow(Refusal)
    }
  })

  test('GR-GEN-05 whatever is said, no argument is empty and none is lost', async () => {
    const pairs = fc.array(fc.tuple(fc.stringMatching(/^[a-z_]{1,8}$/), fc.string({ unit: 'grapheme' })), {
      maxLength: 8,
    })
    await fc.assert(
      fc.asyncProperty(pairs, async (given) => {
        const found = await read(`/?${new URLSearchParams(given.map(([a, b]) => [a, b]))}`)
        const wanted = given.filter(([, value]) => value.trim() !== '').map(([name]) => name)
        expect([...found.values()].flat().every((value) => value.trim() !== '')).toBe(true)
        for (const name of wanted) expect(found.has(name)).toBe(true)
      }),
    )
  })

  test('GR-ENC-07 an argument of nothing but forbidden characters is refused, not dropped', async () => {
    await expect(said('/?service_request_id=%00')).rejects.toThrow(Refusal)
    expect(await said('/?description=a%10b')).toEqual({ description: ['ab'] })
  })

  test('GR-ERR-08 however much is wrong, the answer stays small', async () => {
    const much = ['%FF&'.repeat(100_000), 'a&'.repeat(100_000)]
    for (const text of much) await expect(said('/', form(text))).rejects.toThrow(Refusal)
    const json = JSON.stringify({ ['x'.repeat(1000)]: Array(100_000).fill([]) })
    const refusal: Refusal = await said('/', form(json, 'application/json')).catch((error) => error)
    expect(refusal.broken).toHaveLength(1)
    expect(refusal.broken[0].description.length).toBeLessThan(250)
    const faults = new Faults()
    for (let number = 0; number < 1000; number++) faults.add('A-30', 400, `fault ${number}`)
    expect(() => faults.refuse()).toThrow(
      expect.objectContaining({ broken: expect.objectContaining({ length: 100 }) }),
    )
  })
})
