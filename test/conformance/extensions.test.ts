import { describe, expect, test } from 'vitest'
import { get } from './client.js'
import { getDateBefore } from './explore.js'
import { expectErrors, expectList, expectOk, getIds } from './response.js'
import { targets } from './targets.js'

// Other tests submit service requests at the same time, so comparisons use earlier days.
const BEFORE = getDateBefore(2)
const HERE = { lat: '40.1', long: '-91.5' }

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const listIds = async (args: Record<string, string>) =>
    getIds(expectList(await get(target, 'json', '/requests', { end_date: BEFORE, ...args }), 'json'))
  const request = (path: string) => fetch(`${target.url}${path}`)

  own(
    'EXT-10 EXT-11 EXT-12 EXT-13 bbox, polygon and circle find the same requests in all their notations',
    async () => {
      const west = await listIds({ bbox: '-91.51,40.09,-91.49,40.11' })
      expect(west.length).toBeGreaterThan(5)
      expect(await listIds({ bbox: '-91.49;40.11;-91.51;40.09' })).toEqual(west)
      const corners = '-91.51 40.09,-91.49 40.09,-91.49 40.11,-91.51 40.11,-91.51 40.09'
      expect(await listIds({ polygon: `POLYGON((${corners}))` })).toEqual(west)
      const ring = corners.split(',').map((each) => each.split(' ').map(Number))
      expect(await listIds({ polygon: JSON.stringify({ type: 'Polygon', coordinates: [ring] }) })).toEqual(
        west,
      )
      const near = await listIds({ ...HERE, radius: '5000' })
      expect(new Set(near).size).toBe(near.length)
      expect(await listIds({ ...HERE, radius: '5000', bbox: '-91.51,40.09,-91.49,40.11' })).toEqual(west)
      expect(await listIds({ lat: HERE.lat, lng: HERE.long, radius: '5000' })).toEqual(near)
      const wards = await Promise.all(
        ['1', '2', '3', '4', '5'].map((ward) => listIds({ area: `ward:${ward}` })),
      )
      expect(wards.flat().length).toBeGreaterThan(900)
      expect(new Set(wards.flat()).size).toBe(wards.flat().length)
      expect(await listIds({ area: 'ward:99' })).toEqual([])
    },
  )

  own.for(target.formats)(
    'EXT-10 EXT-11 EXT-12 EXT-14 EXT-15 EXT-16 names incomplete and invalid arguments, in %s',
    async (format) => {
      const invalid: [Record<string, string>, RegExp][] = [
        [{ lat: '40.1', radius: '5' }, /long/],
        [{ ...HERE, radius: '-1' }, /radius/],
        [{ ...HERE, radius: '1e9' }, /radius/],
        [{ bbox: '1,2,3' }, /bbox/],
        [{ bbox: '1,2,3,x' }, /bbox/],
        [{ bbox: '-181,0,0,0' }, /bbox/],
        [{ polygon: 'POLYGON((0 0,1 1))' }, /polygon/],
        [{ polygon: 'POLYGON EMPTY' }, /polygon/],
        [{ polygon: '{"type":"Point","coordinates":[0,0]}' }, /polygon/],
        [{ area: 'ward' }, /area/],
        [{ page: '-1' }, /page/],
        [{ page_size: '1001' }, /page_size/],
        [{ page_size: '0' }, /page_size/],
        [{ sort: 'description' }, /sort/],
        [{ sort: 'distance' }, /distance/],
        [{ cursor: 'eA' }, /cursor/],
        [{ cursor: 'first', page: '2' }, /cursor/],
        [{ has_media: 'perhaps' }, /has_media/],
        [{ extensions: 'x' }, /extensions/],
        [{ count: 'about' }, /count/],
        [{ page: '999999' }, /page/],
        [{ ...HERE, radius: '5', cursor: 'first', sort: 'distance' }, /cursor/],
        [{ updated_after: 'soon' }, /updated_after/],
      ]
      for (const [args, name] of invalid)
        expectErrors(await get(target, format, '/requests', args), format, 400, name)
    },
  )

  own('EXT-12 accepts polygons with self-intersections', async () => {
    expect(
      (await listIds({ polygon: 'POLYGON((-92 40,-91 40.2,-91 40,-92 40.2,-92 40))' })).length,
    ).toBeGreaterThan(0)
    const star = Array.from({ length: 350 }, (_, index) => `${(index * 7919) % 97} ${(index * 104_729) % 89}`)
    expect(await listIds({ polygon: `POLYGON((${[...star, star[0]].join(',')}))` })).toEqual([])
  })

  own('A-58 EXT-06 sends 304 for an unchanged list, and the same list with gzip', async () => {
    const plain = await request(`/requests.json?end_date=${BEFORE}`)
    const etag = String(plain.headers.get('etag'))
    const again = await fetch(`${target.url}/requests.json?end_date=${BEFORE}`, {
      headers: { 'if-none-match': etag },
    })
    expect([again.status, await again.text()]).toEqual([304, ''])
    // fetch decompresses the body.
    const compressed = await fetch(`${target.url}/requests.json?end_date=${BEFORE}`, {
      headers: { 'accept-encoding': 'gzip' },
    })
    expect(compressed.headers.get('content-encoding')).toBe('gzip')
    expect(await compressed.json()).toEqual(await plain.json())
  })

  own('EXT-14 pages have no gap and no overlap, and pages after the last one are empty', async () => {
    const all = await listIds({})
    const first = await listIds({ page: '1', page_size: '40' })
    expect(first).toEqual(all.slice(0, 40))
    expect(await listIds({ page: '0', per_page: '40' })).toEqual(first)
    expect(await listIds({ page: '2', page_size: '40' })).toEqual(all.slice(40, 80))
    expect(await listIds({ offset: '40', limit: '40' })).toEqual(all.slice(40, 80))
    expect(await listIds({ page: '99' })).toEqual([])
    const counted = await request('/requests.json?count=exact&page_size=1')
    expect(Number(counted.headers.get('x-result-count'))).toBeGreaterThan(1000)
    expect((await request('/requests.json')).headers.get('x-result-count')).toBeNull()
  })

  own('EXT-16 A-56 the next links of cursor=first return every request once', async () => {
    const collected: string[] = []
    let url = `${target.url}/requests.json?cursor=first&page_size=1000`
    for (let page = 0; url && page < 20; page++) {
      const response = await fetch(url)
      collected.push(
        ...((await response.json()) as { service_request_id: string }[]).map(
          (each) => each.service_request_id,
        ),
      )
      const next = /<([^>]+)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1]
      url = next ? new URL(next, url).href : ''
    }
    expect(collected.length).toBeGreaterThan(5000)
    expect(new Set(collected).size).toBe(collected.length)
    const default90 = await request('/requests.json')
    expect(default90.headers.get('link')).toContain('start_date=')
  })

  own('EXT-15 EXT-17 sort orders the list, and updated_after selects changes', async () => {
    type Listed = {
      updated_datetime: string
      requested_datetime: string
      extended_attributes: { distance: number }
    }[]
    const rows = async (query: string) => (await (await request(`/requests.json?${query}`)).json()) as Listed
    const changes = (await rows('updated_after=2026-01-01&sort=updated_datetime&page_size=50')).map(
      (each) => each.updated_datetime,
    )
    expect(changes).toEqual([...changes].sort())
    expect(changes[0]! >= '2026-01-01').toBe(true)
    const oldest = (await rows('sort=created&page_size=50')).map((each) => each.requested_datetime)
    expect(oldest).toEqual([...oldest].sort())
    const nearest = (
      await rows('lat=40.1&long=-91.5&radius=3000&sort=distance&extensions=true&page_size=50')
    ).map((each) => each.extended_attributes.distance)
    expect(nearest).toEqual([...nearest].sort((a, b) => a - b))
  })

  own.for(target.formats)(
    'EXT-19 GR-GEN-06 extensions=true adds extended_attributes as the last member, in %s',
    async (format) => {
      const plain = await get(target, format, '/requests', { page_size: '5' })
      expectOk(plain, format)
      expect(plain.text).not.toContain('extended_attributes')
      const extended = await get(target, format, '/requests', {
        page_size: '5',
        extensions: 'true',
        ...HERE,
        radius: '5000',
      })
      expect(extended.text).toMatch(
        format === 'json'
          ? /"extended_attributes":\{[^{}]*"areas":\[.*?\}\]?,?[^{}]*\}\}/s
          : /<extended_attributes>.*<\/extended_attributes><\/request>/s,
      )
      expect(extended.text).toContain('neighbourhood')
    },
  )

  own('EXT-18 channel, agency_responsible and has_media select service requests', async () => {
    const rows = async (query: string) =>
      (await (await request(`/requests.json?extensions=true&${query}`)).json()) as {
        agency_responsible: string
        media_url: string | null
        extended_attributes: { channel: string }
      }[]
    const byPhone = await rows('channel=Phone&page_size=20')
    expect(new Set(byPhone.map((each) => each.extended_attributes.channel))).toEqual(new Set(['Phone']))
    const { agency_responsible } = byPhone[0]!
    const byAgency = await rows(`agency_responsible=${encodeURIComponent(agency_responsible)}&page_size=20`)
    expect(new Set(byAgency.map((each) => each.agency_responsible))).toEqual(new Set([agency_responsible]))
    for (const each of await rows('has_media=true&page_size=20')) expect(each.media_url).toMatch(/^https?:/)
    for (const each of await rows('has_media=false&page_size=20')) expect(each.media_url).toBeNull()
  })

  own.for(target.formats)(
    'EXT-21 definitions returns the definition of each service in one response, in %s',
    async (format) => {
      const all = await request(`/definitions.${format}`)
      expect(all.headers.get('etag')).toBeTruthy()
      const text = await all.text()
      for (const code of ['POTHOLE', 'STREET-LIGHT', 'CART']) {
        const one = await (await request(`/services/${code}.${format}`)).text()
        expect(text).toContain(one.replace(/^<\?xml.*\?>\n/, ''))
      }
    },
  )

  own(
    'EXT-20 other formats of a list have the same rows, and other resources have no other formats',
    async () => {
      const expected = await listIds({ page_size: '30' })
      const geojson = await request(`/requests.geojson?page_size=30&end_date=${BEFORE}`)
      expect(geojson.headers.get('content-type')).toBe('application/geo+json')
      expect(
        ((await geojson.json()) as { features: { id: string }[] }).features.map((each) => each.id),
      ).toEqual(expected)
      const ndjson = (await (await request(`/requests.ndjson?page_size=30&end_date=${BEFORE}`)).text())
        .trim()
        .split('\n')
      expect(ndjson.map((line) => JSON.parse(line).service_request_id)).toEqual(expected)
      const csv = await request(`/requests.csv?page_size=30&end_date=${BEFORE}`)
      expect(csv.headers.get('content-type')).toContain('text/csv')
      expect(await csv.text()).toContain(`\r\n${expected[29]},`)
      const rss = await (await request(`/requests.rss?page_size=30&end_date=${BEFORE}`)).text()
      expect(
        [...rss.matchAll(/<guid[^>]*>[^<]*\/requests\/([^<]+)\.xml<\/guid>/g)].map((match) => match[1]),
      ).toEqual(expected)
      for (const path of ['/services.csv', '/requests/x.geojson', '/discovery.rss', '/tokens/x.ndjson']) {
        expect((await request(path)).status).toBe(404)
      }
      expect(await (await request('/requests.csv?page_size=x')).json()).toEqual([
        { code: 400, description: expect.any(String) },
      ])
    },
  )
})
