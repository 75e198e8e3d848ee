import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { about, expectErrors, expectOk, ids, jsonOf, listOf } from './answer.js'
import { type Answer, type Args, call, get } from './client.js'
import type { Format } from './target.js'
import { targets } from './targets.js'

// Other tests file service requests meanwhile: what is compared is of days before.
const end_date = new Date(Date.now() - 2 * 86_400_000).toISOString().slice(0, 10)

/** A ring of so many corners around Rivertown's middle; `step` corners on at each edge: more than one makes a star. */
function around(corners: number, step = 1): string {
  const ring = Array.from({ length: corners }, (_, index) => {
    const angle = (2 * Math.PI * ((index * step) % corners)) / corners
    return [-91.5 + 0.03 * Math.cos(angle), 40.1 + 0.03 * Math.sin(angle)].map((each) =>
      Number(each.toFixed(6)),
    )
  })
  return JSON.stringify({ type: 'Polygon', coordinates: [[...ring, ring[0]]] })
}

for (const target of targets)
  describe.skipIf(!target.own)(target.name, () => {
    const search = (format: string, said: Args, query: Args = {}) =>
      call(target, `/requests/search.${format}`, query, { form: said })
    const found = async (said: Args, format: Format = 'json') =>
      ids(listOf(await search(format, said), format))
    const asked = async (said: Args) => ids(listOf(await get(target, 'json', '/requests', said), 'json'))
    const nextOf = (answer: Answer): string | undefined =>
      /^<\?([^>]*)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1]

    test.each([
      ['a page', { page_size: '20' }],
      ['an area', { area: 'ward:3', status: 'closed', page_size: '50' }],
      ['a circle', { lat: '40.1', long: '-91.5', radius: '900', sort: 'distance' }],
      ['services', { service_code: 'POTHOLE,GRAFFITI', page: '2', page_size: '15' }],
      ['a box and words', { bbox: '-91.51,40.09,-91.49,40.11', q: 'a' }],
      ['a polygon', { polygon: around(40), has_media: 'false' }],
    ] as const)('EXT-12 a posted search for %s finds what a GET finds, without a key', async (_, said) => {
      const wanted = await asked({ end_date, ...said })
      expect(wanted.length).toBeGreaterThan(0)
      expect(await found({ end_date, ...said })).toEqual(wanted)
      expect(await found({ end_date, ...said }, 'xml')).toEqual(wanted)
    })

    test('EXT-12 EXT-02 arguments may be in the address, in a form, in parts and in JSON; the body wins', async () => {
      const said = { end_date, polygon: around(12), page_size: '5' }
      const wanted = await asked(said)
      expect(wanted).toHaveLength(5)
      const { polygon, ...rest } = said
      expect(ids(listOf(await search('json', { polygon }, rest), 'json'))).toEqual(wanted)
      expect(ids(listOf(await search('json', said, { page_size: '1' }), 'json'))).toEqual(wanted)
      const parts = new FormData()
      for (const [name, value] of Object.entries(said)) parts.append(name, value)
      expect(ids(listOf(await call(target, '/requests/search.json', {}, { body: parts }), 'json'))).toEqual(
        wanted,
      )
      const body = new TextEncoder().encode(JSON.stringify({ ...said, page_size: 5 }))
      const headers = { 'content-type': 'application/json' }
      const json = await call(target, '/requests/search.json', {}, { body, headers })
      expect(ids(listOf(json, 'json'))).toEqual(wanted)
    })

    test('EXT-12 a polygon of 2,000 corners, also one that crosses itself all along, is answered', async () => {
      const fine = await found({ end_date, polygon: around(1999) })
      expect(fine.length).toBeGreaterThan(50)
      const coarse = new Set(await found({ end_date, polygon: around(1000) }))
      expect(fine.filter((id) => !coarse.has(id)).length).toBeLessThan(fine.length / 100)
      expectOk(await search('json', { end_date, polygon: around(1999, 997) }), 'json')
      expectOk(await search('xml', { end_date, polygon: around(5, 2) }), 'xml')
      expectErrors(await search('json', { polygon: around(2000) }), 'json', 400, /polygon.*2000 corners/)
      expectErrors(await search('xml', { polygon: around(5000) }), 'xml', 400, /polygon.*2000 corners/)
    })

    test.for(target.formats)('EXT-12 what is too long, or no polygon, is refused in %s', async (format) => {
      const longest = `POLYGON((${'0.1 0.1,'.repeat(30_000)}`
      expectErrors(await search(format, { polygon: longest }), format, 400, /polygon.*200000/)
      expectErrors(await search(format, { polygon: 'POLYGON((0 0,1 1))' }), format, 400, /polygon/)
      expectErrors(
        await get(target, format, '/requests', { polygon: around(300) }),
        format,
        400,
        /polygon.*4000/,
      )
    })

    test('EXT-12 A-56 the links of a search, with the polygon sent again, lead over everything once', async () => {
      const polygon = around(400)
      const wanted = await found({ end_date, polygon, page_size: '1000' })
      expect(wanted.length).toBeGreaterThan(100)
      const met: string[] = []
      for (
        let query: string | undefined = new URLSearchParams({ end_date, page_size: '40' }).toString();
        query;
      ) {
        const answer: Answer = await search('json', { polygon }, query)
        met.push(...ids(listOf(answer, 'json')))
        query = nextOf(answer)
        expect(query ?? '').not.toContain('polygon')
        expect(met.length).toBeLessThanOrEqual(wanted.length)
      }
      expect(met).toEqual(wanted)
    })

    test('EXT-12 A-56 a link keeps all that was said but a long polygon, however long it is', async () => {
      const codes = ['POTHOLE', ...Array.from({ length: 900 }, (_, index) => `NONE-${index}`)].join(',')
      const first = await search('json', { service_code: codes, page_size: '1' })
      expect(listOf(first, 'json').map((each) => each.service_code)).toEqual(['POTHOLE'])
      expect(new URLSearchParams(nextOf(first)).get('service_code')).toBe(codes)
      const padded = around(150).padEnd(4100)
      const got = await get(target, 'json', '/requests', { polygon: padded, page_size: '1' })
      expect(new URLSearchParams(nextOf(got)).get('polygon')?.trim()).toBe(around(150))
    })

    test('EXT-20 EXT-12 the other formats of a list hold the same rows', async () => {
      const said = { end_date, polygon: around(30), page_size: '8' }
      const wanted = await found(said)
      const features = (jsonOf(await search('geojson', said)) as { features: { id: string }[] }).features
      expect(features.map((each) => each.id)).toEqual(wanted)
      const csv = (await search('csv', said)).text.split('\r\n')
      expect(csv[0]).toContain('service_request_id')
      expect(csv.slice(1, 9).map((line) => line.split(',')[0])).toEqual(wanted)
      const lines = (await search('ndjson', said)).text.trim().split('\n')
      expect(lines.map((line) => JSON.parse(line).service_request_id)).toEqual(wanted)
    })

    test.each([
      ['geojson', 'application/geo+json'],
      ['csv', 'text/csv'],
      ['ndjson', 'application/x-ndjson'],
      ['rss', 'application/rss+xml'],
    ])('EXT-20 EXT-12 the other formats have their own types: %s', async (format, type) => {
      expect((await search(format, { page_size: '1' })).headers.get('content-type')).toContain(type)
    })

    test.for(target.formats)(
      'EXT-12 GR-ONE-04 a GET of requests/search looks for an id, in %s',
      async (format) => {
        expectErrors(await get(target, format, '/requests/search'), format, 404)
      },
    )

    test('EXT-14 an estimate is exact while there are few, and no count is told unasked', async () => {
      const count = async (said: Record<string, string>) =>
        (await get(target, 'json', '/requests', { end_date, page_size: '1', ...said })).headers.get(
          'x-result-count',
        )
      for (const said of [
        {},
        { area: 'ward:1' },
        { q: 'street' },
        { polygon: around(9) },
        { area: 'ward:99' },
      ]) {
        const exact = await count({ ...said, count: 'exact' })
        expect(exact).toMatch(/^\d+$/)
        expect(await count({ ...said, count: 'estimated' })).toBe(exact)
      }
      expect(await count({})).toBeNull()
      const posted = await search('json', { end_date, page_size: '1', count: 'estimated' })
      expect(posted.headers.get('x-result-count')).toBe(await count({ count: 'exact' }))
    })

    test.for(target.formats)('EXT-22 no word, and more than ten, are refused in %s', async (format) => {
      for (const q of ['!', '🕳', '&', 'a b c d e f g h i j k', 'x'.repeat(201)])
        expectErrors(await get(target, format, '/requests', { q }), format, 400, /^q /)
      expectOk(await get(target, format, '/requests', { q: 'a b c d e f g h i j' }), format)
      // Nothing at all is no argument (GR-GEN-05).
      expectOk(await get(target, format, '/requests', { q: '', page_size: '1' }), format)
    })

    test('EXT-22 words find what has them in its description, its address or the name of its service', async () => {
      const rows = jsonOf(
        await get(target, 'json', '/requests', { end_date, q: 'pothole', page_size: '200' }),
      ) as {
        description: string | null
        address: string | null
        service_name: string
      }[]
      expect(rows.length).toBeGreaterThan(10)
      for (const { description, address, service_name } of rows)
        expect(`${description} ${address} ${service_name}`.toLowerCase()).toMatch(/\bpothole/)
      const both = await asked({ end_date, q: 'POTHÓLE', page_size: '200' })
      expect(both).toHaveLength(rows.length)
    })

    test('EXT-22 GR-ERR-10 whatever is searched for, it is an answer or a refusal', async () => {
      const odd = fc.string({
        unit: fc.constantFrom(...'aé1 \'"\\&|!*():<->%_$;\u0301日🕳\u0000\u202e'),
        maxLength: 24,
      })
      await fc.assert(
        fc.asyncProperty(fc.oneof(odd, fc.string({ unit: 'binary', maxLength: 12 })), async (q) => {
          const answer = await get(target, 'json', '/requests', { q: q.toWellFormed(), page_size: '1' })
          expect([200, 400], about(answer)).toContain(answer.status)
        }),
        { numRuns: 60, seed: 22 },
      )
    })
  })
