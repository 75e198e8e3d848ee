import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { listAttempts, listDeliveries } from '../../src/store/events/delivery-log.js'
import { databases } from '../harness/databases.js'
import { openSender, useSender } from './sender.js'
import { respondWith } from './target.js'

const ADA = {
  email: 'ada@planted.example',
  first_name: 'Ada',
  last_name: 'Planted',
  phone: '555 1234',
  account_id: null,
}

describe.each(databases)('$kind', ({ open }) => {
  const city = useSender(open, openSender)
  const newest = async (webhook_id: number) =>
    (await listDeliveries(city.store, webhook_id, { limit: 1 }))[0]!

  test('EXT-37 a message that cannot be built is a dead letter after the usual attempts; later deliveries are sent', async () => {
    const target = await city.target()
    const { webhook_id } = await city.subscribe({ url: target.url })
    const invalid = await city.fileOne('ASKING')
    await sql`update service_request set answers = '{"KIND": 17}' where service_request_id = ${invalid}`.execute(
      city.store,
    )
    await city.file(2)
    city.start({ maxAttempts: 3 })
    const all = async () => (await city.states(webhook_id)).join(' ')
    await expect.poll(all, { timeout: 30_000 }).toBe('dead dead delivered delivered')
    const [dead] = await listDeliveries(city.store, webhook_id, { state: 'dead', limit: 1 })
    expect(dead).toMatchObject({ attempts: 3, status: null, error: 'could not build the message' })
    expect(await listAttempts(city.store, { webhook_id, position: dead!.position })).toHaveLength(3)
    expect(target.requests).toHaveLength(2)
  })

  test('EXT-37 an invalid URL is a failed attempt', async () => {
    const { webhook_id } = await city.subscribe({ url: 'https://[nowhere/' })
    await city.file(1)
    city.start({ maxAttempts: 2 })
    await city.waitUntilEnded(webhook_id, 1)
    expect(await newest(webhook_id)).toMatchObject({ state: 'dead', attempts: 2, error: 'ERR_INVALID_URL' })
  })

  test.each(['standard', 'fixmystreet'] as const)(
    'EXT-37 the delivery log never contains text of a response or of a message: %s',
    async (format) => {
      const echoing = await city.target((response, nth, request) =>
        respondWith([200, 400, 500, 410][nth]!, `planted: not found ${request.body}`)(response, nth, request),
      )
      await city.subscribe({
        url: echoing.url,
        format,
        target_api_key: format === 'fixmystreet' ? 'planted-key' : null,
      })
      const id = await city.fileOne('POTHOLE', {
        description: 'planted: in front of my house',
        reporter: { ...ADA, device_id: null },
      })
      for (let index = 0; index < 4; index++)
        await city.change(id, {}, { kind: 'noted', description: `planted ${index}` })
      await city.sequence()
      city.start({ maxAttempts: 1 })
      const attempts = async () => (await sql`select * from delivery_attempt`.execute(city.store)).rows
      await expect.poll(async () => (await attempts()).length, { timeout: 30_000 }).toBe(4)
      const rows = await attempts()
      expect(JSON.stringify(rows)).not.toMatch(/planted|whsec_|my house|ada/i)
    },
  )
})
