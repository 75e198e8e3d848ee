import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fixedSeed } from '../harness/property-seed.js'
import { type Args, get, type HttpResponse, sendRequest } from './client.js'
import { getDateBefore } from './explore.js'
import { describeResponse, expectErrors, expectList, expectOk, getIds, parseJson } from './response.js'
import type { Format } from './target.js'
import { targets } from './targets.js'

// Other tests submit service requests at the same time, so comparisons use earlier days.
const end_date = getDateBefore(2)

/** Returns a polygon with so many corners around the centre of Rivertown; a `step` above 1 makes a star. */
function createRing(corners: number, step = 1): string {
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
    const search = (format: string, args: Args, query: Args = {}) =>
      sendRequest(target, `/requests/search.${format}`, query, { form: args })
    const searchIds = async (args: Args, format: Format = 'json') =>
      getIds(expectList(await search(format, args), format))
    const listIds = async (args: Args) =>
      getIds(expectList(await get(target, 'json', '/requests', args), 'json'))
    const getNextQuery = (response: HttpResponse): string | undefined =>
      /^<\?([^>]*)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1]

    test.each([
      ['a page', { page_size: '20' }],
      ['an area', { area: 'ward:3', status: 'closed', page_size: '50' }],
      ['a circle', { lat: '40.1', long: '-91.5', radius: '900', sort: 'distance' }],
      ['services', { service_code: 'POTHOLE,GRAFFITI', page: '2', page_size: '15' }],
      ['a box and words', { bbox: '-91.51,40.09,-91.49,40.11', q: 'a' }],
      ['a polygon', { polygon: createRing(40), has_media: 'false' }],
    ] as const)(
      'EXT-12 POST search finds the same requests as GET for %s, without a key',
      async (_, args) => {
        const expected = await listIds({ end_date, ...args })
        expect(expected.length).toBeGreaterThan(0)
        expect(await searchIds({ end_date, ...args })).toEqual(expected)
        expect(await searchIds({ end_date, ...args }, 'xml')).toEqual(expected)
      },
    )

    test('EXT-12 EXT-02 reads arguments from query, form, multipart and JSON; the body overrides the query', async () => {
      const args = { end_date, polygon: createRing(12), page_size: '5' }
      const expected = await listIds(args)
      expect(expected).toHaveLength(5)
      const { polygon, ...rest } = args
      expect(getIds(expectList(await search('json', { polygon }, rest), 'json'))).toEqual(expected)
      expect(getIds(expectList(await search('json', args, { page_size: '1' }), 'json'))).toEqual(expected)
      const parts = new FormData()
      for (const [name, value] of Object.entries(args)) parts.append(name, value)
      expect(
        getIds(expectList(await sendRequest(target, '/requests/search.json', {}, { body: parts }), 'json')),
      ).toEqual(expected)
      const body = new TextEncoder().encode(JSON.stringify({ ...args, page_size: 5 }))
      const headers = { 'content-type': 'application/json' }
      const json = await sendRequest(target, '/requests/search.json', {}, { body, headers })
      expect(getIds(expectList(json, 'json'))).toEqual(expected)
    })

    test('EXT-12 accepts a polygon of 2,000 corners, even with many self-intersections, and refuses more', async () => {
      const fine = await searchIds({ end_date, polygon: createRing(1999) })
      expect(fine.length).toBeGreaterThan(50)
      const coarse = new Set(await searchIds({ end_date, polygon: createRing(1000) }))
      expect(fine.filter((id) => !coarse.has(id)).length).toBeLessThan(fine.length / 100)
      expectOk(await search('json', { end_date, polygon: createRing(1999, 997) }), 'json')
      expectOk(await search('xml', { end_date, polygon: createRing(5, 2) }), 'xml')
      expectErrors(await search('json', { polygon: createRing(2000) }), 'json', 400, /polygon.*2000 corners/)
      expectErrors(await search('xml', { polygon: createRing(5000) }), 'xml', 400, /polygon.*2000 corners/)
    })

    test.for(target.formats)(
      'EXT-12 refuses a polygon that is too long or invalid, in %s',
      async (format) => {
        const longest = `POLYGON((${'0.1 0.1,'.repeat(30_000)}`
        expectErrors(await search(format, { polygon: longest }), format, 400, /polygon.*200000/)
        expectErrors(await search(format, { polygon: 'POLYGON((0 0,1 1))' }), format, 400, /polygon/)
        expectErrors(
          await get(target, format, '/requests', { polygon: createRing(300) }),
          format,
          400,
          /polygon.*4000/,
        )
      },
    )

    test('EXT-12 A-56 next links of a search return every request once if the polygon is posted again', async () => {
      const polygon = createRing(400)
      const expected = await searchIds({ end_date, polygon, page_size: '1000' })
      expect(expected.length).toBeGreaterThan(100)
      const collected: string[] = []
      for (
        let query: string | undefined = new URLSearchParams({ end_date, page_size: '40' }).toString();
        query;
      ) {
        const response: HttpResponse = await search('json', { polygon }, query)
        collected.push(...getIds(expectList(response, 'json')))
        query = getNextQuery(response)
        expect(query ?? '').not.toContain('polygon')
        expect(collected.length).toBeLessThanOrEqual(expected.length)
      }
      expect(collected).toEqual(expected)
    })

    test('EXT-12 A-56 a next link contains all arguments of any length, except a long polygon', async () => {
      const codes = ['POTHOLE', ...Array.from({ length: 900 }, (_, index) => `NONE-${index}`)].join(',')
      const first = await search('json', { service_code: codes, page_size: '1' })
      expect(expectList(first, 'json').map((each) => each.service_code)).toEqual(['POTHOLE'])
      expect(new URLSearchParams(getNextQuery(first)).get('service_code')).toBe(codes)
      const padded = createRing(150).padEnd(4100)
      const fromGet = await get(target, 'json', '/requests', { polygon: padded, page_size: '1' })
      expect(new URLSearchParams(getNextQuery(fromGet)).get('polygon')?.trim()).toBe(createRing(150))
    })

    test('EXT-20 EXT-12 the other formats of a search have the same rows', async () => {
      const args = { end_date, polygon: createRing(30), page_size: '8' }
      const expected = await searchIds(args)
      const features = (parseJson(await search('geojson', args)) as { features: { id: string }[] }).features
      expect(features.map((each) => each.id)).toEqual(expected)
      const csv = (await search('csv', args)).text.split('\r\n')
      expect(csv[0]).toContain('service_request_id')
      expect(csv.slice(1, 9).map((line) => line.split(',')[0])).toEqual(expected)
      const lines = (await search('ndjson', args)).text.trim().split('\n')
      expect(lines.map((line) => JSON.parse(line).service_request_id)).toEqual(expected)
    })

    test.each([
      ['geojson', 'application/geo+json'],
      ['csv', 'text/csv'],
      ['ndjson', 'application/x-ndjson'],
      ['rss', 'application/rss+xml'],
    ])('EXT-20 EXT-12 the format %s has its own media type', async (format, type) => {
      expect((await search(format, { page_size: '1' })).headers.get('content-type')).toContain(type)
    })

    test.for(target.formats)(
      'EXT-12 GR-ONE-04 GET requests/search reads search as an id, in %s',
      async (format) => {
        expectErrors(await get(target, format, '/requests/search'), format, 404)
      },
    )

    test('EXT-14 count=estimated is exact for short lists, and without count there is no X-Result-Count', async () => {
      const count = async (args: Record<string, string>) =>
        (await get(target, 'json', '/requests', { end_date, page_size: '1', ...args })).headers.get(
          'x-result-count',
        )
      for (const args of [
        {},
        { area: 'ward:1' },
        { q: 'street' },
        { polygon: createRing(9) },
        { area: 'ward:99' },
      ]) {
        const exact = await count({ ...args, count: 'exact' })
        expect(exact).toMatch(/^\d+$/)
        expect(await count({ ...args, count: 'estimated' })).toBe(exact)
      }
      expect(await count({})).toBeNull()
      const posted = await search('json', { end_date, page_size: '1', count: 'estimated' })
      expect(posted.headers.get('x-result-count')).toBe(await count({ count: 'exact' }))
    })

    test.for(target.formats)(
      'EXT-22 refuses q without words or with more than ten, in %s',
      async (format) => {
        for (const q of ['!', '🕳', '&', 'a b c d e f g h i j k', 'x'.repeat(201)])
          expectErrors(await get(target, format, '/requests', { q }), format, 400, /^q /)
        expectOk(await get(target, format, '/requests', { q: 'a b c d e f g h i j' }), format)
        // An empty argument is ignored (GR-GEN-05).
        expectOk(await get(target, format, '/requests', { q: '', page_size: '1' }), format)
      },
    )

    test('EXT-22 q finds requests with the words in description, address or service_name', async () => {
      const rows = parseJson(
        await get(target, 'json', '/requests', { end_date, q: 'pothole', page_size: '200' }),
      ) as {
        description: string | null
        address: string | null
        service_name: string
      }[]
      expect(rows.length).toBeGreaterThan(10)
      for (const { description, address, service_name } of rows)
        expect(`${description} ${address} ${service_name}`.toLowerCase()).toMatch(/\bpothole/)
      const both = await listIds({ end_date, q: 'POTHÓLE', page_size: '200' })
      expect(both).toHaveLength(rows.length)
    })

    test('EXT-22 GR-ERR-10 accepts or refuses any text in q', async () => {
      const odd = fc.string({
        unit: fc.constantFrom(...'aé1 \'"\\&|!*():<->%_$;\u0301日🕳\u0000\u202e'),
        maxLength: 24,
      })
      await fc.assert(
        fc.asyncProperty(fc.oneof(odd, fc.string({ unit: 'binary', maxLength: 12 })), async (q) => {
          const response = await get(target, 'json', '/requests', { q: q.toWellFormed(), page_size: '1' })
          expect([200, 400], describeResponse(response)).toContain(response.status)
        }),
        { numRuns: 60, seed: fixedSeed(22) },
      )
    })
  })
