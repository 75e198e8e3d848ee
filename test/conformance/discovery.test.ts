import { describe, expect, test } from 'vitest'
import { about, expectErrors, expectOk, listOf, objectOf, plain, recordsIn, rootOf, word } from './answer.js'
import { call, discover, encode, get } from './client.js'
import type { PlainRecord } from './same-record.js'
import { targets } from './targets.js'

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const read = async (): Promise<PlainRecord> => objectOf(await discover(target, 'xml'), 'xml')
  const endpoints = async () => recordsIn(await read(), 'endpoints')
  const georeport = async () =>
    (await endpoints()).filter((one) => String(one.specification).includes('GeoReport_v2'))

  test.for(['xml', 'json'] as const)(
    'DISC-01 DISC-02 DISC-03 there is a discovery document in %s',
    async (format) => {
      const answer = await discover(target, format)
      expectOk(answer, format)
      expect(answer.url).toMatch(new RegExp(`/discovery\\.${format}$`))
      if (format === 'xml') expect(rootOf(answer).name).toBe('discovery')
    },
  )

  own('DISC-04 people find HTML at the root and at the bare endpoint', async () => {
    const origin = target.own?.origin ?? ''
    for (const url of [`${origin}/`, origin, target.url, `${target.url}/`]) {
      const answer = await call(
        target,
        url,
        {},
        { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } },
      )
      expect(answer.status, about(answer)).toBe(200)
      expect(answer.headers.get('content-type') ?? '', about(answer)).toMatch(/^text\/html; ?charset=utf-8$/i)
      expect(answer.text).toMatch(/<html/i)
      expect(answer.text, 'the page tells where discovery is').toMatch(/discovery/)
    }
  })

  test.for(['xml', 'json'] as const)('DISC-05 every member is there and filled, in %s', async (format) => {
    const discovery = objectOf(await discover(target, format), format)
    for (const name of ['changeset', 'contact', 'key_service']) expect(discovery[name], name).toBeTruthy()
    const list = recordsIn(discovery, 'endpoints')
    expect(list.length).toBeGreaterThan(0)
    for (const one of list) {
      for (const name of ['specification', 'url', 'changeset', 'type']) expect(one[name], name).toBeTruthy()
      expect(recordsIn(one, 'formats').length).toBeGreaterThan(0)
    }
  })

  own('DISC-05 GR-GEN-06 GR-XML-04 the members are those of the standard, in its order', async () => {
    const discovery = await read()
    expect(Object.keys(discovery)).toEqual(['changeset', 'contact', 'key_service', 'endpoints'])
    for (const one of await endpoints())
      expect(Object.keys(one)).toEqual(['specification', 'url', 'changeset', 'type', 'formats'])
  })

  own('DISC-06 the document is read-only', async () => {
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const answer = await call(target, `${target.discovery}.json`, {}, { method })
      expectErrors(answer, 'json', 405)
      expect(answer.headers.get('allow') ?? '').toMatch(/\bGET\b/)
    }
  })

  test('DISC-07 changesets sort, and no endpoint changed after the document', async () => {
    const discovery = await read()
    for (const one of await endpoints())
      expect(
        word(one, 'changeset') <= word(discovery, 'changeset'),
        `${one.changeset} > ${discovery.changeset}`,
      ).toBe(true)
  })

  test('DISC-07 DISC-08 A-42 changesets are instants of the past, to the second, in UTC', async () => {
    for (const one of [await read(), ...(await endpoints())]) {
      expect(one.changeset).toMatch(ISO)
      expect(Date.parse(word(one, 'changeset'))).toBeLessThanOrEqual(Date.now() + 1000)
    }
  })

  own('DISC-07 a question in between does not move the changeset', async () => {
    const before = plain(await discover(target, 'xml'), 'xml')
    await get(target, 'xml', '/services')
    await get(target, 'xml', '/requests')
    expect(plain(await discover(target, 'xml'), 'xml')).toEqual(before)
  })

  test('DISC-09 the specification is exactly http://wiki.open311.org/GeoReport_v2', async () => {
    expect((await endpoints()).map((one) => one.specification)).toContain(
      'http://wiki.open311.org/GeoReport_v2',
    )
    for (const one of await georeport())
      expect(one.specification).toBe('http://wiki.open311.org/GeoReport_v2')
  })

  test('DISC-10 A-43 type is production or test', async () => {
    for (const one of await endpoints()) expect(['production', 'test']).toContain(one.type)
    expect((await endpoints()).some((one) => one.type === 'production')).toBe(true)
  })

  test('DISC-11 formats are media types and text/xml is among them', async () => {
    for (const one of await georeport()) {
      const formats = one.formats as string[]
      expect(formats).toContain('text/xml')
      for (const format of formats) expect(format).toMatch(/^[a-z]+\/[a-z0-9.+-]+$/)
      expect(new Set(formats).size).toBe(formats.length)
    }
  })

  test('DISC-12 A-41 the url of an endpoint is absolute, has no trailing slash and says v2', async () => {
    for (const one of await georeport()) {
      const url = word(one, 'url')
      expect(url).toMatch(/^https?:\/\/[^/]+\/.*[^/]$/)
      expect(url).toContain('v2')
      expect(url).not.toMatch(/[?#]|\/\/.*\/\//)
    }
  })

  test('DISC-11 DISC-12 GR-GEN-04 every announced endpoint answers in every announced format', async () => {
    const tail = target.jurisdiction_id ? `?${encode({ jurisdiction_id: target.jurisdiction_id })}` : ''
    for (const one of await georeport())
      for (const format of target.formats) {
        if (!(one.formats as string[]).includes(format === 'xml' ? 'text/xml' : 'application/json')) continue
        const answer = await call(
          { ...target, jurisdiction_id: null },
          `${word(one, 'url')}/services.${format}${tail}`,
        )
        expect(listOf(answer, format).length).toBeGreaterThan(0)
      }
  })

  own('DISC-12 the published addresses are those of this server', async () => {
    const path = (url: unknown) => new URL(String(url)).pathname
    const all = await georeport()
    expect(all.filter((one) => one.type === 'production').map((one) => path(one.url))).toEqual([
      path(target.url),
    ])
    expect(all.filter((one) => one.type === 'test').map((one) => path(one.url))).toEqual([
      path(target.own?.testUrl),
    ])
  })

  own.for(['xml', 'json'] as const)(
    'DISC-13 A-37 the document is at its own address and below the endpoint, in %s',
    async (format) => {
      const [above, below] = [
        await discover(target, format),
        await call(target, `${target.url}/discovery.${format}`),
      ]
      expectOk(above, format)
      expectOk(below, format)
      expect(below.text).toBe(above.text)
      expectOk(await call(target, `${target.own?.origin}/open311/discovery.${format}`), format)
      expectOk(await call(target, `${target.own?.testUrl}/discovery.${format}`), format)
      expectOk(await call(target, `${target.own?.two.url}/discovery.${format}`), format)
    },
  )

  own('DISC-14 there is a production and a test endpoint, each with two formats', async () => {
    const all = await georeport()
    expect(all.map((one) => one.type).sort()).toEqual(['production', 'test'])
    for (const one of all) expect(one.formats).toEqual(['text/xml', 'application/json'])
  })

  test('DISC-15 GR-JSON-02 the JSON is one object with the same content', async () => {
    const answer = await discover(target, 'json')
    expect(plain(answer, 'json')).toEqual(plain(await discover(target, 'xml'), 'xml'))
    const { endpoints } = JSON.parse(answer.text) as { endpoints: { formats: unknown }[] }
    expect(Array.isArray(endpoints)).toBe(true)
    for (const { formats } of endpoints)
      expect(Array.isArray(formats) && formats.every((one) => typeof one === 'string')).toBe(true)
  })
})
