import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NotMultipart, readBoundary, readParts } from '../../src/http/multipart.js'

type Read = { name: string; filename: string | null; isFile: boolean; content: string }

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
async function read(bytes: Buffer | string, boundary = 'X', size = 1 << 16): Promise<Read[]> {
  const parts: Read[] = []
  for await (const { content, ...part } of readParts(pieces(Buffer.from(bytes), size), boundary)) {
    const chunks: Buffer[] = []
    for await (const chunk of content) chunks.push(chunk)
    parts.push({ ...part, content: Buffer.concat(chunks).toString('latin1') })
  }
  return parts
}
const form = (headers: string, content = 'c') =>
  `--X\r\nContent-Disposition: form-data; ${headers}\r\n\r\n${content}\r\n--X--\r\n`
const one = async (headers: string) => (await read(form(headers)))[0]!

describe('EXT-38 A-30 a multipart form', () => {
  test('is read as it was written, however it is cut up on its way', async () => {
    const text = fc.string({
      unit: fc.constantFrom('a', '\r', '\n', '-', '"', '\\', 'ü', '%', ' ', ';', '='),
    })
    const part = fc.record({
      name: text,
      isFile: fc.boolean(),
      content: fc.array(fc.constantFrom(...Buffer.from('a\r\n-XF\0\xff', 'latin1')), { maxLength: 60 }),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(part, { maxLength: 4 }),
        fc.integer({ min: 1, max: 40 }),
        async (parts, size) => {
          const data = new FormData()
          for (const { name, isFile, content } of parts) {
            if (isFile) data.append(name, new Blob([new Uint8Array(content)]), 'a "b".jpg')
            else data.append(name, 'x')
          }
          const sent = new Response(data)
          const boundary = readBoundary(sent.headers.get('content-type'))!
          const found = await read(Buffer.from(await sent.arrayBuffer()), boundary, size)
          expect(found).toEqual(
            parts.map(({ name, isFile, content }) => ({
              // Browsers make all line ends CRLF.
              name: name.replace(/\r\n|\r|\n/g, '\r\n'),
              filename: isFile ? 'a "b".jpg' : null,
              isFile,
              content: isFile ? Buffer.from(content).toString('latin1') : 'x',
            })),
          )
        },
      ),
    )
  })

  test('may have what looks like its delimiter in a file, something before it and something after it', async () => {
    const content = '\r\n--Y\r\n--\r\n-\r--X\n--X'
    const bytes = `before\r\n${form('name="a"; filename="f"', content)}after\r\n--X\r\n`
    for (const size of [1, 2, 3, 5, 1000]) expect((await read(bytes, 'X', size))[0]!.content).toBe(content)
  })

  test.each([
    ['name=media', { name: 'media', isFile: false }],
    ['name="media[]"; filename="p.jpg"', { name: 'media[]', filename: 'p.jpg', isFile: true }],
    ['filename="name=x.jpg"; name="photo1"', { name: 'photo1', filename: 'name=x.jpg' }],
    ['name="a\\"b"', { name: 'a"b' }],
    ['name="a%22b"', { name: 'a"b' }],
    ['name="Straße"; filename="C:\\dir\\p.jpg"', { name: 'Straße', filename: 'C:\\dir\\p.jpg' }],
    ["name=a; filename*=UTF-8''%e2%82%ac.jpg", { name: 'a', isFile: true }],
    ['name=""', { name: '' }],
    ['name="a"; filename=""', { filename: '', isFile: true }],
    ['name="a"\r\nContent-Type: image/jpeg', { filename: null, isFile: true }],
    ['name="a"\r\nCONTENT-TYPE: text/plain; charset=utf-8', { isFile: false }],
    ['\r\n  name="a"', { name: 'a' }],
  ])('may describe a part as %j', async (headers, wanted) => {
    expect(await one(headers)).toMatchObject({ ...wanted, content: 'c' })
  })

  test('may be empty, or nothing at all', async () => {
    expect(await read('--X--')).toEqual([])
    expect(await read('')).toEqual([])
  })

  test('that ends too early is none, wherever that is', async () => {
    const whole = form('name="a"; filename="f"', 'content')
    for (let length = 1; length < whole.length - 2; length++)
      await expect(read(whole.slice(0, length)), whole.slice(0, length)).rejects.toThrow(NotMultipart)
  })

  test.each([
    ['no boundary of its own', '--Y\r\n\r\n--Y--'],
    ['a part that says nothing of itself', '--X\r\n\r\nc\r\n--X--'],
    ['a part without a name', form('filename="f"')],
    ['a part of another kind', form('').replace('form-data;', 'attachment; name=a')],
    ['headers without end', form(`name="${'a'.repeat(20_000)}"`)],
    ['words behind a delimiter', form('name="a"').replace('--X\r\n', '--Xtra\r\n')],
  ])('with %s is none', async (_, bytes) => {
    await expect(read(bytes)).rejects.toThrow(NotMultipart)
  })

  test('closes what it reads from when nobody wants more', async () => {
    let isClosed = false
    async function* source() {
      try {
        for (;;) yield Buffer.from(form('name="a"').replace(/--X--\r\n$/, ''))
      } finally {
        isClosed = true
      }
    }
    for await (const _ of readParts(source(), 'X')) break
    expect(isClosed).toBe(true)
  })
})

test.each([
  ['multipart/form-data; boundary=abc', 'abc'],
  ['Multipart/Form-Data; charset=utf-8; boundary="a b"', 'a b'],
  ['multipart/form-data;boundary=----x1', '----x1'],
  ['multipart/form-data', null],
  ['multipart/form-data; boundary=', null],
  ['multipart/form-dataset; boundary=a', undefined],
  ['application/json', undefined],
  [null, undefined],
])('EXT-38 the boundary of %j is %j', (contentType, boundary) => {
  expect(readBoundary(contentType)).toBe(boundary)
})
