import { describe, expect, test } from 'vitest'
import { get, post } from './client.js'
import { createMarker } from './explore.js'
import { expectErrors, expectOne, getText } from './response.js'
import { INSIDE, LAMP } from './rivertown.js'
import { targets } from './targets.js'

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)

  own('A-47 a repeated Idempotency-Key with the same arguments returns the same id', async () => {
    const [key, description] = [createMarker('key'), createMarker()]
    const send = (text: string, idempotency = key) =>
      post(target, 'json', { ...LAMP, description: text }, { headers: { 'idempotency-key': idempotency } })
    const id = getText(expectOne(await send(description), 'json'), 'service_request_id')
    expect(expectOne(await send(description), 'json').service_request_id).toBe(id)
    expectErrors(await send(`${description} changed`), 'json', 400)
    expect(expectOne(await send(description, createMarker('key')), 'json').service_request_id).not.toBe(id)
    expect(expectOne(await send(description), 'json').service_request_id).toBe(id)
  })

  own('A-47 a repeated attribute[external_id] returns the same id, also if sent simultaneously', async () => {
    const fields = {
      service_code: 'POTHOLE',
      ...INSIDE,
      description: createMarker(),
      'attribute[external_id]': createMarker('external'),
    }
    const all = await Promise.all(Array.from({ length: 4 }, () => post(target, 'json', fields)))
    const ids = all.map((response) => getText(expectOne(response, 'json'), 'service_request_id'))
    expect(new Set(ids).size).toBe(1)
    const other = await post(target, 'json', {
      ...fields,
      'attribute[external_id]': createMarker('external'),
    })
    expect(ids).not.toContain(expectOne(other, 'json').service_request_id)
    expect((await get(target, 'xml', `/requests/${ids[0]}`)).status).toBe(200)
  })
})
