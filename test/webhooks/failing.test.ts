import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { listAttempts, listDeliveries } from '../../src/store/events/delivery-log.js'
import { WITHHELD_RESPONSE } from '../../src/webhooks/recorded-response.js'
import { databases } from '../harness/databases.js'
import { openSending, sendingIn } from './sending.js'
import { withStatus } from './target.js'

const ADA = {
  email: 'ada@planted.example',
  first_name: 'Ada',
  last_name: 'Planted',
  phone: '555 1234',
  account_id: null,
}

describe.each(databases)('$kind', ({ open }) => {
  const city = sendingIn(open, openSending)
  const newest = async (webhook_id: number) => (await listDeliveries(city.store, webhook_id, { most: 1 }))[0]!

  test('EXT-37 what cannot be put into a message is a dead letter after the usual attempts; its followers go on', async () => {
    const there = await city.target()
    const { webhook_id } = await city.subscribe({ url: there.url })
    const odd = await city.fileOne('ASKING')
    await sql`update service_request set answers = '{"KIND": 17}' where service_request_id = ${odd}`.execute(
      city.store,
    )
    await city.file(2)
    city.start({ attempts: 3 })
    const all = async () => (await city.states(webhook_id)).join(' ')
    await expect.poll(all, { timeout: 30_000 }).toBe('dead dead delivered delivered')
    const [dead] = await listDeliveries(city.store, webhook_id, { state: 'dead', most: 1 })
    expect(dead).toMatchObject({ attempts: 3, status: null, fault: 'the message could not be made' })
    expect(await listAttempts(city.store, { webhook_id, position: dead!.position })).toHaveLength(3)
    expect(there.calls).toHaveLength(2)
  })

  test('EXT-37 an address that nobody can call is a failure, too', async () => {
    const { webhook_id } = await city.subscribe({ url: 'https://[nowhere/' })
    await city.file(1)
    city.start({ attempts: 2 })
    await city.allEnded(webhook_id, 1)
    expect(await newest(webhook_id)).toMatchObject({ state: 'dead', attempts: 2, fault: 'ERR_INVALID_URL' })
  })

  test('EXT-37 a target that repeats what it was sent, or whom it knows, leaves nothing of it here', async () => {
    const echoing = await city.target((answer, nth, call) => withStatus(500, call.body)(answer, nth, call))
    const naming = await city.target(withStatus(500, 'No account for ADA.'))
    const plain = await city.target(withStatus(500, 'Out of order'))
    const hooks = await Promise.all([
      city.subscribe({ url: echoing.url }),
      city.subscribe({ url: echoing.url, form: 'fixmystreet', target_key: 'their-own-key' }),
      city.subscribe({ url: naming.url }),
      city.subscribe({ url: plain.url }),
    ])
    const id = await city.fileOne('POTHOLE', {
      description: 'In front of my house',
      reporter: { ...ADA, device_id: null },
    })
    await city.change(id, {}, { kind: 'noted', description: 'Dear Mrs Planted' })
    await city.number()
    city.start({ attempts: 1 })
    for (const [index, { webhook_id }] of hooks.entries())
      await city.allEnded(webhook_id, index === 1 ? 1 : 2)
    const faults = await Promise.all(hooks.map(async ({ webhook_id }) => (await newest(webhook_id)).fault))
    expect(faults).toEqual([WITHHELD_RESPONSE, WITHHELD_RESPONSE, WITHHELD_RESPONSE, 'Out of order'])
    const { rows } = await sql<{ fault: string }>`select distinct fault from delivery_attempt`.execute(
      city.store,
    )
    expect(rows.map((row) => row.fault).join()).not.toMatch(/their-own|whsec_|planted|my house|ada/i)
  })

  test('EXT-37 who sent an update is not named either', async () => {
    const naming = await city.target(withStatus(500, '{"error": "No account for J\\u00f6rg."}'))
    const { webhook_id } = await city.subscribe({ url: naming.url })
    const id = await city.fileOne('POTHOLE')
    const { event_id } = await city.change(id, {}, { kind: 'noted', description: 'Seen.' })
    await city.store
      .insertInto('update_author')
      .values({ ...ADA, first_name: 'Jörg', event_id })
      .execute()
    await city.number()
    city.start({ attempts: 1 })
    await city.allEnded(webhook_id, 2)
    expect((await newest(webhook_id)).fault).toBe(WITHHELD_RESPONSE)
  })
})
