import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readCityFolders } from '../../../src/catalog/read-city-folder.js'
import type { Service } from '../../../src/standard/catalog.js'
import type { ServiceType } from '../../../src/standard/terms.js'
import { createKey } from '../../../src/store/catalog/api-keys.js'
import { loadCatalog } from '../../../src/store/catalog/load-catalog.js'
import { writeCities } from '../../../src/store/catalog/write-city.js'
import { importServiceRequests } from '../../../src/store/service-requests/import.js'
import { findServiceRequest } from '../../../src/store/service-requests/public-service-requests.js'
import type { SubmitPlan } from '../../../src/store/service-requests/submission.js'
import { submit } from '../../../src/store/service-requests/submit.js'
import { exchangeToken, listPendingTokens, resolveToken } from '../../../src/store/service-requests/tokens.js'
import { databases, type TestDatabase } from '../../harness/databases.js'
import { createListPlan, listRows } from '../list/list-rows.js'
import { createImport } from './create-import.js'

const HARBOURVIEW = { jurisdiction_id: 'harbourview.example', endpoint: 'production' } as const
const NOW = '2026-06-01T12:00:00Z'

describe.each(databases)('$kind', ({ open }) => {
  let database: TestDatabase
  let services: ReadonlyMap<string, Service>

  beforeAll(async () => {
    database = await open()
    await writeCities(database.store, await readCityFolders('fixtures/two-towns'), NOW)
    await createKey(database.store, { name: 'a', jurisdiction_id: null, scopes: ['report'], now: NOW })
    await createKey(database.store, { name: 'b', jurisdiction_id: null, scopes: ['report'], now: NOW })
    services = (await loadCatalog(database.store)).jurisdictions.get('harbourview.example')!.services
  })
  afterAll(() => database?.close())

  function plan(fields: Partial<SubmitPlan> = {}): SubmitPlan {
    const reporter = {
      email: null,
      first_name: null,
      last_name: null,
      phone: null,
      device_id: null,
      account_id: null,
    }
    return {
      ...HARBOURVIEW,
      service: services.get('POTHOLE')!,
      requested_datetime: NOW,
      expected_datetime: null,
      lat: 43.7,
      long: -70.2,
      address: null,
      address_id: null,
      description: null,
      media_urls: [],
      answers: {},
      reporter,
      key_id: 1,
      handles: [],
      fingerprint: Buffer.from('same'),
      ...fields,
    }
  }
  const submitPlan = async (fields: Partial<SubmitPlan> = {}) => {
    const submitted = await submit(database.store, plan(fields))
    if (typeof submitted === 'string') throw new Error(submitted)
    return submitted
  }
  const createService = (type: ServiceType): Service => ({ ...services.get('POTHOLE')!, type })
  const count = async (table: 'service_request' | 'reporter' | 'submission' | 'token') =>
    Number(
      (await database.store.selectFrom(table).select(sql<number>`count(*)`.as('n')).executeTakeFirstOrThrow())
        .n,
    )

  test('GR-POST-12 GR-SVC-05 A-46 a submission returns an id, a token or neither, by the type of its service', async () => {
    expect(await submitPlan({ service: createService('realtime') })).toMatchObject({
      service_request_id: expect.stringMatching(/^HV-\d+$/),
      token: null,
    })
    expect(await submitPlan({ service: createService('batch') })).toMatchObject({
      service_request_id: null,
      token: expect.stringMatching(/^[0-9a-f]{32}$/),
    })
    expect(await submitPlan({ service: createService('blackbox') })).toMatchObject({
      service_request_id: null,
      token: null,
    })
  })

  test('GR-POST-10 reporter data is stored in a separate table, and only if there is any', async () => {
    const before = await count('reporter')
    await submitPlan()
    expect(await count('reporter')).toBe(before)
    await submitPlan({ reporter: { ...plan().reporter, email: 'a@mail.example' } })
    expect(await count('reporter')).toBe(before + 1)
  })

  test('ids have the form of the jurisdiction, count by endpoint, and skip imported ones', async () => {
    const one = Number((await submitPlan()).service_request_id!.slice(3))
    await importServiceRequests(database.store, HARBOURVIEW, [
      createImport({ service_request_id: `HV-${one + 1}` }),
    ])
    expect((await submitPlan()).service_request_id).toBe(`HV-${one + 2}`)
    expect((await submitPlan({ endpoint: 'test' })).service_request_id).toBe('HV-1')
    const millfield = { jurisdiction_id: 'millfield.example', lat: null, long: null }
    // The year is that of the local time zone, Europe/London.
    expect(
      (await submitPlan({ ...millfield, requested_datetime: '2026-12-31T23:59:59Z' })).service_request_id,
    ).toBe('2026-00001')
    expect(
      (await submitPlan({ ...millfield, requested_datetime: '2027-06-01T00:00:00Z' })).service_request_id,
    ).toBe('2027-00002')
  })

  test('random ids have unambiguous characters and the length of the form', async () => {
    await database.store
      .updateTable('jurisdiction')
      .set({ service_request_id_form: 'X{random:12}' })
      .where('jurisdiction_id', '=', 'millfield.example')
      .execute()
    const ids = await Promise.all(
      Array.from({ length: 20 }, () => submitPlan({ jurisdiction_id: 'millfield.example' })),
    )
    expect(new Set(ids.map((each) => each.service_request_id)).size).toBe(20)
    for (const { service_request_id } of ids)
      expect(service_request_id).toMatch(/^X[23456789abcdefghjkmnpqrstvwxyz]{12}$/)
  })

  test('A-47 a repeated submission returns the first result, also when it is sent many times at once', async () => {
    const handles = [{ handle_type: 'Idempotency-Key' as const, handle: 'k1' }]
    const before = await count('service_request')
    const results = await Promise.all(Array.from({ length: 8 }, () => submitPlan({ handles })))
    expect(new Set(results.map((each) => each.service_request_id)).size).toBe(1)
    expect(await count('service_request')).toBe(before + 1)
    expect(await submit(database.store, plan({ handles, fingerprint: Buffer.from('other') }))).toBe(
      'handle was used for something else',
    )
    // Handles are separate by key, endpoint and jurisdiction.
    for (const other of [
      { key_id: 2 },
      { endpoint: 'test' as const },
      { jurisdiction_id: 'millfield.example' },
    ]) {
      await submitPlan({ handles, ...other, fingerprint: Buffer.from('other') })
    }
    expect(await count('service_request')).toBe(before + 4)
  })

  test('GR-POST-12 simultaneous submissions are stored in batches, each with its own result', async () => {
    const at = { jurisdiction_id: 'harbourview.example', endpoint: 'test' as const }
    const fields = Array.from(
      { length: 60 },
      (_, n): Partial<SubmitPlan> => ({
        ...at,
        description: `"${n}" \\ 'é' {x}\n`,
        service: createService((['realtime', 'batch', 'blackbox'] as const)[n % 3]!),
        key_id: n % 2 ? 1 : 2,
        lat: n % 5 ? 43.7 + n / 1000 : null,
        long: n % 5 ? -70.2 : null,
        media_urls: n % 7 ? [] : [`https://pictures.example/${n},"a"`, 'https://pictures.example/b'],
        answers: { SIZE: [`${n}`, 'x,"y"'] },
        reporter: { ...plan().reporter, email: n % 4 ? null : `${n}@mail.example` },
        handles: n % 6 ? [] : [{ handle_type: 'external_id', handle: `at once ${n}` }],
      }),
    )
    const before = await count('service_request')
    const submitted = await Promise.all(fields.map(submitPlan))
    expect(await count('service_request')).toBe(before + 60)
    for (const [n, { service_request_id, token }] of submitted.entries()) {
      const row = await database.store
        .selectFrom('service_request as r')
        .leftJoin('reporter as p', 'p.service_request', 'r.id')
        .leftJoin('token as t', 't.service_request', 'r.id')
        .leftJoin('submission as s', 's.service_request', 'r.id')
        .innerJoin('event as e', 'e.service_request', 'r.id')
        .where('r.description', '=', fields[n]!.description!)
        .select(['r.service_request_id', 'r.media_urls', 'r.answers', 'p.email', 't.token', 's.handle'])
        .select(['e.key_id', 'e.kind', sql<number | null>`st_y(r.geom)`.as('lat')])
        .executeTakeFirstOrThrow()
      expect(row).toEqual({
        service_request_id,
        token,
        lat: fields[n]!.lat,
        media_urls: fields[n]!.media_urls,
        answers: fields[n]!.answers,
        email: fields[n]!.reporter!.email,
        handle: fields[n]!.handles![0]?.handle ?? null,
        key_id: fields[n]!.key_id,
        kind: 'created',
      })
    }
  })

  test('A-23 A-24 simultaneous submissions with different types of a service are stored each by its own type', async () => {
    const types = ['batch', 'batch', 'batch', 'realtime', 'blackbox', 'batch', 'realtime'] as const
    const submitted = await Promise.all(types.map((type) => submitPlan({ service: createService(type) })))
    for (const [n, type] of types.entries()) {
      expect(submitted[n]!.service_request_id !== null).toBe(type === 'realtime')
      expect(submitted[n]!.token !== null).toBe(type === 'batch')
    }
  })

  test('of simultaneous submissions, one that cannot be stored fails alone', async () => {
    const before = await count('service_request')
    const results = await Promise.allSettled(
      Array.from({ length: 30 }, (_, n) => submitPlan(n === 20 ? { requested_datetime: 'infinity' } : {})),
    )
    expect(results.flatMap(({ status }, n) => (status === 'rejected' ? [n] : []))).toEqual([20])
    expect(await count('service_request')).toBe(before + 29)
  })

  test('GR-LIST-08 A-14 a list is newest first; of equal times, the last one to arrive is first', async () => {
    const at = { jurisdiction_id: 'harbourview.example', endpoint: 'test' as const }
    const filed = []
    for (const time of [
      '2026-06-02T00:00:00Z',
      '2026-06-03T00:00:00Z',
      '2026-06-02T00:00:00Z',
      '2026-06-02T00:00:00Z',
    ]) {
      filed.push((await submitPlan({ ...at, requested_datetime: time })).service_request_id)
    }
    const plan = createListPlan({
      ...at,
      start: '2026-06-02T00:00:00Z',
      end: '2026-06-03T00:00:00Z',
      rows: 3,
    })
    const found = await listRows(database.store, plan)
    expect(found.map((each) => each.service_request_id)).toEqual([filed[1], filed[3], filed[2]])
  })

  test('A-47 a repeated external_id returns the first result, whatever else changed', async () => {
    const handles = [{ handle_type: 'external_id' as const, handle: '77' }]
    const first = await submitPlan({ handles })
    expect(await submitPlan({ handles, fingerprint: Buffer.from('other') })).toEqual(first)
    const batch = {
      handles: [{ handle_type: 'fixmystreet_id' as const, handle: '77' }],
      service: createService('batch'),
    }
    expect((await submitPlan(batch)).token).toBe((await submitPlan(batch)).token)
  })

  test('GR-TOK-02 GR-TOK-05 A-22 a token is pending, is resolved once, and expires', async () => {
    const { token } = await submitPlan({ service: createService('batch') })
    const at = { ...HARBOURVIEW, token: token!, resolvedSince: '2026-01-01T00:00:00Z' }
    expect(await exchangeToken(database.store, at)).toEqual({ service_request_id: null })
    expect((await listPendingTokens(database.store)).map((each) => each.token)).toContain(token)
    const id = await resolveToken(database.store, { token: token!, now: NOW })
    expect(id).toMatch(/^HV-\d+$/)
    expect(await resolveToken(database.store, { token: token!, now: '2026-07-01T00:00:00Z' })).toBe(id)
    expect(await exchangeToken(database.store, at)).toEqual({ service_request_id: id })
    expect(await exchangeToken(database.store, { ...at, endpoint: 'test' })).toBeUndefined()
    expect(
      await exchangeToken(database.store, { ...at, jurisdiction_id: 'millfield.example' }),
    ).toBeUndefined()
    expect(
      await exchangeToken(database.store, { ...at, resolvedSince: '2026-06-01T12:00:01Z' }),
    ).toBeUndefined()
    expect(await resolveToken(database.store, { token: 'nothing', now: NOW })).toBeUndefined()
    const other = await submitPlan({ service: createService('batch') })
    await expect(
      resolveToken(database.store, { token: other.token!, service_request_id: id, now: NOW }),
    ).rejects.toThrow(/duplicate/)
    expect(
      await resolveToken(database.store, { token: other.token!, service_request_id: 'MINE-7', now: NOW }),
    ).toBe('MINE-7')
  })

  test('A-24 GR-ONE-05 GR-POST-17 a list has public service requests only; a moderated one is found by id without its content', async () => {
    const at = { ...HARBOURVIEW, endpoint: 'test' as const }
    const count = async () => (await listRows(database.store, createListPlan(at))).length
    const before = await count()
    const service = services.get('POTHOLE')!
    const ids = []
    for (const visibility of ['public', 'moderated', 'private'] as const)
      ids.push(
        (await submitPlan({ endpoint: 'test', description: 'said', service: { ...service, visibility } }))
          .service_request_id!,
      )
    await submitPlan({ endpoint: 'test', service: createService('batch') })
    await submitPlan({ endpoint: 'test', service: createService('blackbox') })
    expect(await count()).toBe(before + 1)
    await database.store
      .updateTable('service_request')
      .set({ status_notes: 'noted' })
      .where('service_request_id', 'in', ids)
      .execute()
    const found = await Promise.all(
      ids.map((service_request_id) => findServiceRequest(database.store, { ...at, service_request_id })),
    )
    expect(found.map((each) => each !== undefined)).toEqual([true, true, false])
    // Ids can be guessed, so a moderated service request shows its status, but no content.
    expect(found[1]).toMatchObject({
      status: 'open',
      service_code: 'POTHOLE',
      description: null,
      status_notes: null,
      lat: null,
      long: null,
    })
    expect(found[0]).toMatchObject({ description: 'said', status_notes: 'noted' })
  })
})
