import { describe, expect, test } from 'vitest'
import { expectErrors, oneOf, word } from './answer.js'
import { get, post } from './client.js'
import { marker } from './exploring.js'
import { INSIDE, LAMP } from './rivertown.js'
import { targets } from './targets.js'

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)

  own('A-47 the same Idempotency-Key with the same arguments is the same request', async () => {
    const [key, description] = [marker('key'), marker()]
    const send = (text: string, idempotency = key) =>
      post(target, 'json', { ...LAMP, description: text }, { headers: { 'idempotency-key': idempotency } })
    const id = word(oneOf(await send(description), 'json'), 'service_request_id')
    expect(oneOf(await send(description), 'json').service_request_id).toBe(id)
    expectErrors(await send(`${description} changed`), 'json', 400)
    expect(oneOf(await send(description, marker('key')), 'json').service_request_id).not.toBe(id)
    expect(oneOf(await send(description), 'json').service_request_id).toBe(id)
  })

  own(
    'A-47 the same attribute[external_id] is the same request, also when sent at the same time',
    async () => {
      const fields = {
        service_code: 'POTHOLE',
        ...INSIDE,
        description: marker(),
        'attribute[external_id]': marker('external'),
      }
      const all = await Promise.all(Array.from({ length: 4 }, () => post(target, 'json', fields)))
      const given = all.map((answer) => word(oneOf(answer, 'json'), 'service_request_id'))
      expect(new Set(given).size).toBe(1)
      const other = await post(target, 'json', { ...fields, 'attribute[external_id]': marker('external') })
      expect(given).not.toContain(oneOf(other, 'json').service_request_id)
      expect((await get(target, 'xml', `/requests/${given[0]}`)).status).toBe(200)
    },
  )
})
