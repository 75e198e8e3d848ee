import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Row } from '../../../src/documents/document.js'
import { getServiceRequest } from '../../../src/operations/get-service-request.js'
import { getServiceRequestUpdates } from '../../../src/operations/get-service-request-updates.js'
import { getServiceRequests } from '../../../src/operations/get-service-requests.js'
import { getUpdatesOfServiceRequest } from '../../../src/operations/get-updates-of-service-request.js'
import type { Operation } from '../../../src/operations/operation.js'
import type { Jurisdiction } from '../../../src/standard/catalog.js'
import { createKey } from '../../../src/store/catalog/api-keys.js'
import { loadCatalog } from '../../../src/store/catalog/load-catalog.js'
import { writeCities } from '../../../src/store/catalog/write-city.js'
import { sequenceEvents } from '../../../src/store/events/sequence-events.js'
import { importServiceRequests } from '../../../src/store/service-requests/import.js'
import { listPendingTokens, resolveToken } from '../../../src/store/service-requests/tokens.js'
import { databases, type TestDatabase } from '../../harness/databases.js'
import * as town from '../../harness/squareton.js'
import { withStore } from '../../media/no-media.js'
import { createRequest } from '../../operations/city.js'
import { runOperation } from '../list/run-operation.js'
import {
  type ChangeContext,
  type Columns,
  changeServiceRequest,
} from '../service-requests/change-service-request.js'
import { createImport } from '../service-requests/create-import.js'
import { submitServiceRequest } from '../service-requests/submit-service-request.js'

const NOW = '2026-06-01T12:00:00Z'
const AT = town.PRODUCTION
const SERVICES = [...town.SERVICES, { service_code: 'BATCH', service_name: 'Batch', type: 'batch' }]
const day = (number: number) => `2026-06-0${number}T12:00:00Z`

