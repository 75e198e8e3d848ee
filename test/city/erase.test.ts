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
const SPOKEN = {
  email: 'bob@planted.example',
  description: 'Bob Planted saw it too',
  media_url: 'https://planted.example/3.jpg',
}

const forgettingBy = (forget: Media['library']['detach']): Media => ({
  ...noMedia,
  library: { ...noMedia.library, detach: forget },
})

describe.each(databases)('$kind', ({ open }) => {
  let desk: CityClient
  const forgotten: string[] = []
  let external = 0

  beforeAll(async () => {
    desk = await openCityClient(await open(), {
      media: forgettingBy(async (transaction, _, urls) => {
        await sql`select 1`.execute(transaction)
        forgotten.push(...urls)
      }),
    })
  })
  afterAll(() => desk?.database.close())

  /** Every row of every table as text, in which `word` is. */
  async function rowsWith(word: string): Promise<string[]> {
    const tables = await sql<{ name: string }>`
      select quote_ident(table_name) as name from information_schema.tables
       where table_schema = 'public' and table_type = 'BASE TABLE'`.execute(desk.store)
    const found: string[] = []
    for (const { name } of tables.rows) {
      const { rows } = await sql<{ row: string }>`
        select t::text as row from ${sql.raw(name)} as t where t::text ~* ${word}`.execute(desk.store)
      found.push(...rows.map(({ row }) => `${name}: ${row}`))
    }
    return found
  }

  /** Files something about Ada, with an update, a note and a correction. */
  async function planted(service_code: string): Promise<string> {
    const id = await desk.file(service_code, {
      ...ADA,
      'attribute[WORDS]': 'planted words',
      'attribute[external_id]': String(++external),
    })
    await desk.form('servicerequestupdates', {
      service_request_id: id,
      update_id: `u-${id}`,
      status: 'IN_PROGRESS',
      ...SPOKEN,
    })
    await desk.good(desk.change(id, { status_notes: 'We called Ms Planted.' }))
    return id
  }

  test.for(['ASKING', 'HOME'])(
    'EXT-43 erase removes personal data from every table: %s',
    async (service_code) => {
      const id = await planted(service_code)
      const digests = await sql<{ digest: string }>`
      select encode(fingerprint, 'hex') as digest from submission where length(fingerprint) > 0`.execute(
        desk.store,
      )
      expect((await rowsWith('planted')).length).toBeGreaterThan(4)
      expect(await rowsWith(digests.rows[0]!.digest)).toHaveLength(1)
      forgotten.length = 0
      const before = await desk.show(id)

      const answer = await desk.city(`/requests/${id}/erase`, { method: 'POST' })
      expect(await rowsWith('planted')).toEqual([])
      for (const { digest } of digests.rows) expect(await rowsWith(digest)).toEqual([])
      expect([...forgotten].sort()).toEqual([1, 2, 3].map((n) => `https://planted.example/${n}.jpg`))

      const after = await desk.show(id)
      expect(answer.headers.get('etag')).toBe(`"${after.version}"`)
      expect(after.version).toBeGreaterThan(before.version)
      expect(after).toMatchObject({
        description: null,
        status_notes: null,
        address: null,
        exact_location: null,
        media_urls: [],
        answers: {},
        reporter: null,
        // What stays: what, where as the public saw it, when, and its status.
        service_code,
        lat: before.lat,
        long: before.long,
        status: before.status,
        detailed_status: before.detailed_status,
        requested_datetime: before.requested_datetime,
      })
      const trail = await desk.trail(id)
      expect(trail.at(-1)).toMatchObject({
        kind: 'erased',
        change_type: 'change',
        key_id: 1,
        description: null,
      })
      expect(trail.map(({ kind }: { kind: string }) => kind)).toContain('status')
      expect(await desk.good(desk.ask(`/open311/v2/requests.json?q=planted`))).toEqual([])
    },
  )

  test('EXT-43 erase with place removes the location, can be repeated, and refuses a stale If-Match with 409', async () => {
    for (const service_code of ['POTHOLE', 'HOME']) {
      const id = await planted(service_code)
      const erase = (body: object, headers = {}) => desk.city(`/requests/${id}/erase`, { body, headers })
      expect(await expectRefusal(erase({}, { 'if-match': '"1"' }), 409)).toHaveLength(1)
      await desk.good(erase({ place: true }, { 'if-match': '*' }))
      const gone = { lat: null, long: null, areas: [] }
      expect(await desk.show(id)).toMatchObject(gone)
      await desk.good(erase({ place: true }))
      await desk.good(erase({}))
      expect(await desk.show(id)).toMatchObject(gone)
      expect(await desk.read(id)).toMatchObject({ lat: null, description: null })
    }
    expect(await rowsWith('planted')).toEqual([])
  })

  test('EXT-43 a service request without service_request_id is erased by its number', async () => {
    await desk.file('BLACK', ADA)
    const { service_requests } = await desk.good(desk.city('/requests?email=ADA@planted.example'))
    expect(service_requests).toMatchObject([
      { service_request_id: null, service_code: 'BLACK', visibility: 'public' },
    ])
    await desk.good(desk.city(`/requests/${service_requests[0].number}/erase?by=number`, { body: {} }))
    expect(await rowsWith('planted')).toEqual([])
  })

  test('EXT-43 erase changes nothing if the media files cannot be detached', async () => {
    const stubborn = await openCityClient(desk.database, {
      media: forgettingBy(() => Promise.reject(new Error('no disk'))),
      log: createLog('silent', { write: () => {} }),
    })
    const id = await stubborn.file('POTHOLE', ADA)
    const answer = await stubborn.city(`/requests/${id}/erase`, { body: {} })
    expect(answer.status).toBe(500)
    expect((await desk.show(id)).reporter).toMatchObject({ email: ADA.email })
    await desk.good(desk.city(`/requests/${id}/erase`, { body: {} }))
  })

  test('EXT-43 redact clears the named fields, also in past events, and keeps all other fields', async () => {
    const id = await planted('ASKING')
    const redact = (body: object) => desk.good(desk.city(`/requests/${id}/redact`, { body }))
    await redact({ fields: ['status_notes', 'media_urls'] })
    expect(await desk.show(id)).toMatchObject({
      status_notes: null,
      media_urls: [],
      description: ADA.description,
    })
    const said = (await desk.trail(id)).map((each: { description: string; media_urls: string[] }) => [
      each.description,
      each.media_urls,
    ])
    expect(said).toEqual([
      [null, []],
      [null, [SPOKEN.media_url]],
      [null, []],
      [null, []],
    ])
    await redact({ fields: ['description', 'address', 'answers', 'reporter'] })
    const { update_id } = (await desk.trail(id)).find(({ author }: { author: unknown }) => author)
    await redact({ update_ids: [update_id] })
    expect(await rowsWith('planted')).toEqual([])
    expect(await desk.show(id)).toMatchObject({ lat: town.WEST.lat, reporter: null })
    expect((await desk.trail(id)).at(-1)).toMatchObject({ kind: 'redacted', change_type: 'change' })
  })

  test('EXT-43 a PATCH with redact records an event of kind redacted; redacting an update also clears status_notes', async () => {
    const id = await planted('HOME')
    await desk.good(desk.change(id, { description: 'There is a hole.', redact: true }))
    expect((await desk.trail(id)).at(-1)).toMatchObject({ kind: 'redacted', changes: { description: true } })
    const { update_id } = (await desk.trail(id)).at(-2)
    await desk.good(desk.city(`/requests/${id}/redact`, { body: { update_ids: [update_id] } }))
    expect(await desk.show(id)).toMatchObject({ status_notes: null, description: 'There is a hole.' })
    await desk.good(desk.city(`/requests/${id}/redact`, { body: { fields: ['place', 'address'] } }))
    expect(await desk.show(id)).toMatchObject({ lat: null, exact_location: { lat: null, address: null } })
  })

  test('EXT-43 an invalid redact request is refused with all its errors', async () => {
    const id = await desk.file('POTHOLE')
    const refused = (body: object) => expectRefusal(desk.city(`/requests/${id}/redact`, { body }), 400)
    expect(await refused({})).toEqual(['Nothing to redact was provided: fields or update_ids.'])
    expect(await refused({ fields: ['status'], update_ids: ['1'] })).toEqual([
      expect.stringContaining('fields.0 has to be one of description,'),
      'update_ids.0 has to be the id of an update.',
    ])
    const nobody = '00000000-0000-4000-8000-000000000000'
    expect(await refused({ update_ids: [nobody] })).toEqual([`update_ids: ${nobody} was not found.`])
    expect(await expectRefusal(desk.city('/requests/none-0/erase', { body: {} }), 404)).toHaveLength(1)
    const reader = await desk.newKey(['read_private'])
    await expectRefusal(desk.city(`/requests/${id}/erase`, { body: {}, key: reader }), 403)
  })
})
