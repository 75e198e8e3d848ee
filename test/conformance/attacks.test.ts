import { describe, expect, test } from 'vitest'
import { expectErrors, expectOk } from './answer.js'
import { type Args, call, get } from './client.js'
import { targets } from './targets.js'

/** Base64url of what a cursor holds. */
const cursorOf = (...parts: string[]) => Buffer.from(JSON.stringify(parts)).toString('base64url')

for (const target of targets)
  describe.skipIf(!target.own)(target.name, () => {
    const search = (format: string, said: Args) =>
      call(target, `/requests/search.${format}`, {}, { form: said })

    test.for(target.formats)(
      'EXT-22 words that are dear to compose are refused before that, in %s',
      async (format) => {
        // Marks in the wrong order: composing takes time by the square of their number.
        const dear = `a${'\u0301'.repeat(40_000)}${'\u0316'.repeat(40_000)}`
        expectErrors(await search(format, { q: dear }), format, 400, /q .*200 characters/)
      },
    )

    test.for(target.formats)(
      'EXT-16 a cursor with what no text may hold is refused, in %s',
      async (format) => {
        for (const id of ['a\u0000b', '\uD800']) {
          const cursor = cursorOf('requested_datetime', 'desc', '2026-01-01T00:00:00Z', id)
          expectErrors(await get(target, format, '/requests', { cursor }), format, 400, /cursor/)
        }
      },
    )

    test.for(target.formats)(
      'EXT-12 a polygon of nothing but faults is refused once, in %s',
      async (format) => {
        const rings = Array(60_000).fill('[]').join(',')
        const polygon = `{"type":"Polygon","coordinates":[${rings}]}`
        expectErrors(await search(format, { polygon }), format, 400, /polygon/)
      },
    )

    test.for(target.formats)(
      'EXT-12 GR-LIST-02 more values than anybody means are refused, in %s',
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

    test('EXT-15 skipping far in a list by distance is answered like any other', async () => {
      const said = {
        lat: '40.1',
        long: '-91.5',
        radius: '100000',
        sort: 'distance',
        updated_after: '1000-01-01',
      }
      expectOk(await get(target, 'json', '/requests', { ...said, offset: '2000' }), 'json')
      const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty']
      for (const name of names) {
        expectOk(await get(target, 'json', '/requests', { [name]: 'x', service_code: name }), 'json')
        expect((await get(target, 'json', `/services/${name}`)).status).toBe(404)
      }
    })
  })
