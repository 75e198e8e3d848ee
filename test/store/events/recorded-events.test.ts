import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { importServiceRequests } from '../../../src/store/service-requests/import.js'
import { resolveToken } from '../../../src/store/service-requests/tokens.js'
import { databases } from '../../harness/databases.js'
import { openBeforeTests } from '../../harness/open-before-tests.js'
import * as town from '../../harness/squareton.js'
import { LATER, NOW, SERVICES, storeTown } from '../../harness/stored-squareton.js'
import { createImport } from '../service-requests/create-import.js'

describe.each(databases)('$kind', ({ open }) => {
  const squareton = openBeforeTests(open, ({ store }) => storeTown(store))
  const hideNoise = (now: string) =>
    squareton.load(
      SERVICES.map((each) => (each.service_code === 'NOISE' ? { ...each, visibility: 'private' } : each)),
      now,
    )

  test('EXT-28 a submission records an event with its key', async () => {
    const id = await squareton.file('POTHOLE', { ...town.WEST, description: 'deep' })
    expect(await squareton.listEvents(id)).toEqual([
      {
        kind: 'created',
        change_type: 'create',
        datetime: NOW,
        key_id: 1,
        status: 'open',
        detailed_status: null,
        description: null,
        changes: {},
      },
    ])
  })

  test('EXT-28 every change records one event, also a change by plain SQL, without the text of descriptions', async () => {
    const id = await squareton.file('POTHOLE', { ...town.WEST, description: 'deep' })
    await squareton.change(
      id,
      { status: 'closed', detailed_status: 'fixed', status_notes: 'Filled.' },
      { key_id: 1 },
    )
    await squareton.change(id, {}, { kind: 'noted', description: 'Thanks!' })
    await squareton.change(id, {})
    await squareton.change(id, { status: 'open' })
    await sql`update service_request set agency_responsible = 'Bridges', description = 'secret' where service_request_id = ${id}`.execute(
      squareton.store,
    )
    const events = await squareton.listEvents(id)
    expect(events.slice(1)).toMatchObject([
      {
        kind: 'closed',
        change_type: 'change',
        datetime: LATER,
        key_id: 1,
        status: 'closed',
        detailed_status: 'fixed',
        description: 'Filled.',
        changes: {
          status: 'closed',
          detailed_status: 'fixed',
          status_notes: true,
          closed_datetime: expect.stringContaining('2026-06-02'),
        },
      },
      { kind: 'noted', description: 'Thanks!', changes: {} },
      { kind: 'reopened', status: 'open', changes: { status: 'open', closed_datetime: null } },
      { kind: 'assigned', changes: { agency_responsible: 'Bridges', description: true } },
    ])
    expect(JSON.stringify(events)).not.toContain('secret')
  })

  test('EXT-28 an empty change records no event; an update records an event with an update_id and a new version', async () => {
    const id = await squareton.file('POTHOLE')
    const readVersion = async () =>
      squareton.store
        .selectFrom('service_request')
        .where('service_request_id', '=', id)
        .select('version')
        .executeTakeFirstOrThrow()
    await squareton.change(id, {})
    expect(await squareton.listEvents(id)).toHaveLength(1)
    const { version } = await readVersion()
    const noted = await squareton.change(id, {}, { kind: 'noted', description: 'x' })
    expect(await squareton.listEvents(id)).toHaveLength(2)
    expect(noted.update_id).toMatch(/^[0-9a-f-]{36}$/)
    expect((await readVersion()).version).toBeGreaterThan(version)
  })

  test('EXT-28 imports, resolved tokens and hidden services record events', async () => {
    await importServiceRequests(squareton.store, town.PRODUCTION, [
      createImport({ service_request_id: 'I-1' }),
    ])
    await importServiceRequests(squareton.store, town.PRODUCTION, [
      createImport({ service_request_id: 'I-1' }),
    ])
    await importServiceRequests(squareton.store, town.PRODUCTION, [
      createImport({ service_request_id: 'I-1', status: 'closed', updated_datetime: LATER }),
    ])
    expect(await squareton.listEvents('I-1')).toMatchObject([
      { kind: 'created', change_type: 'create' },
      { kind: 'closed', change_type: 'change', datetime: LATER },
    ])

    await squareton.file('BATCH')
    const { token } = await squareton.store.selectFrom('token').select('token').executeTakeFirstOrThrow()
    const resolved = await resolveToken(squareton.store, { token, now: LATER })
    expect(await squareton.listEvents(resolved!)).toMatchObject([
      { kind: 'created', change_type: null },
      { kind: 'resolved', change_type: 'create' },
    ])

    const noise = await squareton.file('NOISE')
    await hideNoise(NOW)
    expect(await squareton.listEvents(noise)).toMatchObject([
      { kind: 'created' },
      { kind: 'hidden', change_type: 'tombstone' },
    ])
    await squareton.change(noise, { visibility: 'public' })
    expect((await squareton.listEvents(noise)).at(-1)).toMatchObject({
      kind: 'published',
      change_type: 'create',
    })
    await squareton.load(SERVICES)
  })

  test('EXT-28 A-44 hiding a service changes its existing service requests', async () => {
    const id = await squareton.file('NOISE')
    await hideNoise(LATER)
    const { rows } =
      await sql`select visibility, updated_datetime from service_request where service_request_id = ${id}`.execute(
        squareton.store,
      )
    expect(rows).toEqual([{ visibility: 'private', updated_datetime: LATER }])
    expect((await squareton.listEvents(id)).at(-1)).toMatchObject({
      kind: 'hidden',
      change_type: 'tombstone',
      datetime: LATER,
    })
  })

  test('EXT-28 EXT-42 reopening clears detailed_status, closing_reason and duplicate_of, also by plain SQL', async () => {
    const [id, other] = [await squareton.file('POTHOLE'), await squareton.file('POTHOLE')]
    const original = await squareton.store
      .selectFrom('service_request')
      .where('service_request_id', '=', other)
      .select('id')
      .executeTakeFirstOrThrow()
    const readStatus = async () =>
      squareton.store
        .selectFrom('service_request')
        .where('service_request_id', '=', id)
        .select(['status', 'detailed_status', 'closing_reason', 'duplicate_of'])
        .executeTakeFirstOrThrow()
    const closed = { status: 'closed', detailed_status: 'duplicate', closing_reason: 'known' } as const
    await squareton.change(id, { ...closed, duplicate_of: original.id })
    expect(await readStatus()).toEqual({ ...closed, duplicate_of: original.id })
    await sql`update service_request set status = 'open' where service_request_id = ${id}`.execute(
      squareton.store,
    )
    expect(await readStatus()).toEqual({
      status: 'open',
      detailed_status: null,
      closing_reason: null,
      duplicate_of: null,
    })
  })
})