describe.each(databases)('$kind', ({ open }) => {
  let database: TestDatabase
  let city: Jurisdiction
  const store = () => database.store
  const file = (code: string, fields = {}) =>
    submitServiceRequest(store(), { ...AT, service: city.services.get(code)!, ...fields })
  const change = (
    service_request_id: string,
    now: string,
    set: Columns,
    context: Partial<ChangeContext> = {},
  ) => changeServiceRequest(store(), { ...AT, service_request_id }, set, { now, ...context })
  const readOne = async (operation: Operation, id: string) => {
    const { value } = await operation.query(
      operation.plan({ ...createRequest({ extensions: 'true' }, city), id }),
      withStore(store()),
    )
    return value as Row[]
  }
  const listUpdates = (id: string) => readOne(getUpdatesOfServiceRequest, id)
  const readAttributes = async (id: string) => {
    const [{ extended_attributes }] = (await readOne(getServiceRequest, id)) as [
      { extended_attributes: Row & { notes: Row[] } },
    ]
    return extended_attributes
  }
  const list = async (args: Record<string, string>) =>
    (await runOperation(getServiceRequests, store(), city, { start_date: NOW, ...args })).rows
  const getIds = (rows: Row[]) => rows.map((row) => row.service_request_id)

  beforeAll(async () => {
    database = await open()
    await writeCities(store(), [await town.readTown({ services: SERVICES })], NOW)
    city = (await loadCatalog(store())).jurisdictions.get(town.SQUARETON)!
    await createKey(store(), { name: 'a', jurisdiction_id: null, scopes: ['report'], now: NOW })
  })
  afterAll(() => database?.close())

  test('EXT-34 notes list the history of a service request, the same alone and in a list, with status names of the city', async () => {
    const id = await file('POTHOLE', { description: 'deep' })
    await change(id, day(2), { detailed_status: 'in_progress' })
    await change(id, day(3), {}, { kind: 'noted', description: 'A crew was there.' })
    await change(id, day(4), { agency_responsible: 'Bridges' })
    await change(id, day(4), { agency_responsible: null })
    await change(id, day(5), { service_code: 'CRACK' })
    await change(id, day(5), { media_urls: ['https://city.example/1.jpg'] })
    await change(id, day(6), { status: 'closed', detailed_status: 'fixed', status_notes: 'Filled.' })
    await change(id, day(7), { status: 'open', detailed_status: null, status_notes: null })
    await change(id, day(8), { status: 'closed', closing_reason: 'done' })
    const notes = [
      ['submitted', NOW, 'Submitted', null],
      ['activity', day(2), 'In progress', null],
      ['activity', day(3), 'Update', 'A crew was there.'],
      ['activity', day(4), 'Assigned to Bridges', null],
      ['activity', day(4), 'Assigned to nobody', null],
      ['activity', day(5), 'Now Crack', null],
      ['activity', day(5), 'Media', null],
      ['closed', day(6), 'Fixed', 'Filled.'],
      ['opened', day(7), 'Reopened', null],
      ['closed', day(8), 'Closed', null],
    ].map(([type, datetime, summary, description]) => ({ datetime, type, summary, description }))
    const attributes = await readAttributes(id)
    expect(attributes).toMatchObject({ detailed_status: null, closing_reason: 'done', notes })
    for (const args of [{}, { service_request_id: id }, { sort: 'updated_datetime', cursor: 'first' }])
      expect((await list({ extensions: 'true', ...args }))[0]!.extended_attributes).toEqual(attributes)
    const plain = await list({})
    expect(plain[0]).not.toHaveProperty('notes')
  })

  test('EXT-34 updates of one service request are listed oldest first, in the format of FixMyStreet', async () => {
    const id = await file('POTHOLE')
    expect(await listUpdates(id)).toEqual([])
    await change(id, day(3), { detailed_status: 'planned' })
    // An update that arrives later than its datetime.
    await change(
      id,
      day(3),
      {},
      { kind: 'noted', datetime: day(2), description: 'Bad!', media_urls: ['https://a/1', 'https://a/2'] },
    )
    await change(id, day(4), { agency_responsible: 'Bridges' })
    await change(id, day(5), { status: 'closed', detailed_status: null })
    const shared = { service_request_id: id, update_id: expect.stringMatching(/^[0-9a-f-]{36}$/) }
    const updates = await listUpdates(id)
    expect(updates).toEqual([
      {
        ...shared,
        status: 'planned',
        updated_datetime: day(2),
        description: 'Bad!',
        media_url: 'https://a/1',
      },
      { ...shared, status: 'planned', updated_datetime: day(3), description: null, media_url: null },
      { ...shared, status: 'closed', updated_datetime: day(5), description: null, media_url: null },
    ])
    expect(new Set(updates.map((each) => each.update_id)).size).toBe(3)
  })

  /** Inserts an update for each of `lengths`: its number, padded to that length. */
  const insertUpdates = async (id: string, lengths: string, endpoint: 'production' | 'test') => {
    await sql`
      insert into event (service_request, jurisdiction_id, endpoint, kind, change_type, datetime, status, description)
      select r.id, r.jurisdiction_id, r.endpoint, 'noted', 'change', ${day(2)}::timestamptz + n / 2 * interval '1 second', 'open',
             n || repeat('x', length - length(n::text))
        from service_request as r, unnest(${sql.raw(lengths)}) with ordinality as said (length, n)
       where r.service_request_id = ${id} and r.endpoint = ${endpoint}
       order by n`.execute(store())
  }

  test('EXT-34 a long list of updates returns the newest page, and prev links lead to all older ones', async () => {
    const crawl = async (id: string) => {
      const pages: Row[][] = []
      for (let args: Record<string, string> | null = {}; args; ) {
        const plan = getUpdatesOfServiceRequest.plan({ ...createRequest(args, city), id })
        const { value, headers } = await getUpdatesOfServiceRequest.query(plan, withStore(store()))
        pages.push(value as Row[])
        const query = /^<\?(.*)>; rel="prev"$/.exec(headers?.link ?? '')?.[1]
        args = query === undefined ? null : Object.fromEntries(new URLSearchParams(query))
      }
      const numbers = pages
        .toReversed()
        .flatMap((page) => page.map((each) => parseInt(String(each.description), 10)))
      expect(numbers).toEqual(numbers.map((_, index) => index + 1))
      return pages.map((page) => page.length)
    }
    const [many, long, longer, few] = [
      await file('POTHOLE'),
      await file('POTHOLE'),
      await file('POTHOLE'),
      await file('POTHOLE'),
    ]
    await insertUpdates(many, 'array_fill(10, array[2100])', 'production')
    expect(await crawl(many)).toEqual([1000, 1000, 100])
    await insertUpdates(long, 'array_fill(4000, array[600])', 'production')
    expect(await crawl(long)).toEqual([250, 250, 100])
    await insertUpdates(longer, 'array[10, 2000000, 2000000, 10]', 'production')
    expect(await crawl(longer)).toEqual([1, 1, 1, 1])
    await insertUpdates(few, 'array_fill(1000, array[1000])', 'production')
    expect(await crawl(few)).toEqual([1000])
    expect(() =>
      getUpdatesOfServiceRequest.plan({ ...createRequest({ before: 'x' }, city), id: few }),
    ).toThrow(expect.objectContaining({ status: 400 }))
  })

  test('EXT-32 a period with more updates than fit into a response is refused, not cut', async () => {
    const id = await file('POTHOLE', { endpoint: 'test' })
    const [from, to] = [-1, 1].map((hours) => new Date(Date.now() + hours * 3_600_000).toISOString())
    const listPeriod = async () => {
      while ((await sequenceEvents(store())) > 0);
      const period = { start_date: from!, end_date: to! }
      return (await runOperation(getServiceRequestUpdates, store(), city, period, 'test')).rows
    }
    const clear = () =>
      store().deleteFrom('event').where('endpoint', '=', 'test').where('kind', '=', 'noted').execute()
    const refused = { status: 400, broken: [{ description: expect.stringContaining('4000000 bytes') }] }
    await insertUpdates(id, 'array_fill(4000, array[1000])', 'test')
    const updates = await listPeriod()
    expect(updates).toHaveLength(1000)
    expect(Object.keys(updates[0]!).sort()).toEqual([
      'description',
      'fixmystreet_id',
      'media_url',
      'service_request_id',
      'status',
      'update_id',
      'updated_datetime',
    ])
    await insertUpdates(id, 'array[1]', 'test')
    await expect(listPeriod()).rejects.toMatchObject(refused)
    await clear()
    await insertUpdates(id, 'array[5000000]', 'test')
    expect(await listPeriod()).toHaveLength(1)
    await insertUpdates(id, 'array[1, 1]', 'test')
    await expect(listPeriod()).rejects.toMatchObject(refused)
    await clear()
    await insertUpdates(id, 'array_fill(10, array[10000])', 'test')
    expect(await listPeriod()).toHaveLength(10_000)
    await insertUpdates(id, 'array[1]', 'test')
    await expect(listPeriod()).rejects.toMatchObject(refused)
    await clear()
  })

  test('EXT-34 A-61 updates made while a service request was not public stay hidden; a moderated one has no history', async () => {
    const id = await file('CARE')
    await change(id, day(2), {}, { kind: 'noted', description: 'planted' })
    await change(id, day(2), { status: 'closed', status_notes: 'Was already done.' })
    expect((await readAttributes(id)).notes).toEqual([])
    await expect(listUpdates(id)).rejects.toMatchObject({ status: 404 })
    await change(id, day(3), { visibility: 'public', duplicate_of: null })
    // The closing is visible after publication, although it happened before.
    expect((await readAttributes(id)).notes).toEqual([
      { datetime: NOW, type: 'submitted', summary: 'Submitted', description: null },
      { datetime: day(2), type: 'closed', summary: 'Closed', description: 'Was already done.' },
    ])
    expect(await listUpdates(id)).toEqual([])
    await change(id, day(4), {}, { kind: 'noted', description: 'Seen.' })
    expect(await listUpdates(id)).toMatchObject([{ description: 'Seen.' }])
    for (const visibility of ['moderated', 'private'] as const) {
      await change(id, day(5), { visibility })
      await expect(listUpdates(id)).rejects.toMatchObject({ status: 404 })
    }
    await expect(listUpdates('nobody knows')).rejects.toMatchObject({ status: 404 })
  })

  test('EXT-34 notes of a closed import include its closing; notes of a resolved token include its opening', async () => {
    const closed = {
      status: 'closed',
      closed_datetime: day(2),
      status_notes: 'Old.',
      updated_datetime: day(3),
    } as const
    await importServiceRequests(store(), AT, [createImport({ service_request_id: 'I-1', ...closed })])
    expect((await readAttributes('I-1')).notes).toMatchObject([
      { type: 'submitted' },
      { type: 'closed', datetime: day(2), description: 'Old.' },
    ])
    await file('BATCH')
    const [pending] = await listPendingTokens(store())
    const resolved = await resolveToken(store(), { token: pending!.token, now: day(2) })
    expect((await readAttributes(resolved!)).notes).toMatchObject([
      { type: 'submitted', datetime: NOW },
      { type: 'opened', datetime: day(2), summary: 'Opened' },
    ])
  })

  test('EXT-34 notes have the newest 100 entries of a long history, and the list of updates has all', async () => {
    const id = await file('POTHOLE')
    for (let number = 1; number <= 103; number++)
      await change(id, day(2), {}, { kind: 'noted', description: `${number}` })
    const { notes } = await readAttributes(id)
    expect(notes.map((note) => note.description)).toEqual([
      null,
      ...Array.from({ length: 100 }, (_, index) => `${index + 4}`),
    ])
    expect(await listUpdates(id)).toHaveLength(103)
  })

  test('EXT-30 detailed_status filters by statuses in any letter case, also by plain open and closed', async () => {
    const ids: Record<string, string> = {}
    for (const [word, set] of Object.entries({
      plain: {},
      planned: { detailed_status: 'planned' },
      fixed: { status: 'closed', detailed_status: 'fixed' },
      closed: { status: 'closed' },
      hidden: { detailed_status: 'planned', visibility: 'private' },
    } as const)) {
      ids[word] = await file('NOISE')
      await change(ids[word], day(2), set)
    }
    const find = async (args: Record<string, string>) =>
      getIds(await list({ service_code: 'NOISE', ...args }))
    expect(await find({ detailed_status: 'planned' })).toEqual([ids.planned])
    expect(await find({ detailed_status: 'Planned, FIXED' })).toEqual([ids.fixed, ids.planned])
    expect(await find({ detailed_status: 'open' })).toEqual([ids.plain])
    expect(await find({ detailed_status: 'open,closed' })).toEqual([ids.closed, ids.plain])
    expect(await find({ detailed_status: 'closed,planned' })).toEqual([ids.closed, ids.planned])
    expect(await find({ detailed_status: 'planned', status: 'closed' })).toEqual([])
    expect(await find({ detailed_status: 'cancelled' })).toEqual([])
    expect((await readAttributes(ids.planned!)).detailed_status).toBe('planned')
    await expect(find({ detailed_status: 'planned,painted' })).rejects.toMatchObject({
      broken: [{ rule: 'EXT-30', status: 400, description: expect.stringContaining('painted') }],
    })
  })
})
