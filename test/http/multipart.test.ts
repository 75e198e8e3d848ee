import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NotMultipart, type Part, readBoundary, readParts } from '../../src/http/multipart.js'

type PartAsText = Omit<Part, 'content'> & { content: string }

/** Cuts `bytes` into chunks of `sizes`, repeated as often as needed. */
async function* cut(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const size = sizes[index % sizes.length]!
    yield bytes.subarray(at, at + size)
    at += size
  }
}

async function readText({ content }: Part): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of content) chunks.push(chunk)
  return Buffer.concat(chunks).toString('latin1')
}

async function read(bytes: Buffer | string, boundary = 'X', ...sizes: number[]): Promise<PartAsText[]> {
  const parts: PartAsText[] = []
  const source = cut(Buffer.from(bytes), sizes.length > 0 ? sizes : [1 << 16])
  for await (const part of readParts(source, boundary)) parts.push({ ...part, content: await readText(part) })
  return parts
}

const partOf = (headers: string, content = 'c') =>
  `--X\r\nContent-Disposition: form-data; ${headers}\r\n\r\n${content}\r\n`
const form = (headers: string, content = 'c') => `${partOf(headers, content)}--X--\r\n`
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 })

describe('EXT-38 A-30 a multipart form', () => {
  test('is read as it was written, in chunks of any size', async () => {
    const text = fc.string({
      unit: fc.constantFrom('a', '\r', '\n', '-', '"', '\\', 'ü', '%', ' ', ';', '='),
    })
    const part = fc.record({
      name: text,
      isFile: fc.boolean(),
      content: fc.array(fc.constantFrom(...Buffer.from('a\r\n-XF\0\xff', 'latin1')), { maxLength: 60 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 4 }), sizes, async (parts, chunkSizes) => {
        const data = new FormData()
        for (const { name, isFile, content } of parts) {
          if (isFile) data.append(name, new Blob([new Uint8Array(content)]), 'a "b".jpg')
          else data.append(name, 'x')
        }
        const encoded = new Response(data)
        const boundary = readBoundary(encoded.headers.get('content-type'))!
        const received = await read(Buffer.from(await encoded.arrayBuffer()), boundary, ...chunkSizes)
        expect(received).toEqual(
          parts.map(({ name, isFile, content }) => ({
            // Browsers write all line ends as CRLF.
            name: name.replace(/\r\n|\r|\n/g, '\r\n'),
            filename: isFile ? 'a "b".jpg' : null,
            isFile,
            content: isFile ? Buffer.from(content).toString('latin1') : 'x',
          })),
        )
      }),
    )
  })

  test('keeps content that resembles its delimiter, in chunks of any size', async () => {
    const content = fc
      .array(fc.constantFrom('\r', '\n', '-', 'X', '\r\n', '\r\n-', '\r\n--', '--X', '\r\n--Y'), {
        maxLength: 12,
      })
      .map((pieces) => pieces.join(''))
      .filter((text) => !`\r\n${text}`.includes('\r\n--X'))
    await fc.assert(
      fc.asyncProperty(fc.array(content, { maxLength: 4 }), sizes, async (contents, chunkSizes) => {
        const parts = contents.map((text) => partOf('name="a"; filename="f"', text))
        const received = await read(`${parts.join('')}--X--`, 'X', ...chunkSizes)
        expect(received.map((part) => part.content)).toEqual(contents)
      }),
    )
  })

  test('has the same parts, or is invalid, in chunks of any size, whatever its bytes', async () => {
    const piece = fc.constantFrom(
      ...['--X', '--X--', '\r\n', '\r\n\r\n', '-', '\r', '\n', 'a', ': ', ' ', '"', '\xff'],
      ...[partOf('name="a"'), partOf('name="b"; filename="f"'), form('name="c"'), 'Content-Type: image/png'],
    )
    const outcome = (text: string, ...chunkSizes: number[]) =>
      read(text, 'X', ...chunkSizes).catch((error: unknown) => {
        expect(error).toBeInstanceOf(NotMultipart)
        return 'invalid'
      })
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), sizes, async (pieces, chunkSizes) => {
        const text = pieces.join('')
        expect(await outcome(text, ...chunkSizes)).toEqual(await outcome(text))
      }),
      { numRuns: 500 },
    )
  })

  test('may have a delimiter of another form in a file, a preamble and an epilogue', async () => {
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
    ['name="a"\r\nContent-Type: application/octet-stream', { filename: null, isFile: true }],
    ['name="a"\r\nCONTENT-TYPE: text/plain; charset=utf-8', { isFile: false }],
    ['\r\n  name="a"', { name: 'a' }],
  ])('may describe a part as %j', async (headers, expected) => {
    const [part] = await read(form(headers))
    expect(part).toMatchObject({ ...expected, content: 'c' })
  })

  test('may be empty, or nothing at all', async () => {
    expect(await read('--X--')).toEqual([])
    expect(await read('')).toEqual([])
  })

  test('is invalid if it ends too early, wherever that is', async () => {
    const whole = form('name="a"; filename="f"', 'content')
    for (let length = 1; length < whole.length - 2; length++)
      for (const size of [1, 1000])
        await expect(read(whole.slice(0, length), 'X', size), whole.slice(0, length)).rejects.toThrow(
          NotMultipart,
        )
  })

  test.each([
    ['another boundary', '--Y\r\n\r\n--Y--'],
    ['a part without headers', '--X\r\n\r\nc\r\n--X--'],
    ['a part of nothing before another one', `--X\r\n${form('name="a"')}`],
    ['a part of nothing at its end', `${partOf('name="a"')}--X\r\n--X--`],
    ['a delimiter within the headers of a part', form('name="a"').replace('\r\n\r\nc', '')],
    ['a part without a name', form('filename="f"')],
    ['a part without a name after one that has a name', partOf('name="a"') + form('filename="f"')],
    ['a name without its closing quote', form('name="a')],
    ['a part of another disposition', form('').replace('form-data;', 'attachment; name=a')],
    ['a name that is too long', form(`name="${'a'.repeat(20_000)}"`)],
    ['a bare name that is too long', form(`name=${'a'.repeat(200_000)}`)],
    ['a header that is too long', form(`name="a"\r\nX-Long: ${'a'.repeat(20_000)}`)],
    ['a header that is too long to be read whole', form(`name="a"\r\nX-Long: ${'a'.repeat(200_000)}`)],
    ['a header that is folded too often', form(`name="a"\r\nX-Long: a${'\r\n a'.repeat(40_000)}`)],
    ['too many headers', form(`name="a"${'\r\na:'.repeat(20_000)}`)],
    ['text after a delimiter', form('name="a"').replace('--X\r\n', '--Xtra\r\n')],
    ['a dash after a delimiter', form('name="a"').replace('--X\r\n', '--X-\r\n')],
  ])('with %s is invalid', async (_, bytes) => {
    for (const size of [1, 1000, 1 << 16, 1 << 20])
      await expect(read(bytes, 'X', size), `${size}`).rejects.toThrow(NotMultipart)
  })

  test('hands out the parts before one that is invalid', async () => {
    const names: string[] = []
    const reading = async () => {
      const source = cut(Buffer.from(partOf('name="a"') + partOf('name="b"') + form('filename="f"')), [
        1 << 16,
      ])
      for await (const { name } of readParts(source, 'X')) names.push(name)
    }
    await expect(reading()).rejects.toThrow(NotMultipart)
    expect(names).toEqual(['a', 'b'])
  })
})

