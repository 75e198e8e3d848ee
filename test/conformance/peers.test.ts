import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { about, expectErrors, expectOk, first, ids, jsonOf, listOf, oneOf, rootOf, word } from './answer.js'
import { call, get, post, withKey } from './client.js'
import { file, marker, past } from './exploring.js'
import { HARBOURVIEW, INSIDE, MILLFIELD } from './rivertown.js'
import { jurisdictionOf, targets } from './targets.js'

// Faults that other Open311 servers have had, for which no other test of this suite would be red.

interface Row {
  service_request_id: string
  media_url: string | null
  extended_attributes: { media_urls: string[] }
}
const idsOf = (rows: Row[]) => rows.map((row) => row.service_request_id)

/** Places of their own, so that a box holds what a test filed and nothing else. */
let places = 0
function newPlace() {
  places += 1
  const [lat, long] = [40.1 + (process.pid % 1000) * 0.00002, -91.5 - places * 0.001 - Math.random() * 0.0005]
  const box = [long - 2e-6, lat - 2e-6, long + 2e-6, lat + 2e-6].map((each) => each.toFixed(6)).join()
  return { at: { lat: lat.toFixed(6), long: long.toFixed(6) }, box }
}

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const rowsOf = async (args: Record<string, string>) =>
    jsonOf(await get(target, 'json', '/requests', args)) as Row[]

  own('GR-POST-10 EXT-15 EXT-18 no argument selects or sorts by what is private', async () => {
    const { at, box } = newPlace()
    const tag = marker('private').replaceAll(' ', '-')
    const person = {
      email: `${tag}@mail.example`,
      phone: `555 ${tag}`,
      first_name: `F-${tag}`,
      last_name: `L-${tag}`,
      device_id: `D-${tag}`,
      account_id: `A-${tag}`,
    }
    const both = [
      await file(target, { ...at, ...person }),
      await file(target, { ...at, email: `a-${tag}@mail.example` }),
    ]
    const list = async (args = {}) =>
      ids(listOf(await get(target, 'json', '/requests', { bbox: box, ...args }), 'json'))
    const usual = await list()
    expect([...usual].sort()).toEqual([...both].sort())
    for (const [name, value] of Object.entries({
      ...person,
      api_key: String(target.key),
      visibility: 'private',
    })) {
      for (const prefix of ['', 'field_', 'filter_', 'attribute_', 'person_'])
        for (const said of [value, `${value}-other`, '', '%', '*'])
          if (name !== 'api_key' || prefix !== '')
            expect(await list({ [`${prefix}${name}`]: said }), `${prefix}${name}`).toEqual(usual)
      for (const order of ['order_by', 'orderBy', 'sort_by', 'ordering', 'order'])
        for (const sign of ['', '-']) expect(await list({ [order]: sign + name }), order).toEqual(usual)
      for (const said of [name, `-${name}`, `requested_datetime,${name}`, `${name} desc`])
        expectErrors(await get(target, 'json', '/requests', { sort: said }), 'json', 400, /sort/)
    }
  })

  own('GR-POST-11 a media_url is never fetched, whatever host it names', async () => {
    let met = 0
    const picture = createServer((_, answer) =>
      answer.writeHead(200, { 'content-type': 'image/jpeg' }).end('x'),
    )
    picture.on('connection', () => {
      met += 1
    })
    await new Promise<void>((done) => picture.listen(0, '127.0.0.1', done))
    const { port } = picture.address() as AddressInfo
    const { at, box } = newPlace()
    const posted = await post(target, 'json', {
      service_code: 'POTHOLE',
      ...at,
      media_url: `http://127.0.0.1:${port}/a.jpg`,
    })
    const id = word(oneOf(posted, 'json'), 'service_request_id')
    for (const format of ['json', 'xml', 'geojson', 'csv', 'rss', 'ndjson'])
      expect((await call(target, `/requests.${format}`, { bbox: box, extensions: 'true' })).text).toContain(
        id,
      )
    expectOk(await get(target, 'json', `/requests/${id}`), 'json')
    await new Promise((done) => setTimeout(done, 300))
    const seen = met
    // That the counter counts.
    expect((await fetch(`http://127.0.0.1:${port}/a.jpg`)).status).toBe(200)
    await new Promise((done) => picture.close(done))
    expect([seen, met]).toEqual([0, 1])
  })

  own('A-33 EXT-19 media_url is a text or null and media_urls an array, however many there are', async () => {
    for (const count of [0, 1, 2]) {
      const { at, box } = newPlace()
      const urls = Array.from({ length: count }, (_, index) => `https://img.example/${index}.jpg`)
      const form = [
        ...withKey(target, { service_code: 'POTHOLE', ...at }),
        ...urls.map((url): [string, string] => ['media_url', url]),
      ]
      expectOk(await call(target, '/requests.json', {}, { form }), 'json')
      const row = first(await rowsOf({ bbox: box, extensions: 'true' }))
      expect(row.media_url).toBe(urls[0] ?? null)
      expect(row.extended_attributes.media_urls).toEqual(urls)
      const [record] = rootOf(
        await get(target, 'xml', '/requests', { bbox: box, extensions: 'true' }),
      ).children
      const extended = record!.children.find(({ name }) => name === 'extended_attributes')
      const listed = extended?.children.find(({ name }) => name === 'media_urls')
      expect(listed?.children.map(({ name, text }) => [name, text])).toEqual(
        urls.map((url) => ['media_url', url]),
      )
    }
  })

  own(
    'GR-XML-02 GR-GEN-03 no answer to a POST, a token or all definitions has a root of another name',
    async () => {
      const rootAndItems = (answer: Parameters<typeof rootOf>[0]) => {
        const root = rootOf(answer)
        return [root.name, ...new Set(root.children.map(({ name }) => name))]
      }
      const form = { ...INSIDE, description: marker() }
      for (const service_code of ['POTHOLE', 'BULK-PICKUP', 'ANON-TIP']) {
        const answer = await post(target, 'xml', { ...form, service_code })
        expect(rootAndItems(answer)).toEqual(['service_requests', 'request'])
        const { token } = oneOf(answer, 'xml')
        if (token)
          expect(rootAndItems(await get(target, 'xml', `/tokens/${token}`))).toEqual([
            'service_requests',
            'request',
          ])
      }
      expect(rootAndItems(await get(target, 'xml', '/definitions'))).toEqual([
        'service_definitions',
        'service_definition',
      ])
    },
  )

  own('GR-KEY-02 GR-GEN-08 nothing that would manage anything answers without a key', async () => {
    const row = first(await past(target))
    const id = word(row, 'service_request_id')
    const before = (await get(target, 'json', `/requests/${id}`)).text
    const origin = String(target.own?.origin)
    const inside = [
      `/requests/${id}`,
      `/requests/${id}/updates`,
      `/requests/${id}/notes`,
      '/servicerequestupdates',
    ]
    const paths = [
      ...[
        ...inside,
        '/services',
        '/services/POTHOLE',
        '/definitions',
        '/jurisdictions',
        '/keys',
        '/updates',
        '/areas',
      ].map((path) => `${target.url}${path}.json`),
      ...[
        '/admin',
        '/keys',
        '/open311/manage/v1/keys.json',
        `/open311/manage/v1/requests/${id}.json`,
        '/open311/v2',
      ].map((path) => origin + path),
    ]
    const form = { service_request_id: id, status: 'closed', description: 'taken over', name: 'x' }
    for (const path of paths)
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
        for (const key of [{}, { api_key: 'no-such-key-0000' }]) {
          const answer = await call(target, path, {}, { method, form: { ...form, ...key } })
          expect([401, 403, 404, 405], about(answer)).toContain(answer.status)
        }
    expect((await get(target, 'json', `/requests/${id}`)).text).toBe(before)
  })

  own(
    'GR-JUR-04 GR-JUR-06 EXT-16 EXT-20 EXT-21 jurisdiction_id is used by every extension, and kept by links',
    async () => {
      const [several, here, there] = [null, HARBOURVIEW, MILLFIELD].map((id) => jurisdictionOf(target, id))
      const filed = async (at = here!) => {
        const form = { service_code: 'POTHOLE', address_string: 'Harbour Lane 3' }
        return word(
          oneOf(await post(at, 'json', { ...form, jurisdiction_id: String(at.jurisdiction_id) }), 'json'),
          'service_request_id',
        )
      }
      const mine = [await filed(), await filed(), await filed()]
      const theirs = await filed(there)
      for (const path of ['/definitions.json', '/requests.geojson', '/requests.csv', '/requests.ndjson'])
        expectErrors(await call(several!, path), 'json', 400, /jurisdiction_id/)
      expectErrors(await call(several!, '/requests.rss'), 'xml', 400, /jurisdiction_id/)
      const definitions = async (at = here!) => (await call(at, '/definitions.json')).text
      expect(
        [await definitions(), await definitions(there)].map((text) => text.includes('MILL-RACE')),
      ).toEqual([false, true])
      for (const start of [
        'cursor=first&page_size=3',
        'page=1&page_size=3',
        'sort=updated&updated_after=2020-01-01&page_size=3',
      ]) {
        const met: string[] = []
        let next = `${here!.url}/requests.json?jurisdiction_id=${HARBOURVIEW}&${start}`
        for (let page = 0; next && page < 400; page += 1) {
          const answer = await fetch(next)
          expect(answer.status, next).toBe(200)
          met.push(...idsOf((await answer.json()) as Row[]))
          const link = /<([^>]+)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1]
          next = link ? new URL(link, next).href : ''
        }
        expect(met).toEqual(expect.arrayContaining(mine))
        expect(met).not.toContain(theirs)
      }
    },
  )
})
