import { describe, expect, test } from 'vitest'
import { encodeArgs, get, getDiscovery, sendRequest } from './client.js'
import type { PlainRecord } from './plain-record.js'
import {
  describeResponse,
  expectErrors,
  expectList,
  expectObject,
  expectOk,
  getRecords,
  getText,
  parsePlain,
  parseXmlRoot,
} from './response.js'
import { targets } from './targets.js'

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const readDiscovery = async (): Promise<PlainRecord> =>
    expectObject(await getDiscovery(target, 'xml'), 'xml')
  const getEndpoints = async () => getRecords(await readDiscovery(), 'endpoints')
  const getGeoReportEndpoints = async () =>
    (await getEndpoints()).filter((one) => String(one.specification).includes('GeoReport_v2'))

  test.for(['xml', 'json'] as const)(
    'DISC-01 DISC-02 DISC-03 serves a discovery document in %s',
    async (format) => {
      const response = await getDiscovery(target, format)
      expectOk(response, format)
      expect(response.url).toMatch(new RegExp(`/discovery\\.${format}$`))
      if (format === 'xml') expect(parseXmlRoot(response).name).toBe('discovery')
    },
  )

  own('DISC-04 serves an HTML page at the root and at the endpoint URL', async () => {
    const origin = target.own?.origin ?? ''
    for (const url of [`${origin}/`, origin, target.url, `${target.url}/`]) {
      const response = await sendRequest(
        target,
        url,
        {},
        { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } },
      )
      expect(response.status, describeResponse(response)).toBe(200)
      expect(response.headers.get('content-type') ?? '', describeResponse(response)).toMatch(
        /^text\/html; ?charset=utf-8$/i,
      )
      expect(response.text).toMatch(/<html/i)
      expect(response.text, 'the page links to discovery').toMatch(/discovery/)
    }
  })

  test.for(['xml', 'json'] as const)(
    'DISC-05 every member is present and has a value, in %s',
    async (format) => {
      const discovery = expectObject(await getDiscovery(target, format), format)
      for (const name of ['changeset', 'contact', 'key_service']) expect(discovery[name], name).toBeTruthy()
      const list = getRecords(discovery, 'endpoints')
      expect(list.length).toBeGreaterThan(0)
      for (const one of list) {
        for (const name of ['specification', 'url', 'changeset', 'type']) expect(one[name], name).toBeTruthy()
        expect(getRecords(one, 'formats').length).toBeGreaterThan(0)
      }
    },
  )

  own('DISC-05 GR-GEN-06 GR-XML-04 has the members of the standard in its order', async () => {
    const discovery = await readDiscovery()
    expect(Object.keys(discovery)).toEqual(['changeset', 'contact', 'key_service', 'endpoints'])
    for (const one of await getEndpoints())
      expect(Object.keys(one)).toEqual(['specification', 'url', 'changeset', 'type', 'formats'])
  })

  own('DISC-06 refuses other methods than GET with 405', async () => {
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const response = await sendRequest(target, `${target.discovery}.json`, {}, { method })
      expectErrors(response, 'json', 405)
      expect(response.headers.get('allow') ?? '').toMatch(/\bGET\b/)
    }
  })

  test('DISC-07 no endpoint has a later changeset than the document', async () => {
    const discovery = await readDiscovery()
    for (const one of await getEndpoints())
      expect(
        getText(one, 'changeset') <= getText(discovery, 'changeset'),
        `${one.changeset} > ${discovery.changeset}`,
      ).toBe(true)
  })

  test('DISC-07 DISC-08 A-42 changesets are past instants in UTC and whole seconds', async () => {
    for (const one of [await readDiscovery(), ...(await getEndpoints())]) {
      expect(one.changeset).toMatch(ISO)
      expect(Date.parse(getText(one, 'changeset'))).toBeLessThanOrEqual(Date.now() + 1000)
    }
  })

  own('DISC-07 GET requests do not change the changeset', async () => {
    const before = parsePlain(await getDiscovery(target, 'xml'), 'xml')
    await get(target, 'xml', '/services')
    await get(target, 'xml', '/requests')
    expect(parsePlain(await getDiscovery(target, 'xml'), 'xml')).toEqual(before)
  })

  test('DISC-09 the specification is exactly http://wiki.open311.org/GeoReport_v2', async () => {
    expect((await getEndpoints()).map((one) => one.specification)).toContain(
      'http://wiki.open311.org/GeoReport_v2',
    )
    for (const one of await getGeoReportEndpoints())
      expect(one.specification).toBe('http://wiki.open311.org/GeoReport_v2')
  })

  test('DISC-10 A-43 type is production or test', async () => {
    for (const one of await getEndpoints()) expect(['production', 'test']).toContain(one.type)
    expect((await getEndpoints()).some((one) => one.type === 'production')).toBe(true)
  })

  test('DISC-11 formats are media types and include text/xml', async () => {
    for (const one of await getGeoReportEndpoints()) {
      const formats = one.formats as string[]
      expect(formats).toContain('text/xml')
      for (const format of formats) expect(format).toMatch(/^[a-z]+\/[a-z0-9.+-]+$/)
      expect(new Set(formats).size).toBe(formats.length)
    }
  })

  test('DISC-12 A-41 the url of an endpoint is absolute, contains v2 and has no trailing slash', async () => {
    for (const one of await getGeoReportEndpoints()) {
      const url = getText(one, 'url')
      expect(url).toMatch(/^https?:\/\/[^/]+\/.*[^/]$/)
      expect(url).toContain('v2')
      expect(url).not.toMatch(/[?#]|\/\/.*\/\//)
    }
  })

  test('DISC-11 DISC-12 GR-GEN-04 every published endpoint serves every published format', async () => {
    const tail = target.jurisdiction_id ? `?${encodeArgs({ jurisdiction_id: target.jurisdiction_id })}` : ''
    for (const one of await getGeoReportEndpoints())
      for (const format of target.formats) {
        if (!(one.formats as string[]).includes(format === 'xml' ? 'text/xml' : 'application/json')) continue
        const response = await sendRequest(
          { ...target, jurisdiction_id: null },
          `${getText(one, 'url')}/services.${format}${tail}`,
        )
        expect(expectList(response, format).length).toBeGreaterThan(0)
      }
  })

  own('DISC-12 the published URLs have the paths of this server', async () => {
    const getPath = (url: unknown) => new URL(String(url)).pathname
    const all = await getGeoReportEndpoints()
    expect(all.filter((one) => one.type === 'production').map((one) => getPath(one.url))).toEqual([
      getPath(target.url),
    ])
    expect(all.filter((one) => one.type === 'test').map((one) => getPath(one.url))).toEqual([
      getPath(target.own?.testUrl),
    ])
  })

  own.for(['xml', 'json'] as const)(
    'DISC-13 A-37 serves the document at /open311/discovery and below each endpoint, in %s',
    async (format) => {
      const [above, below] = [
        await getDiscovery(target, format),
        await sendRequest(target, `${target.url}/discovery.${format}`),
      ]
      expectOk(above, format)
      expectOk(below, format)
      expect(below.text).toBe(above.text)
      expectOk(await sendRequest(target, `${target.own?.origin}/open311/discovery.${format}`), format)
      expectOk(await sendRequest(target, `${target.own?.testUrl}/discovery.${format}`), format)
      expectOk(await sendRequest(target, `${target.own?.two.url}/discovery.${format}`), format)
    },
  )

  own('DISC-14 lists a production and a test endpoint, each with two formats', async () => {
    const all = await getGeoReportEndpoints()
    expect(all.map((one) => one.type).sort()).toEqual(['production', 'test'])
    for (const one of all) expect(one.formats).toEqual(['text/xml', 'application/json'])
  })

  test('DISC-15 GR-JSON-02 JSON is one object with the content of the XML', async () => {
    const response = await getDiscovery(target, 'json')
    expect(parsePlain(response, 'json')).toEqual(parsePlain(await getDiscovery(target, 'xml'), 'xml'))
    const { endpoints } = JSON.parse(response.text) as { endpoints: { formats: unknown }[] }
    expect(Array.isArray(endpoints)).toBe(true)
    for (const { formats } of endpoints)
      expect(Array.isArray(formats) && formats.every((one) => typeof one === 'string')).toBe(true)
  })
})