describe('EXT-38 a multipart form that arrives in chunks', () => {
  /** `chunks`, of which `count` have been requested; does not end. */
  function stalling(...chunks: string[]) {
    const state = { requested: 0, isClosed: false }
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (const chunk of chunks) {
          state.requested++
          yield Buffer.from(chunk)
        }
        state.requested++
        await new Promise(() => {})
      } finally {
        state.isClosed = true
      }
    }
    return { state, parts: readParts(source(), 'X') }
  }
  const nextOf = async (parts: AsyncGenerator<Part>) => (await parts.next()).value as Part

  test('requests a chunk only when everything before it has been consumed', async () => {
    const { state, parts } = stalling(
      partOf('name="api_key"', 'k') + partOf('name="photo"; filename="f"', '1').slice(0, -2),
      '2',
      `3\r\n${partOf('name="b"')}--X--`,
    )
    expect(await readText(await nextOf(parts))).toBe('k')
    const content = (await nextOf(parts)).content[Symbol.asyncIterator]()
    for (const digit of ['1', '2', '3']) {
      expect(String((await content.next()).value)).toBe(digit)
      expect(state.requested).toBe(Number(digit))
    }
    expect((await content.next()).done).toBe(true)
    expect(await readText(await nextOf(parts))).toBe('c')
    expect(state.requested).toBe(3)
  })

  test('hands out a part as soon as its content begins', async () => {
    const { state, parts } = stalling('--X\r\nContent-Disposition: form-data; ', 'name="a"\r\n\r', '\nc')
    expect((await nextOf(parts)).name).toBe('a')
    expect(state.requested).toBe(3)
  })

  test('ends the content of a part at the delimiter, before the line of the delimiter ends', async () => {
    for (const delimiter of ['\r\n--X', '\r\n--X-', '\r\n--X\r\n']) {
      const { parts } = stalling(partOf('name="a"', 'value').slice(0, -2), delimiter)
      expect(await readText(await nextOf(parts))).toBe('value')
    }
  })

  test('skips content that is not read', async () => {
    const bytes = Buffer.from(partOf('name="a"', 'a'.repeat(500)) + form('name="b"'))
    for (const isStarted of [false, true]) {
      const names: string[] = []
      for await (const { name, content } of readParts(cut(bytes, [100]), 'X')) {
        names.push(name)
        if (isStarted) for await (const _ of content) break
      }
      expect(names).toEqual(['a', 'b'])
    }
  })

  test('is refused before its headers have arrived whole, if they are too long', async () => {
    const chunks = Array.from({ length: 100 }, () => 'a'.repeat(1000))
    const { state, parts } = stalling('--X\r\n', ...chunks)
    await expect(parts.next()).rejects.toThrow(NotMultipart)
    expect(state.requested).toBeLessThan(20)
  })

  test('is read to the end of its epilogue', async () => {
    const bytes = Buffer.from(`${form('name="a"')}${'after'.repeat(100)}`)
    let length = 0
    async function* source() {
      for await (const chunk of cut(bytes, [10])) {
        length += chunk.length
        yield chunk
      }
    }
    for await (const _ of readParts(source(), 'X'));
    expect(length).toBe(bytes.length)
  })

  test('closes its source when the reader stops', async () => {
    const { state, parts } = stalling(partOf('name="a"'), partOf('name="b"'))
    for await (const _ of parts) break
    expect(state.isClosed).toBe(true)
  })

  test('passes an error of its source on', async () => {
    const error = new Error('The connection is gone.')
    for (const text of ['', partOf('name="a"').slice(0, -2), partOf('name="a"')]) {
      async function* source() {
        yield Buffer.from(text)
        throw error
      }
      const reading = async () => {
        for await (const part of readParts(source(), 'X')) await readText(part)
      }
      await expect(reading()).rejects.toBe(error)
    }
  })
})

test.each([
  ['multipart/form-data; boundary=abc', 'abc'],
  ['Multipart/Form-Data; charset=utf-8; boundary="a b"', 'a b'],
  ['multipart/form-data;boundary=----x1', '----x1'],
  ['multipart/form-data; boundary=abc ; charset=utf-8', 'abc'],
  [`multipart/form-data; boundary=${'a'.repeat(200)}`, 'a'.repeat(200)],
  [`multipart/form-data; boundary=${'a'.repeat(201)}`, null],
  ['multipart/form-data; boundary="\xfc"', null],
  ['multipart/form-data; boundary=\xfc', null],
  ['multipart/form-data', null],
  ['multipart/form-data; boundary=', null],
  ['multipart/form-dataset; boundary=a', undefined],
  ['application/json', undefined],
  [null, undefined],
])('EXT-38 the boundary of %j is %j', (contentType, boundary) => {
  expect(readBoundary(contentType)).toBe(boundary)
})
