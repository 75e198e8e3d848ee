import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { addKey, get, post, sendRequest } from './client.js'
import { createMarker, getPast, submit } from './explore.js'
import {
  describeResponse,
  expectErrors,
  expectList,
  expectOk,
  expectOne,
  first,
  getIds,
  getText,
  parseJson,
  parseXmlRoot,
} from './response.js'
import { HARBOURVIEW, INSIDE, MILLFIELD } from './rivertown.js'
import { selectJurisdiction, targets } from './targets.js'

// Defects in other Open311 servers that no other test of this suite detects.

interface Row {
  service_request_id: string
  media_url: string | null
  extended_attributes: { media_urls: string[] }
}
const getRowIds = (rows: Row[]) => rows.map((row) => row.service_request_id)

/** Number of locations in use. Each test has its own location, so that its box contains only its own requests. */
let locations = 0
function createLocation() {
  locations += 1
  const [lat, long] = [
    40.1 + (process.pid % 1000) * 0.00002,
    -91.5 - locations * 0.001 - Math.random() * 0.0005,
  ]
  const box = [long - 2e-6, lat - 2e-6, long + 2e-6, lat + 2e-6].map((each) => each.toFixed(6)).join()
  return { at: { lat: lat.toFixed(6), long: long.toFixed(6) }, box }
}

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const getRows = async (args: Record<string, string>) =>
    parseJson(await get(target, 'json', '/requests', args)) as Row[]

  own('GR-POST-10 EXT-15 EXT-18 no argument selects or sorts by private data', async () => {
    const { at, box } = createLocation()
    const tag = createMarker('private').replaceAll(' ', '-')
    const person = {
      email: `${tag}@mail.example`,
      phone: `555 ${tag}`,
      first_name: `F-${tag}`,
      last_name: `L-${tag}`,
      device_id: `D-${tag}`,
      account_id: `A-${tag}`,
    }
    const both = [
      await submit(target, { ...at, ...person }),
      await submit(target, { ...at, email: `a-${tag}@mail.example` }),
    ]
    const list = async (args = {}) =>
      getIds(expectList(await get(target, 'json', '/requests', { bbox: box, ...args }), 'json'))
    const usual = await list()
    expect([...usual].sort()).toEqual([...both].sort())
    for (const [name, value] of Object.entries({
      ...person,
      api_key: String(target.key),
      visibility: 'private',
    })) {
      for (const prefix of ['', 'field_', 'filter_', 'attribute_', 'person_'])
        for (const text of [value, `${value}-other`, '', '%', '*'])
          if (name !== 'api_key' || prefix !== '')
            expect(await list({ [`${prefix}${name}`]: text }), `${prefix}${name}`).toEqual(usual)
      for (const order of ['order_by', 'orderBy', 'sort_by', 'ordering', 'order'])
        for (const sign of ['', '-']) expect(await list({ [order]: sign + name }), order).toEqual(usual)
      for (const sort of [name, `-${name}`, `requested_datetime,${name}`, `${name} desc`])
        expectErrors(await get(target, 'json', '/requests', { sort }), 'json', 400, /sort/)
    }
  })

  own('GR-POST-11 never fetches a media_url', async () => {
    let connections = 0
    const pictureServer = createServer((_, response) =>
      response.writeHead(200, { 'content-type': 'image/jpeg' }).end('x'),
    )
    pictureServer.on('connection', () => {
      connections += 1
    })
    await new Promise<void>((done) => pictureServer.listen(0, '127.0.0.1', done))
    const { port } = pictureServer.address() as AddressInfo
    const { at, box } = createLocation()
    const submission = await post(target, 'json', {
      service_code: 'POTHOLE',
      ...at,
      media_url: `http://127.0.0.1:${port}/a.jpg`,
    })
    const id = getText(expectOne(submission, 'json'), 'service_request_id')
    for (const format of ['json', 'xml', 'geojson', 'csv', 'rss', 'ndjson'])
      expect(
        (await sendRequest(target, `/requests.${format}`, { bbox: box, extensions: 'true' })).text,
      ).toContain(id)
    expectOk(await get(target, 'json', `/requests/${id}`), 'json')
    await new Promise((done) => setTimeout(done, 300))
    const fetched = connections
    // Proves that the counter works.
    expect((await fetch(`http://127.0.0.1:${port}/a.jpg`)).status).toBe(200)
    await new Promise((done) => pictureServer.close(done))
    expect([fetched, connections]).toEqual([0, 1])
  })

  own(
    'A-33 EXT-19 media_url is a text or null, and media_urls is an array, for 0, 1 and 2 URLs',
    async () => {
      for (const count of [0, 1, 2]) {
        const { at, box } = createLocation()
        const urls = Array.from({ length: count }, (_, index) => `https://img.example/${index}.jpg`)
        const form = [
          ...addKey(target, { service_code: 'POTHOLE', ...at }),
          ...urls.map((url): [string, string] => ['media_url', url]),
        ]
        expectOk(await sendRequest(target, '/requests.json', {}, { form }), 'json')
        const row = first(await getRows({ bbox: box, extensions: 'true' }))
        expect(row.media_url).toBe(urls[0] ?? null)
        expect(row.extended_attributes.media_urls).toEqual(urls)
        const [record] = parseXmlRoot(
          await get(target, 'xml', '/requests', { bbox: box, extensions: 'true' }),
        ).children
        const extended = record!.children.find(({ name }) => name === 'extended_attributes')
        const listed = extended?.children.find(({ name }) => name === 'media_urls')
        expect(listed?.children.map(({ name, text }) => [name, text])).toEqual(
          urls.map((url) => ['media_url', url]),
        )
      }
    },
  )

  own(
    'GR-XML-02 GR-GEN-03 responses to POST, GET token and GET definitions have the documented roots',
    async () => {
      const getElementNames = (response: Parameters<typeof parseXmlRoot>[0]) => {
        const root = parseXmlRoot(response)
        return [root.name, ...new Set(root.children.map(({ name }) => name))]
      }
      const form = { ...INSIDE, description: createMarker() }
      for (const service_code of ['POTHOLE', 'BULK-PICKUP', 'ANON-TIP']) {
        const response = await post(target, 'xml', { ...form, service_code })
        expect(getElementNames(response)).toEqual(['service_requests', 'request'])
        const { token } = expectOne(response, 'xml')
        if (token)
          expect(getElementNames(await get(target, 'xml', `/tokens/${token}`))).toEqual([
            'service_requests',
            'request',
          ])
      }
      expect(getElementNames(await get(target, 'xml', '/definitions'))).toEqual([
        'service_definitions',
        'service_definition',
      ])
    },
  )

  own('GR-KEY-02 GR-GEN-08 refuses all changes without a valid key', async () => {
    const row = first(await getPast(target))
    const id = getText(row, 'service_request_id')
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
          const response = await sendRequest(target, path, {}, { method, form: { ...form, ...key } })
          expect([401, 403, 404, 405], describeResponse(response)).toContain(response.status)
        }
    expect((await get(target, 'json', `/requests/${id}`)).text).toBe(before)
  })

  own(
    'GR-JUR-04 GR-JUR-06 EXT-16 EXT-20 EXT-21 every extension uses jurisdiction_id, and next links contain it',
    async () => {
      const [withoutJurisdiction, here, there] = [null, HARBOURVIEW, MILLFIELD].map((id) =>
        selectJurisdiction(target, id),
      )
      const submitTo = async (at = here!) => {
        const form = { service_code: 'POTHOLE', address_string: 'Harbour Lane 3' }
        return getText(
          expectOne(await post(at, 'json', { ...form, jurisdiction_id: String(at.jurisdiction_id) }), 'json'),
          'service_request_id',
        )
      }
      const mine = [await submitTo(), await submitTo(), await submitTo()]
      const theirs = await submitTo(there)
      for (const path of ['/definitions.json', '/requests.geojson', '/requests.csv', '/requests.ndjson'])
        expectErrors(await sendRequest(withoutJurisdiction!, path), 'json', 400, /jurisdiction_id/)
      expectErrors(await sendRequest(withoutJurisdiction!, '/requests.rss'), 'xml', 400, /jurisdiction_id/)
      const getAllDefinitions = async (at = here!) => (await sendRequest(at, '/definitions.json')).text
      expect(
        [await getAllDefinitions(), await getAllDefinitions(there)].map((text) => text.includes('MILL-RACE')),
      ).toEqual([false, true])
      for (const start of [
        'cursor=first&page_size=3',
        'page=1&page_size=3',
        'sort=updated&updated_after=2020-01-01&page_size=3',
      ]) {
        const collected: string[] = []
        let next = `${here!.url}/requests.json?jurisdiction_id=${HARBOURVIEW}&${start}`
        for (let page = 0; next && page < 400; page += 1) {
          const response = await fetch(next)
          expect(response.status, next).toBe(200)
          collected.push(...getRowIds((await response.json()) as Row[]))
          const link = /<([^>]+)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1]
          next = link ? new URL(link, next).href : ''
        }
        expect(collected).toEqual(expect.arrayContaining(mine))
        expect(collected).not.toContain(theirs)
      }
    },
  )
})
