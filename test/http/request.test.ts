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
  const args = await readArguments(parseUrl(HOST + url).query, body, faults)
  faults.refuse()
  return args
}
const readObject = async (...input: Parameters<typeof read>) => Object.fromEntries(await read(...input))

describe('paths', () => {
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
  ])('GR-GEN-02 A-39 A-41 A-60 reads path and format of %s', (url, path, format) => {
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

  test('A-38 uses XML for an unknown suffix, and ignores Accept', () => {
    expect(negotiateFormat(parsePath(`${HOST}/open311/v2/services.pdf`), 'application/json')).toBe('xml')
  })
})

describe('arguments', () => {
  test('GR-GEN-05 drops empty arguments, in query and body', async () => {
    expect(await readObject('/?status=&a=%20&b&c=1', form('d=&e=2'))).toEqual({ c: ['1'], e: ['2'] })
  })

  test('A-13 prefers arguments of the body and adds those of the query', async () => {
    expect(await readObject('/?a=query&b=query', form('a=body'))).toEqual({ a: ['body'], b: ['query'] })
    expect(await readObject('/?a=query', form('a='))).toEqual({ a: ['query'] })
  })

  test('GR-POST-06 GR-POST-07 A-28 reads every notation of several values of an attribute', async () => {
    const spellings = [
      'attribute[F][]=A&attribute[F][]=B',
      'attribute%5BF%5D%5B%5D=A&attribute%5BF%5D%5B%5D=B',
      'attribute[F]=A&attribute[F]=B',
      'attribute[F][0]=A&attribute[F][1]=B',
    ]
    for (const spelling of spellings)
      expect(await readObject('/', form(spelling))).toEqual({ 'attribute[F]': ['A', 'B'] })
    expect(await readObject('/', form('{"attribute":{"F":["A","B"]}}', 'application/json'))).toEqual({
      'attribute[F]': ['A', 'B'],
    })
  })

  test('A-25 A-35 reads aliases of arguments, and prefers the name of the standard', async () => {
    expect(await readObject('/?lon=1&address=x')).toMatchObject({ long: ['1'], address_string: ['x'] })
    expect(await readObject('/?lon=1&long=2')).toMatchObject({ long: ['2'] })
  })

  test('GR-ENC-05 refuses bytes that are not UTF-8, and accepts a bare percent sign', async () => {
    await expect(readObject('/?a=%FF')).rejects.toThrow(Refusal)
    await expect(read('/', parseBody(null, new Uint8Array([97, 61, 255])))).rejects.toThrow(Refusal)
    expect(await readObject('/?a=100%+sure&b=%zz')).toEqual({ a: ['100% sure'], b: ['%zz'] })
  })

  test('GR-ENC-06 A-30 refuses other media types and invalid JSON', async () => {
    for (const type of ['text/plain', 'application/xml', 'image/png'])
      await expect(readObject('/', form('a=1', type))).rejects.toThrow(Refusal)
    for (const broken of ['[]', '1', '{"a":', '{"a":{"b":1}}']) {
      await expect(readObject('/', form(broken, 'application/json'))).rejects.toThrow(Refusal)
    }
  })

  test('GR-GEN-05 keeps every argument that is not empty, and no empty one', async () => {
    const pairs = fc.array(fc.tuple(fc.stringMatching(/^[a-z_]{1,8}$/), fc.string({ unit: 'grapheme' })), {
      maxLength: 8,
    })
    await fc.assert(
      fc.asyncProperty(pairs, async (input) => {
        const args = await read(`/?${new URLSearchParams(input.map(([a, b]) => [a, b]))}`)
        const expected = input.filter(([, value]) => value.trim() !== '').map(([name]) => name)
        expect([...args.values()].flat().every((value) => value.trim() !== '')).toBe(true)
        for (const name of expected) expect(args.has(name)).toBe(true)
      }),
    )
  })

  test('GR-ENC-07 refuses an argument that has only forbidden characters, instead of dropping it', async () => {
    await expect(readObject('/?service_request_id=%00')).rejects.toThrow(Refusal)
    expect(await readObject('/?description=a%10b')).toEqual({ description: ['ab'] })
  })

  test('GR-ERR-08 limits the size of a refusal, however many rules are broken', async () => {
    const bodies = ['%FF&'.repeat(100_000), 'a&'.repeat(100_000)]
    for (const text of bodies) await expect(readObject('/', form(text))).rejects.toThrow(Refusal)
    const json = JSON.stringify({ ['x'.repeat(1000)]: Array(100_000).fill([]) })
    const refusal: Refusal = await readObject('/', form(json, 'application/json')).catch((error) => error)
    expect(refusal.broken).toHaveLength(1)
    expect(refusal.broken[0].description.length).toBeLessThan(250)
    const faults = new Faults()
    for (let number = 0; number < 1000; number++) faults.add('A-30', 400, `fault ${number}`)
    expect(() => faults.refuse()).toThrow(
      expect.objectContaining({ broken: expect.objectContaining({ length: 100 }) }),
    )
  })
})
