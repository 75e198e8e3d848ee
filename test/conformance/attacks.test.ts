import { describe, expect, test } from 'vitest'
import { type Args, get, sendRawRequest, sendRequest } from './client.js'
import { expectErrors, expectOk } from './response.js'
import { targets } from './targets.js'

/** Encodes the values of a cursor as base64url. */
const encodeCursor = (...parts: string[]) => Buffer.from(JSON.stringify(parts)).toString('base64url')

for (const target of targets)
  describe.skipIf(!target.own)(target.name, () => {
    const search = (format: string, args: Args) =>
      sendRequest(target, `/requests/search.${format}`, {}, { form: args })

    test.for(target.formats)(
      'EXT-22 refuses a text that is slow to normalize without normalizing it, in %s',
      async (format) => {
        // Combining marks in the wrong order: normalization takes quadratic time.
        const slow = `a${'\u0301'.repeat(40_000)}${'\u0316'.repeat(40_000)}`
        expectErrors(await search(format, { q: slow }), format, 400, /q .*200 characters/)
      },
    )

    test.for(target.formats)(
      'A-58 a Host header with a path changes neither the response nor its cached copy, in %s',
      async (format) => {
        const marker = `x=${format}${process.pid}`
        const path = `services.${format}?${marker}`
        const expected = await get(target, format, '/services')
        // In punycode, the host name is as long as the header: node-server takes it for valid.
        const long = Array(26).fill('%C3%A9').join('.')
        for (const host of [`${long}/open311/discovery.json?x=`, '1/?aaaa', 'a b', '']) {
          const forged = await sendRawRequest(target, path, { headers: { host } })
          const cached = await sendRawRequest(target, path)
          for (const { status, text } of [forged, cached])
            expect([status, text], host).toEqual([expected.status, expected.text])
        }
      },
    )

    test.for(target.formats)(
      'GR-ERR-05 a path of many segments leads nowhere, without delay, in %s',
      async (format) => {
        for (const segment of ['/updates', '/updates/a', '/a']) {
          const path = `/requests${segment.repeat(Math.floor(12_000 / segment.length))}`
          const started = performance.now()
          expectErrors(await get(target, format, path), format, 404, /nothing at this address/)
          expect(performance.now() - started).toBeLessThan(2000)
        }
      },
    )

    test.for(target.formats)(
      'EXT-16 refuses a cursor with characters that PostgreSQL cannot store, in %s',
      async (format) => {
        for (const id of ['a\u0000b', '\uD800']) {
          const cursor = encodeCursor('requested_datetime', 'desc', '2026-01-01T00:00:00Z', id)
          expectErrors(await get(target, format, '/requests', { cursor }), format, 400, /cursor/)
        }
      },
    )

    test.for(target.formats)(
      'EXT-12 refuses a polygon with many invalid rings in one error, in %s',
      async (format) => {
        const rings = Array(60_000).fill('[]').join(',')
        const polygon = `{"type":"Polygon","coordinates":[${rings}]}`
        expectErrors(await search(format, { polygon }), format, 400, /polygon/)
      },
    )

    test.for(target.formats)(
      'EXT-12 GR-LIST-02 refuses more than 1000 values of an argument, in %s',
      async (format) => {
        const codes = Array.from({ length: 1001 }, (_, index) => `C${index}`).join(',')
        expectErrors(await search(format, { service_code: codes }), format, 400, /service_code.*1000 values/)
        const agencies = Array.from({ length: 1001 }, (_, index) => `A${index}`)
        expectErrors(
          await search(format, { agency_responsible: agencies }),
          format,
          400,
          /agency_responsible/,
        )
      },
    )

    test('EXT-15 accepts a large offset with sort=distance, and argument values that are names of object members', async () => {
      const args = {
        lat: '40.1',
        long: '-91.5',
        radius: '100000',
        sort: 'distance',
        updated_after: '1000-01-01',
      }
      expectOk(await get(target, 'json', '/requests', { ...args, offset: '2000' }), 'json')
      const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty']
      for (const name of names) {
        expectOk(await get(target, 'json', '/requests', { [name]: 'x', service_code: name }), 'json')
        expect((await get(target, 'json', `/services/${name}`)).status).toBe(404)
      }
    })
  })
