import { sql } from 'kysely'
import { beforeEach, describe, expect, test } from 'vitest'
import { writeChange } from '../../../src/store/service-requests/locked-service-request.js'
import { databases } from '../../harness/databases.js'
import { openBeforeTests } from '../../harness/open-before-tests.js'
import { NOW } from '../../harness/stored-squareton.js'
import { readFeed } from './feed-copy.js'
import { openChanges, SECRET, SECRET_LAT } from './random-changes.js'

describe.each(databases)('$kind', ({ open }) => {
  const squareton = openBeforeTests(open, ({ store }) => openChanges(store))
  beforeEach(() => squareton.clear())

  test('EXT-35 each change is an entry with the current service request; entries are in order and readable from any seq', async () => {
    const first = await squareton.file('POTHOLE')
    const second = await squareton.file('CRACK')
    await squareton.applyChanges('word', 'close')
    const entries = await squareton.readEntries()
    expect(entries).toMatchObject([
      { seq: 1, change_type: 'create', kind: 'created', service_request_id: first, datetime: NOW },
      { seq: 2, change_type: 'create', kind: 'created', service_request_id: second },
      { seq: 3, change_type: 'change', kind: 'status', changed: ['detailed_status'] },
      {
        seq: 4,
        change_type: 'change',
        kind: 'closed',
        changed: expect.arrayContaining(['status', 'status_notes']),
      },
    ])
    expect(entries[0]!.published_at).toMatch(/Z$/)
    expect(entries[0]).not.toHaveProperty('changed')
    const current = (await squareton.readPublic()).get(first)
    expect(current!.status).toBe('closed')
    for (const entry of [0, 2, 3]) expect(entries[entry]!.service_request).toEqual(current)
    for (let after = 0; after <= 5; after++) {
      const rest = await readFeed(squareton.store, squareton.city(), { after: String(after), limit: '2' })
      expect(rest).toEqual({ entries: entries.slice(after, after + 2), last: 4 })
    }
  })

  test('EXT-35 A-61 entries of a service request that is no longer public keep its id and seq, but no reason', async () => {
    const id = await squareton.file('POTHOLE', { description: SECRET })
    await squareton.applyChanges('close', 'hide')
    const bare = { service_request_id: id, service_request: null }
    const hidden = await squareton.readEntries()
    expect(hidden).toEqual([
      { seq: 1, change_type: 'create', datetime: NOW, ...bare },
      { seq: 2, change_type: 'change', datetime: NOW, ...bare },
      { seq: 3, change_type: 'tombstone', datetime: NOW, ...bare },
    ])
    await squareton.applyChanges('redact', 'note', 'moderate', 'assign')
    expect(await squareton.readEntries()).toEqual(hidden)
    await squareton.applyChanges('publish', 'redact', 'erase')
    const entries = await squareton.readEntries()
    expect(entries.map((each) => [each.seq, each.change_type, each.kind])).toEqual([
      [1, 'create', 'created'],
      [2, 'change', 'closed'],
      [3, 'tombstone', undefined],
      [4, 'create', undefined],
      [5, 'change', undefined],
      [6, 'change', undefined],
    ])
    // The assignment to another agency while hidden is not an entry, neither then nor after publication.
    expect(JSON.stringify(entries)).not.toMatch(/hidden|"published"|visibility|erased|redacted|planted/)
  })

  test('EXT-35 changes of a service request that was never public get no seq', async () => {
    await squareton.file('TIP')
    await squareton.file('CARE')
    await squareton.file('BATCH')
    await squareton.applyChanges('close', 'note', 'place', 'address')
    expect(await squareton.readLastSeq()).toBe(0)
    await squareton.file('POTHOLE')
    expect(await squareton.readLastSeq()).toBe(1)
  })

  test('EXT-35 EXT-29 the feed does not reveal the exact location or address of a blurred service request', async () => {
    const home = { lat: SECRET_LAT, long: 11, address: `5 ${SECRET} St` }
    await squareton.file('HOME', home)
    const before = await squareton.readEntries()
    await squareton.applyChanges('address', 'place')
    const after = await squareton.readEntries()
    expect(after.slice(0, 1)).toEqual(before)
    for (const { changed = [] } of after) expect(changed).not.toContain('address')
    expect(JSON.stringify(after)).not.toMatch(/planted|51\.98765/)
  })

  test('EXT-35 EXT-19 duplicate_of is set only while the original is public; hiding the original changes the duplicate', async () => {
    const first = await squareton.file('POTHOLE')
    const second = await squareton.file('POTHOLE')
    await squareton.applyChanges('merge')
    const readDuplicateOf = async () =>
      (await squareton.readPublic()).get(first)!.extended_attributes.duplicate_of
    expect(await readDuplicateOf()).toBe(second)
    expect((await squareton.readEntries()).at(-1)).toMatchObject({
      kind: 'merged',
      changed: ['status', 'duplicate_of', 'closed_datetime'],
    })
    const [, other] = await squareton.rows()
    await squareton.applyChange('hide', other!)
    expect(await readDuplicateOf()).toBeNull()
    expect((await squareton.readEntries()).slice(2)).toMatchObject([
      {
        change_type: 'change',
        kind: 'changed',
        changed: ['status', 'closed_datetime'],
        service_request_id: first,
      },
      { change_type: 'tombstone', service_request_id: second },
      { change_type: 'change', kind: 'changed', changed: [], service_request_id: first },
    ])
    expect(
      JSON.stringify((await squareton.readEntries()).filter((each) => each.service_request)),
    ).not.toContain(`"${second}"`)
    await squareton.applyChange('publish', other!)
    expect(await readDuplicateOf()).toBe(second)
    expect((await squareton.readEntries()).at(-1)).toMatchObject({
      service_request_id: first,
      changed: ['duplicate_of'],
    })
  })

  test('EXT-35 A-44 a write without a difference creates no entry; a new updated_datetime alone creates one', async () => {
    await squareton.file('POTHOLE')
    const before = await squareton.readPublic()
    const [row] = await squareton.rows()
    await squareton.store
      .transaction()
      .execute((transaction) =>
        writeChange(
          transaction,
          row!,
          { status: 'open', detailed_status: null },
          { now: '2026-06-02T12:00:00Z' },
        ),
      )
    expect(await squareton.readPublic()).toEqual(before)
    expect(await squareton.readLastSeq()).toBe(1)
    await sql`update service_request set updated_datetime = '2026-06-03T12:00:00Z'`.execute(squareton.store)
    expect((await squareton.readEntries()).at(-1)).toMatchObject({
      seq: 2,
      kind: 'changed',
      changed: [],
      datetime: '2026-06-03T12:00:00Z',
    })
  })
})
