import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLog } from '../../src/log.js'
import type { Media } from '../../src/media/open-media.js'
import { databases } from '../harness/databases.js'
import * as town from '../harness/squareton.js'
import { noMedia } from '../media/no-media.js'
import { type CityClient, expectRefusal, openCityClient } from './city-client.js'

const ADA = {
  email: 'ada@planted.example',
  first_name: 'Ada Planted',
  last_name: 'Planted',
  phone: '555-planted',
  device_id: 'device-planted',
  account_id: 'account-planted',
  description: 'I am Ada Planted',
  address_string: 'Planted Lane 3',
  address_id: 'planted-3',
  media_url: ['https://planted.example/1.jpg', 'https://planted.example/2.jpg'],
}
const UPDATE = {
  email: 'bob@planted.example',
  description: 'Bob Planted saw it too',
  media_url: 'https://planted.example/3.jpg',
}

const detachWith = (detach: Media['library']['detach']): Media => ({
  ...noMedia,
  library: { ...noMedia.library, detach },
})

describe.each(databases)('$kind', ({ open }) => {
  let client: CityClient
  const detached: string[] = []
  let external = 0

  beforeAll(async () => {
    client = await openCityClient(await open(), {
      media: detachWith(async (transaction, _, urls) => {
        await sql`select 1`.execute(transaction)
        detached.push(...urls)
      }),
    })
  })
  afterAll(() => client?.database.close())

  /** Every row of every table whose text contains `word`. */
  async function findRowsWith(word: string): Promise<string[]> {
    const tables = await sql<{ name: string }>`
      select quote_ident(table_name) as name from information_schema.tables
       where table_schema = 'public' and table_type = 'BASE TABLE'`.execute(client.store)
    const matches: string[] = []
    for (const { name } of tables.rows) {
      const { rows } = await sql<{ row: string }>`
        select t::text as row from ${sql.raw(name)} as t where t::text ~* ${word}`.execute(client.store)
      matches.push(...rows.map(({ row }) => `${name}: ${row}`))
    }
    return matches
  }

  /** Files a service request with personal data, an update and status notes. */
  async function filePlanted(service_code: string): Promise<string> {
    const id = await client.file(service_code, {
      ...ADA,
      'attribute[WORDS]': 'planted words',
      'attribute[external_id]': String(++external),
    })
    await client.postForm('servicerequestupdates', {
      service_request_id: id,
      update_id: `u-${id}`,
      status: 'IN_PROGRESS',
      ...UPDATE,
    })
    await client.expectOk(client.change(id, { status_notes: 'We called Ms Planted.' }))
    return id
  }

  test.for(['ASKING', 'HOME'])(
    'EXT-43 erase removes personal data from every table: %s',
    async (service_code) => {
      const id = await filePlanted(service_code)
      const digests = await sql<{ digest: string }>`
      select encode(fingerprint, 'hex') as digest from submission where length(fingerprint) > 0`.execute(
        client.store,
      )
      expect((await findRowsWith('planted')).length).toBeGreaterThan(4)
      expect(await findRowsWith(digests.rows[0]!.digest)).toHaveLength(1)
      detached.length = 0
      const before = await client.getFull(id)

      const response = await client.requestCity(`/requests/${id}/erase`, { method: 'POST' })
      expect(await findRowsWith('planted')).toEqual([])
      for (const { digest } of digests.rows) expect(await findRowsWith(digest)).toEqual([])
      expect([...detached].sort()).toEqual([1, 2, 3].map((n) => `https://planted.example/${n}.jpg`))

      const after = await client.getFull(id)
      expect(response.headers.get('etag')).toBe(`"${after.version}"`)
      expect(after.version).toBeGreaterThan(before.version)
      expect(after).toMatchObject({
        description: null,
        status_notes: null,
        address: null,
        exact_location: null,
        media_urls: [],
        answers: {},
        reporter: null,
        // These fields stay: service, public location, date and status.
        service_code,
        lat: before.lat,
        long: before.long,
        status: before.status,
        detailed_status: before.detailed_status,
        requested_datetime: before.requested_datetime,
      })
      const trail = await client.listEvents(id)
      expect(trail.at(-1)).toMatchObject({
        kind: 'erased',
        change_type: 'change',
        key_id: 1,
        description: null,
      })
      expect(trail.map(({ kind }: { kind: string }) => kind)).toContain('status')
      expect(await client.expectOk(client.request(`/open311/v2/requests.json?q=planted`))).toEqual([])
    },
  )

  test('EXT-43 erase with place removes the location, can be repeated, and refuses a stale If-Match with 409', async () => {
    for (const service_code of ['POTHOLE', 'HOME']) {
      const id = await filePlanted(service_code)
      const erase = (body: object, headers = {}) =>
        client.requestCity(`/requests/${id}/erase`, { body, headers })
      expect(await expectRefusal(erase({}, { 'if-match': '"1"' }), 409)).toHaveLength(1)
      await client.expectOk(erase({ place: true }, { 'if-match': '*' }))
      const erased = { lat: null, long: null, areas: [] }
      expect(await client.getFull(id)).toMatchObject(erased)
      await client.expectOk(erase({ place: true }))
      await client.expectOk(erase({}))
      expect(await client.getFull(id)).toMatchObject(erased)
      expect(await client.getPublic(id)).toMatchObject({ lat: null, description: null })
    }
    expect(await findRowsWith('planted')).toEqual([])
  })

  test('EXT-43 a service request without service_request_id is erased by its number', async () => {
    await client.file('BLACK', ADA)
    const { service_requests } = await client.expectOk(
      client.requestCity('/requests?email=ADA@planted.example'),
    )
    expect(service_requests).toMatchObject([
      { service_request_id: null, service_code: 'BLACK', visibility: 'public' },
    ])
    await client.expectOk(
      client.requestCity(`/requests/${service_requests[0].number}/erase?by=number`, { body: {} }),
    )
    expect(await findRowsWith('planted')).toEqual([])
  })

  test('EXT-43 erase changes nothing if the media files cannot be detached', async () => {
    const failing = await openCityClient(client.database, {
      media: detachWith(() => Promise.reject(new Error('no disk'))),
      log: createLog('silent', { write: () => {} }),
    })
    const id = await failing.file('POTHOLE', ADA)
    const response = await failing.requestCity(`/requests/${id}/erase`, { body: {} })
    expect(response.status).toBe(500)
    expect((await client.getFull(id)).reporter).toMatchObject({ email: ADA.email })
    await client.expectOk(client.requestCity(`/requests/${id}/erase`, { body: {} }))
  })

  test('EXT-43 redact clears the named fields, also in past events, and keeps all other fields', async () => {
    const id = await filePlanted('ASKING')
    const redact = (body: object) => client.expectOk(client.requestCity(`/requests/${id}/redact`, { body }))
    await redact({ fields: ['status_notes', 'media_urls'] })
    expect(await client.getFull(id)).toMatchObject({
      status_notes: null,
      media_urls: [],
      description: ADA.description,
    })
    const texts = (await client.listEvents(id)).map((each: { description: string; media_urls: string[] }) => [
      each.description,
      each.media_urls,
    ])
    expect(texts).toEqual([
      [null, []],
      [null, [UPDATE.media_url]],
      [null, []],
      [null, []],
    ])
    await redact({ fields: ['description', 'address', 'answers', 'reporter'] })
    const { update_id } = (await client.listEvents(id)).find(({ author }: { author: unknown }) => author)
    await redact({ update_ids: [update_id] })
    expect(await findRowsWith('planted')).toEqual([])
    expect(await client.getFull(id)).toMatchObject({ lat: town.WEST.lat, reporter: null })
    expect((await client.listEvents(id)).at(-1)).toMatchObject({ kind: 'redacted', change_type: 'change' })
  })

  test('EXT-43 a PATCH with redact records an event of kind redacted; redacting an update also clears status_notes', async () => {
    const id = await filePlanted('HOME')
    await client.expectOk(client.change(id, { description: 'There is a hole.', redact: true }))
    expect((await client.listEvents(id)).at(-1)).toMatchObject({
      kind: 'redacted',
      changes: { description: true },
    })
    const { update_id } = (await client.listEvents(id)).at(-2)
    await client.expectOk(client.requestCity(`/requests/${id}/redact`, { body: { update_ids: [update_id] } }))
    expect(await client.getFull(id)).toMatchObject({ status_notes: null, description: 'There is a hole.' })
    await client.expectOk(
      client.requestCity(`/requests/${id}/redact`, { body: { fields: ['place', 'address'] } }),
    )
    expect(await client.getFull(id)).toMatchObject({
      lat: null,
      exact_location: { lat: null, address: null },
    })
  })

  test('EXT-43 an invalid redact request is refused with all its errors', async () => {
    const id = await client.file('POTHOLE')
    const refused = (body: object) =>
      expectRefusal(client.requestCity(`/requests/${id}/redact`, { body }), 400)
    expect(await refused({})).toEqual(['Nothing to redact was provided: fields or update_ids.'])
    expect(await refused({ fields: ['status'], update_ids: ['1'] })).toEqual([
      expect.stringContaining('fields.0 has to be one of description,'),
      'update_ids.0 has to be the id of an update.',
    ])
    const unknownId = '00000000-0000-4000-8000-000000000000'
    expect(await refused({ update_ids: [unknownId] })).toEqual([`update_ids: ${unknownId} was not found.`])
    expect(await expectRefusal(client.requestCity('/requests/none-0/erase', { body: {} }), 404)).toHaveLength(
      1,
    )
    const reader = await client.createKey(['read_private'])
    await expectRefusal(client.requestCity(`/requests/${id}/erase`, { body: {}, key: reader }), 403)
  })
})
