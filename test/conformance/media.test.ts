import { createHash } from 'node:crypto'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  createPhonePhoto,
  createPolyglots,
  createRefusedFiles,
  drawNoise,
  drawRedAndBlue,
  PLANTED_PLACE,
} from '../media/pictures.js'
import { expectJson, requestCityApi } from './city-api.js'
import { addKey, get, type HttpResponse, sendRawRequest, sendRequest } from './client.js'
import { createMarker, formatInstant, getServiceRequest } from './explore.js'
import { describeResponse, expectErrors, expectList, expectOk, expectOne, getText } from './response.js'
import { INSIDE } from './rivertown.js'
import { sendMultipart } from './send-body.js'
import { targets } from './targets.js'

type File = [name: string, file: Blob, filename: string]

const blob = (bytes: Buffer, type = 'image/jpeg') => new Blob([new Uint8Array(bytes)], { type })

for (const target of targets)
  describe.skipIf(!target.own)(target.name, () => {
    let photo: Buffer
    beforeAll(async () => {
      photo = await createPhonePhoto()
    })
    const createForm = (fields: Record<string, string> = {}) =>
      addKey(target, { service_code: 'POTHOLE', ...INSIDE, description: createMarker(), ...fields })
    const createFile = (name = 'media', bytes = photo): File => [name, blob(bytes), 'photo.jpg']
    const getId = (response: HttpResponse) => getText(expectOne(response, 'json'), 'service_request_id')
    const send = (...files: File[]) => sendMultipart(target, createForm(), ...files)
    async function getMediaUrls(id: string): Promise<string[]> {
      const response = await get(target, 'json', `/requests/${id}`, { extensions: 'true' })
      expectOk(response, 'json')
      return JSON.parse(response.text)[0].extended_attributes.media_urls
    }
    const getThumbnailUrl = (url: string) => url.replace(/\.jpg$/, '-thumbnail.jpg')
    const fetchUrl = (url: string, headers: Record<string, string> = {}, method = 'GET') =>
      sendRequest({ ...target, jurisdiction_id: null }, url, {}, { headers, method })

    test.each(['media', 'media[]', 'photo1', 'file_8f3a', 'Bild ü'])(
      'EXT-38 GR-POST-11 stores a picture of a part named %s as media_url, rotated and without metadata',
      async (name) => {
        const { media_url } = await getServiceRequest(target, getId(await send(createFile(name))))
        expect(media_url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/media\/[0-9a-f]{32}\.jpg$/)
        const received = await fetchUrl(String(media_url))
        expect(received.status, describeResponse(received)).toBe(200)
        expect(received.headers.get('content-type')).toBe('image/jpeg')
        const bytes = Buffer.from(received.bytes)
        const { format, width, height, exif, orientation } = await sharp(bytes).metadata()
        expect({ format, width, height, exif, orientation }).toEqual({
          format: 'jpeg',
          width: 40,
          height: 80,
        })
        expect(photo.includes(PLANTED_PLACE)).toBe(true)
        for (const planted of [PLANTED_PLACE, 'planted-make', 'Exif'])
          expect(bytes.includes(planted)).toBe(false)
      },
    )

    test('EXT-38 A-33 keeps the order of several pictures, and lists them before submitted media URLs', async () => {
      const elsewhere = ['http://127.0.0.1:9/never-fetched.jpg', 'https://img.example/2.jpg']
      const fields = [...createForm(), ...elsewhere.map((url): [string, string] => ['media_url', url])]
      const sizes = [20, 30, 40]
      const files = await Promise.all(
        sizes.map(async (size) =>
          createFile(`photo${size}`, await drawRedAndBlue(size, size).png().toBuffer()),
        ),
      )
      const urls = await getMediaUrls(getId(await sendMultipart(target, fields, ...files)))
      expect(urls.slice(3)).toEqual(elsewhere)
      for (const [index, size] of sizes.entries()) {
        const { bytes } = await fetchUrl(urls[index]!)
        expect((await sharp(bytes).metadata()).width).toBe(size)
      }
      expect((await sharp((await fetchUrl(getThumbnailUrl(urls[2]!))).bytes).metadata()).width).toBe(40)
    })

    test('EXT-38 a thumbnail is at most 480 pixels wide', async () => {
      const { media_url } = await getServiceRequest(
        target,
        getId(await send(createFile('media', await drawNoise(1500, 1000).jpeg().toBuffer()))),
      )
      const [whole, thumbnail] = await Promise.all([
        fetchUrl(String(media_url)),
        fetchUrl(getThumbnailUrl(String(media_url))),
      ])
      expect(await sharp(whole.bytes).metadata()).toMatchObject({ width: 1500, height: 1000 })
      expect(await sharp(thumbnail.bytes).metadata()).toMatchObject({ width: 480, height: 320 })
    })

    test('EXT-38 refuses a file that is not a valid picture by its part name, and submits nothing', async () => {
      const text = createMarker('refused')
      for (const [kind, bytes, pattern] of await createRefusedFiles()) {
        for (const format of target.formats) {
          const body = new FormData()
          for (const [name, value] of createForm({ description: text })) body.append(name, value)
          body.append('photo1', blob(photo), 'good.jpg')
          body.append('photo2', blob(bytes), 'photo.jpg')
          const response = await sendRequest(target, `/requests.${format}`, {}, { body })
          expectErrors(response, format, 400, new RegExp(`photo2 .*${pattern.source}`))
          expect(response.text, kind).not.toContain('photo1')
        }
      }
      expect((await get(target, 'json', '/requests')).text).not.toContain(text)
    })

    test('EXT-38 accepts a polyglot picture, and serves none of its other content', async () => {
      for (const [name, bytes, signatures] of await createPolyglots()) {
        const { media_url } = await getServiceRequest(target, getId(await send(createFile('media', bytes))))
        for (const url of [String(media_url), getThumbnailUrl(String(media_url))]) {
          const served = await fetchUrl(url)
          expect(served.status, `${name}: ${describeResponse(served)}`).toBe(200)
          const picture = Buffer.from(served.bytes)
          expect((await sharp(picture).metadata()).format).toBe('jpeg')
          for (const signature of signatures)
            expect(picture.includes(signature, 0, 'latin1'), `${name}: ${signature}`).toBe(false)
        }
      }
    })

    test('EXT-38 GR-ERR-08 names all invalid files together, and all invalid arguments together', async () => {
      const fields = createForm({ lat: '999', email: 'x'.repeat(2000) })
      const files = [
        createFile('a', Buffer.from('no picture')),
        createFile('b', Buffer.alloc(22_000_000, photo)),
      ]
      expectErrors(
        await sendMultipart(target, fields, ...files),
        'json',
        400,
        /^a is no picture/m,
        /^b is longer than the 20971520 bytes/m,
      )
      expectErrors(await sendMultipart(target, fields, createFile()), 'json', 400, /lat/, /email/)
      expectErrors(
        await send(...Array.from({ length: 7 }, (_, index) => createFile(`photo${index}`))),
        'json',
        400,
        /At most 6 files/,
      )
    })

    test('EXT-38 A-11 refuses a file of 50 MB by its part name, even if the declared body is too long to read', async () => {
      const boundary = 'edge'
      const part = (name: string, filename = '') =>
        `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${filename}\r\n\r\n`
      const sendParts = (bytes: number, length: number) => {
        const head = Buffer.from(part('photo1', '; filename="p.jpg"'))
        const tail = Buffer.from(
          `\r\n${createForm()
            .map(([name, value]) => `${part(name)}${value}\r\n`)
            .join('')}--${boundary}--`,
        )
        const body = Buffer.concat([head, Buffer.alloc(bytes, photo), tail])
        const type = `multipart/form-data; boundary=${boundary}`
        const headers = { 'content-type': type, 'content-length': String(length || body.length) }
        return sendRawRequest(target, 'requests.json', { method: 'POST', headers, body })
      }
      expectErrors(await sendParts(50_000_000, 0), 'json', 400, /^photo1 is longer than/)
      expectErrors(await sendParts(30_000_000, 500_000_000), 'json', 400, /^photo1 is longer than/)
    })

    test('EXT-38 GR-KEY-02 does not check files of a request without a valid key', async () => {
      for (const api_key of ['', 'wrong']) {
        const fields = [['api_key', api_key], ...createForm().filter(([name]) => name !== 'api_key')] as [
          string,
          string,
        ][]
        expectErrors(
          await sendMultipart(target, fields, createFile('media', Buffer.from('no picture'))),
          'json',
          403,
          /api_key/,
        )
      }
    })

    test('EXT-38 accepts a key after the file', async () => {
      const body = new FormData()
      body.append('media', blob(photo), 'p.jpg')
      for (const [name, value] of createForm()) body.append(name, value)
      expect(
        await getMediaUrls(getId(await sendRequest(target, '/requests.json', {}, { body }))),
      ).toHaveLength(1)
    })

    test('EXT-38 refuses files of operations that accept none', async () => {
      const body = new FormData()
      body.append('media', blob(photo), 'p.jpg')
      expectErrors(
        await sendRequest(target, '/requests/search.json', {}, { body }),
        'json',
        400,
        /media: no files/,
      )
    })

    test('EXT-38 A-47 a repeated submission keeps its first pictures; other files with the same Idempotency-Key are refused', async () => {
      const [description, key] = [createMarker(), createMarker('key')]
      const sendAgain = (...files: File[]) => {
        const body = new FormData()
        for (const [name, value] of createForm({ description })) body.append(name, value)
        for (const each of files) body.append(...each)
        return sendRequest(target, '/requests.json', {}, { body, headers: { 'idempotency-key': key } })
      }
      const first = getId(await sendAgain(createFile()))
      const urls = await getMediaUrls(first)
      const all = await Promise.all([
        sendAgain(createFile()),
        sendAgain(createFile()),
        sendAgain(createFile()),
      ])
      expect(new Set(all.map(getId))).toEqual(new Set([first]))
      expect(await getMediaUrls(first)).toEqual(urls)
      expectErrors(await sendAgain(), 'json', 400, /Idempotency-Key/)
      const other = await drawRedAndBlue(10, 10).jpeg().toBuffer()
      expectErrors(await sendAgain(createFile('media', other)), 'json', 400, /Idempotency-Key/)
    })

    test('EXT-38 EXT-33 stores a picture of an update once, even if the update is repeated', async () => {
      const service_request_id = getId(await send())
      const update = (...files: File[]) => {
        const body = new FormData()
        const fields = { api_key: target.own!.keyOfCity, service_request_id, update_id: service_request_id }
        for (const [name, value] of Object.entries(fields)) body.append(name, value)
        for (const each of files) body.append(...each)
        return sendRequest(target, '/servicerequestupdates.json', {}, { body })
      }
      expectErrors(await update(), 'json', 400, /a picture/)
      expectErrors(await update(createFile('photo1', Buffer.from('x'))), 'json', 400, /photo1 is no picture/)
      const first = await update(createFile('photo1'))
      expectOk(first, 'json')
      expect((await update(createFile('photo1'))).text).toBe(first.text)
      const getShown = async () => {
        const since = {
          start_date: formatInstant(Date.now() - 600_000),
          end_date: formatInstant(Date.now() + 600_000),
        }
        const updates = expectList(await get(target, 'json', '/servicerequestupdates', since), 'json')
        return updates.find((each) => each.service_request_id === service_request_id)?.media_url
      }
      await expect.poll(getShown, { timeout: 10_000 }).toMatch(/\/media\/[0-9a-f]{32}\.jpg$/)
      expect((await fetchUrl(String(await getShown()))).status).toBe(200)
    })

    test('EXT-39 EXT-43 an erasure deletes the own pictures of a request, and not pictures of other requests', async () => {
      const other = String((await getServiceRequest(target, getId(await send(createFile())))).media_url)
      const named = createForm({ media_url: other })
      const id = getId(await sendMultipart(target, named, createFile()))
      const [own, second] = await getMediaUrls(id)
      expect(second).toBe(other)
      expectJson(await requestCityApi(target, `/requests/${id}/erase`, { method: 'POST' }))
      expect((await fetchUrl(own!)).status).toBe(404)
      expect((await fetchUrl(getThumbnailUrl(own!))).status).toBe(404)
      expect((await fetchUrl(other)).status).toBe(200)
    })

    test('EXT-39 clients may cache a picture and must revalidate it', async () => {
      const { media_url } = await getServiceRequest(target, getId(await send(createFile())))
      const url = String(media_url)
      for (const each of [url, getThumbnailUrl(url)]) {
        const received = await fetchUrl(each)
        expect(received.headers.get('cache-control')).toBe('public, no-cache')
        expect(received.headers.get('x-content-type-options')).toBe('nosniff')
        expect(received.headers.get('content-security-policy')).toContain("default-src 'none'")
        expect(received.headers.get('access-control-allow-origin')).toBe('*')
        expect(Number(received.headers.get('content-length'))).toBe(received.bytes.length)
        const etag = received.headers.get('etag')!
        const again = await fetchUrl(each, { 'if-none-match': etag })
        expect([again.status, again.bytes.length, again.headers.get('etag')]).toEqual([304, 0, etag])
        const head = await fetchUrl(each, {}, 'HEAD')
        expect([head.status, head.bytes.length]).toEqual([200, 0])
        expect(head.headers.get('content-length')).toBe(received.headers.get('content-length'))
        expect((await fetchUrl(each, { 'if-none-match': '"other"' })).status).toBe(200)
      }
      expect((await fetchUrl(getThumbnailUrl(url))).headers.get('etag')).not.toBe(
        (await fetchUrl(url)).headers.get('etag'),
      )
    })

    test('EXT-39 sends 404 for a guessed URL and for other names of a picture', async () => {
      const { media_url } = await getServiceRequest(target, getId(await send(createFile())))
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
      for (const each of wrong) expect((await fetchUrl(each)).status, each).toBe(404)
      expectErrors(await fetchUrl(wrong[0]!), 'xml', 404, /picture/)
      expect((await fetchUrl(url, {}, 'POST')).status).toBe(405)
    })

    test.each([
      ['is private', 'ENCAMPMENT'],
      ['awaits moderation', 'DANGEROUS-DOG'],
      ['has no id yet', 'BULK-PICKUP'],
      ['never gets an id', 'ANON-TIP'],
    ])('EXT-39 does not publish the picture of a service request that %s', async (_, service_code) => {
      const response = await sendMultipart(target, createForm({ service_code }), createFile())
      expectOk(response, 'json')
      expect(response.text).not.toContain('/media/')
      const { service_request_id } = expectOne(response, 'json')
      if (service_request_id)
        expect(
          (await get(target, 'json', `/requests/${service_request_id}`, { extensions: 'true' })).text,
        ).not.toContain('/media/')
    })
  })
