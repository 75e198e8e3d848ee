import { createHash } from 'node:crypto'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import { noise, PLACE, phonePhoto, polyglots, redAndBlue, refusedFiles } from '../media/pictures.js'
import { about, expectErrors, expectOk, listOf, oneOf, word } from './answer.js'
import { sendMultipart } from './bodies.js'
import { cityCall, good } from './city-api.js'
import { type Answer, call, get, rawCall, withKey } from './client.js'
import { found, marker, stamp } from './exploring.js'
import { INSIDE } from './rivertown.js'
import { targets } from './targets.js'

type File = [name: string, file: Blob, filename: string]

const blob = (bytes: Buffer, type = 'image/jpeg') => new Blob([new Uint8Array(bytes)], { type })

for (const target of targets)
  describe.skipIf(!target.own)(target.name, () => {
    let photo: Buffer
    beforeAll(async () => {
      photo = await phonePhoto()
    })
    const pothole = (fields: Record<string, string> = {}) =>
      withKey(target, { service_code: 'POTHOLE', ...INSIDE, description: marker(), ...fields })
    const file = (name = 'media', bytes = photo): File => [name, blob(bytes), 'photo.jpg']
    const idOf = (answer: Answer) => word(oneOf(answer, 'json'), 'service_request_id')
    const send = (...files: File[]) => sendMultipart(target, pothole(), ...files)
    async function picturesOf(id: string): Promise<string[]> {
      const answer = await get(target, 'json', `/requests/${id}`, { extensions: 'true' })
      expectOk(answer, 'json')
      return JSON.parse(answer.text)[0].extended_attributes.media_urls
    }
    const thumbnailOf = (url: string) => url.replace(/\.jpg$/, '-thumbnail.jpg')
    const see = (url: string, headers: Record<string, string> = {}, method = 'GET') =>
      call({ ...target, jurisdiction_id: null }, url, {}, { headers, method })

    test.each(['media', 'media[]', 'photo1', 'file_8f3a', 'Bild ü'])(
      'EXT-38 GR-POST-11 a picture in a part called %s becomes the media_url, turned and without its secrets',
      async (name) => {
        const { media_url } = await found(target, idOf(await send(file(name))))
        expect(media_url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/media\/[0-9a-f]{32}\.jpg$/)
        const seen = await see(String(media_url))
        expect(seen.status, about(seen)).toBe(200)
        expect(seen.headers.get('content-type')).toBe('image/jpeg')
        const bytes = Buffer.from(seen.bytes)
        const { format, width, height, exif, orientation } = await sharp(bytes).metadata()
        expect({ format, width, height, exif, orientation }).toEqual({
          format: 'jpeg',
          width: 40,
          height: 80,
        })
        expect(photo.includes(PLACE)).toBe(true)
        for (const planted of [PLACE, 'planted-make', 'Exif']) expect(bytes.includes(planted)).toBe(false)
      },
    )

    test('EXT-38 A-33 several pictures keep their order, and come before addresses that were given', async () => {
      const elsewhere = ['http://127.0.0.1:9/never-fetched.jpg', 'https://img.example/2.jpg']
      const fields = [...pothole(), ...elsewhere.map((url): [string, string] => ['media_url', url])]
      const sizes = [20, 30, 40]
      const files = await Promise.all(
        sizes.map(async (size) => file(`photo${size}`, await redAndBlue(size, size).png().toBuffer())),
      )
      const urls = await picturesOf(idOf(await sendMultipart(target, fields, ...files)))
      expect(urls.slice(3)).toEqual(elsewhere)
      for (const [index, size] of sizes.entries()) {
        const { bytes } = await see(urls[index]!)
        expect((await sharp(bytes).metadata()).width).toBe(size)
      }
      expect((await sharp((await see(thumbnailOf(urls[2]!))).bytes).metadata()).width).toBe(40)
    })

    test('EXT-38 a thumbnail is small', async () => {
      const { media_url } = await found(
        target,
        idOf(await send(file('media', await noise(1500, 1000).jpeg().toBuffer()))),
      )
      const [whole, thumbnail] = await Promise.all([
        see(String(media_url)),
        see(thumbnailOf(String(media_url))),
      ])
      expect(await sharp(whole.bytes).metadata()).toMatchObject({ width: 1500, height: 1000 })
      expect(await sharp(thumbnail.bytes).metadata()).toMatchObject({ width: 480, height: 320 })
    })

    test('EXT-38 what is no clean picture is refused by its name, in both formats, and files nothing', async () => {
      const text = marker('refused')
      for (const [what, bytes, told] of await refusedFiles()) {
        for (const format of target.formats) {
          const body = new FormData()
          for (const [name, value] of pothole({ description: text })) body.append(name, value)
          body.append('photo1', blob(photo), 'good.jpg')
          body.append('photo2', blob(bytes), 'photo.jpg')
          const answer = await call(target, `/requests.${format}`, {}, { body })
          expectErrors(answer, format, 400, new RegExp(`photo2 .*${told.source}`))
          expect(answer.text, what).not.toContain('photo1')
        }
      }
      expect((await get(target, 'json', '/requests')).text).not.toContain(text)
    })

    test('EXT-38 a polyglot picture is accepted, and what is served contains none of the other content', async () => {
      for (const [name, bytes, signatures] of await polyglots()) {
        const { media_url } = await found(target, idOf(await send(file('media', bytes))))
        for (const url of [String(media_url), thumbnailOf(String(media_url))]) {
          const served = await see(url)
          expect(served.status, `${name}: ${about(served)}`).toBe(200)
          const picture = Buffer.from(served.bytes)
          expect((await sharp(picture).metadata()).format).toBe('jpeg')
          for (const signature of signatures)
            expect(picture.includes(signature, 0, 'latin1'), `${name}: ${signature}`).toBe(false)
        }
      }
    })

    test('EXT-38 GR-ERR-08 what is wrong with files and with arguments is told together', async () => {
      const fields = pothole({ lat: '999', email: 'x'.repeat(2000) })
      const files = [file('a', Buffer.from('no picture')), file('b', Buffer.alloc(22_000_000, photo))]
      expectErrors(
        await sendMultipart(target, fields, ...files),
        'json',
        400,
        /^a is no picture/m,
        /^b is longer than the 20971520 bytes/m,
      )
      expectErrors(await sendMultipart(target, fields, file()), 'json', 400, /lat/, /email/)
      expectErrors(
        await send(...Array.from({ length: 7 }, (_, index) => file(`photo${index}`))),
        'json',
        400,
        /At most 6 files/,
      )
    })

    test('EXT-38 A-11 a file of 50 MB is refused by its name, also where its call could never be read', async () => {
      const boundary = 'edge'
      const part = (name: string, filename = '') =>
        `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${filename}\r\n\r\n`
      const sent = (bytes: number, length: number) => {
        const head = Buffer.from(part('photo1', '; filename="p.jpg"'))
        const tail = Buffer.from(
          `\r\n${pothole()
            .map(([name, value]) => `${part(name)}${value}\r\n`)
            .join('')}--${boundary}--`,
        )
        const body = Buffer.concat([head, Buffer.alloc(bytes, photo), tail])
        const type = `multipart/form-data; boundary=${boundary}`
        const headers = { 'content-type': type, 'content-length': String(length || body.length) }
        return rawCall(target, 'requests.json', { method: 'POST', headers, body })
      }
      expectErrors(await sent(50_000_000, 0), 'json', 400, /^photo1 is longer than/)
      expectErrors(await sent(30_000_000, 500_000_000), 'json', 400, /^photo1 is longer than/)
    })

    test('EXT-38 GR-KEY-02 files of who has no key are not even looked at', async () => {
      for (const api_key of ['', 'wrong']) {
        const fields = [['api_key', api_key], ...pothole().filter(([name]) => name !== 'api_key')] as [
          string,
          string,
        ][]
        expectErrors(
          await sendMultipart(target, fields, file('media', Buffer.from('no picture'))),
          'json',
          403,
          /api_key/,
        )
      }
    })

    test('EXT-38 a key after the file is as good as one before it', async () => {
      const body = new FormData()
      body.append('media', blob(photo), 'p.jpg')
      for (const [name, value] of pothole()) body.append(name, value)
      expect(await picturesOf(idOf(await call(target, '/requests.json', {}, { body })))).toHaveLength(1)
    })

    test('EXT-38 where no files are taken they are refused', async () => {
      const body = new FormData()
      body.append('media', blob(photo), 'p.jpg')
      expectErrors(await call(target, '/requests/search.json', {}, { body }), 'json', 400, /media: no files/)
    })

    test('EXT-38 A-47 a submission that is sent again keeps its first pictures; other files are another submission', async () => {
      const [description, key] = [marker(), marker('key')]
      const again = (...files: File[]) => {
        const body = new FormData()
        for (const [name, value] of pothole({ description })) body.append(name, value)
        for (const each of files) body.append(...each)
        return call(target, '/requests.json', {}, { body, headers: { 'idempotency-key': key } })
      }
      const first = idOf(await again(file()))
      const urls = await picturesOf(first)
      const all = await Promise.all([again(file()), again(file()), again(file())])
      expect(new Set(all.map(idOf))).toEqual(new Set([first]))
      expect(await picturesOf(first)).toEqual(urls)
      expectErrors(await again(), 'json', 400, /Idempotency-Key/)
      const other = await redAndBlue(10, 10).jpeg().toBuffer()
      expectErrors(await again(file('media', other)), 'json', 400, /Idempotency-Key/)
    })

    test('EXT-38 EXT-33 a picture that comes with an update is shown with it, once however often it is sent', async () => {
      const service_request_id = idOf(await send())
      const update = (...files: File[]) => {
        const body = new FormData()
        const fields = { api_key: target.own!.keyOfCity, service_request_id, update_id: service_request_id }
        for (const [name, value] of Object.entries(fields)) body.append(name, value)
        for (const each of files) body.append(...each)
        return call(target, '/servicerequestupdates.json', {}, { body })
      }
      expectErrors(await update(), 'json', 400, /a picture/)
      expectErrors(await update(file('photo1', Buffer.from('x'))), 'json', 400, /photo1 is no picture/)
      const first = await update(file('photo1'))
      expectOk(first, 'json')
      expect((await update(file('photo1'))).text).toBe(first.text)
      const shown = async () => {
        const since = { start_date: stamp(Date.now() - 600_000), end_date: stamp(Date.now() + 600_000) }
        const updates = listOf(await get(target, 'json', '/servicerequestupdates', since), 'json')
        return updates.find((each) => each.service_request_id === service_request_id)?.media_url
      }
      await expect.poll(shown, { timeout: 10_000 }).toMatch(/\/media\/[0-9a-f]{32}\.jpg$/)
      expect((await see(String(await shown()))).status).toBe(200)
    })

    test('EXT-39 EXT-43 who is erased is seen no more; pictures of others that were named stay', async () => {
      const other = String((await found(target, idOf(await send(file())))).media_url)
      const named = pothole({ media_url: other })
      const id = idOf(await sendMultipart(target, named, file()))
      const [own, second] = await picturesOf(id)
      expect(second).toBe(other)
      good(await cityCall(target, `/requests/${id}/erase`, { method: 'POST' }))
      expect((await see(own!)).status).toBe(404)
      expect((await see(thumbnailOf(own!))).status).toBe(404)
      expect((await see(other)).status).toBe(200)
    })

    test('EXT-39 a picture is kept by clients, and asked for again each time', async () => {
      const { media_url } = await found(target, idOf(await send(file())))
      const url = String(media_url)
      for (const each of [url, thumbnailOf(url)]) {
        const seen = await see(each)
        expect(seen.headers.get('cache-control')).toBe('public, no-cache')
        expect(seen.headers.get('x-content-type-options')).toBe('nosniff')
        expect(seen.headers.get('content-security-policy')).toContain("default-src 'none'")
        expect(seen.headers.get('access-control-allow-origin')).toBe('*')
        expect(Number(seen.headers.get('content-length'))).toBe(seen.bytes.length)
        const etag = seen.headers.get('etag')!
        const again = await see(each, { 'if-none-match': etag })
        expect([again.status, again.bytes.length, again.headers.get('etag')]).toEqual([304, 0, etag])
        const head = await see(each, {}, 'HEAD')
        expect([head.status, head.bytes.length]).toEqual([200, 0])
        expect(head.headers.get('content-length')).toBe(seen.headers.get('content-length'))
        expect((await see(each, { 'if-none-match': '"other"' })).status).toBe(200)
      }
      expect((await see(thumbnailOf(url))).headers.get('etag')).not.toBe((await see(url)).headers.get('etag'))
    })

    test('EXT-39 no picture is at an address that was guessed, and none has another name', async () => {
      const { media_url } = await found(target, idOf(await send(file())))
      const url = String(media_url)
      const other = createHash('md5').update('x').digest('hex')
      const wrong = [
        url.replace(/[0-9a-f]{32}/, other),
        url.replace('.jpg', '.png'),
        url.replace('.jpg', ''),
        `${url}.json`,
        url.replace('/media/', '/media/..%2f'),
        url.replace('/media/', '/media//x/'),
        url.replace(/[0-9a-f]{32}/, (id) => id.toUpperCase().replace(/^\d/, 'A')),
        `${target.own!.origin}/media/`,
        `${target.own!.origin}/media/incoming`,
      ]
      for (const each of wrong) expect((await see(each)).status, each).toBe(404)
      expectErrors(await see(wrong[0]!), 'xml', 404, /picture/)
      expect((await see(url, {}, 'POST')).status).toBe(405)
    })

    test.each([
      ['is private', 'ENCAMPMENT'],
      ['awaits moderation', 'DANGEROUS-DOG'],
      ['has no id yet', 'BULK-PICKUP'],
      ['never gets an id', 'ANON-TIP'],
    ])('EXT-39 nobody sees the picture of a service request that %s', async (_, service_code) => {
      const answer = await sendMultipart(target, pothole({ service_code }), file())
      expectOk(answer, 'json')
      expect(answer.text).not.toContain('/media/')
      const { service_request_id } = oneOf(answer, 'json')
      if (service_request_id)
        expect(
          (await get(target, 'json', `/requests/${service_request_id}`, { extensions: 'true' })).text,
        ).not.toContain('/media/')
    })
  })
