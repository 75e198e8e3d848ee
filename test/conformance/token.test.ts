import { describe, expect, test } from 'vitest'
import { get, post, sendRawRequest } from './client.js'
import { createMarker, findPlainService, getLocation } from './explore.js'
import {
  describeResponse,
  expectErrors,
  expectList,
  expectOne,
  first,
  getIds,
  getText,
  parseJson,
  parseXmlRoot,
} from './response.js'
import { targets } from './targets.js'

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)

  async function submitBatch(description = createMarker('batch')): Promise<string | null> {
    const service_code = target.key === null ? null : await findPlainService(target, 'batch')
    if (service_code === null) return null
    const response = await post(target, 'xml', { service_code, ...(await getLocation(target)), description })
    return getText(expectOne(response, 'xml'), 'token')
  }

  /** Assigns an id to a token of georeport itself, through the global setup. */
  async function resolve(token: string): Promise<void> {
    const body = JSON.stringify({ token })
    const response = await fetch(String(target.own?.resolveToken), {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    })
    expect(response.status, await response.text()).toBe(200)
  }

  own('GR-TOK-01 GR-POST-12 a batch service returns a token instead of an id', async () => {
    for (const format of target.formats) {
      const record = expectOne(
        await post(target, format, { service_code: 'BULK-PICKUP', ...(await getLocation(target)) }),
        format,
      )
      expect(record.token).toBeTruthy()
      expect(record).not.toHaveProperty('service_request_id')
    }
  })

  test.skipIf(!target.key)('GR-TOK-02 GET token returns the token', async ({ skip }) => {
    const token = await submitBatch()
    if (token === null) return skip('no batch service without attributes')
    for (const format of target.formats)
      expect(expectOne(await get(target, format, `/tokens/${encodeURIComponent(token)}`), format).token).toBe(
        token,
      )
  })

  own('GR-TOK-02 GR-TOK-01 GET token returns the assigned id, and the request is listed', async () => {
    const text = createMarker('batch')
    const token = String(await submitBatch(text))
    await resolve(token)
    const ids = new Set<string>()
    for (const format of target.formats) {
      const record = expectOne(await get(target, format, `/tokens/${token}`), format)
      expect(Object.keys(record).sort()).toEqual(['service_request_id', 'token'])
      expect(record.token).toBe(token)
      const id = getText(record, 'service_request_id')
      ids.add(id)
      expect(expectOne(await get(target, format, `/requests/${id}`), format)).toMatchObject({
        service_request_id: id,
        description: text,
        service_code: 'BULK-PICKUP',
        status: 'open',
      })
      expect(
        getIds(expectList(await get(target, format, '/requests', { service_code: 'BULK-PICKUP' }), format)),
      ).toContain(id)
    }
    expect(ids.size).toBe(1)
  })

  test.for(target.formats)('GR-TOK-03 sends 404 for an unknown token, in %s', async (format) => {
    for (const token of [
      'none-0',
      '0',
      'x'.repeat(300),
      "'%20or%201=1",
      '00000000-0000-0000-0000-000000000000',
      '%00',
      '%F0%9F%92%A1',
    ])
      expectErrors(await get(target, format, `/tokens/${token}`), format, token === '%00' ? [400, 404] : 404)
  })

  own.for(target.formats)('GR-TOK-03 sends 400 for a missing token, in %s', async (format) => {
    expectErrors(await sendRawRequest(target, `tokens/.${format}`), format, 400, /token/)
  })

  own('GR-TOK-03 refuses an id as a token and a token as an id', async () => {
    const token = String(await submitBatch())
    expectErrors(await get(target, 'json', `/requests/${token}`), 'json', 404)
    const submission = await post(target, 'json', { service_code: 'POTHOLE', ...(await getLocation(target)) })
    expectErrors(
      await get(target, 'json', `/tokens/${getText(expectOne(submission, 'json'), 'service_request_id')}`),
      'json',
      404,
    )
  })

  own('GR-TOK-04 A-22 sends 200 with only the token while the id is pending', async () => {
    const token = String(await submitBatch())
    const xml = await get(target, 'xml', `/tokens/${token}`)
    const request = first(parseXmlRoot(xml).children)
    expect(request.name).toBe('request')
    expect(
      request.children.map(({ name, text }) => [name, text]),
      describeResponse(xml),
    ).toEqual([['token', token]])
    expect(parseJson(await get(target, 'json', `/tokens/${token}`))).toEqual([{ token }])
  })

  own('GR-TOK-05 a token keeps its id, also if it is resolved again', async () => {
    const token = String(await submitBatch())
    await resolve(token)
    const id = expectOne(await get(target, 'json', `/tokens/${token}`), 'json').service_request_id
    await resolve(token).catch(() => undefined)
    for (let i = 0; i < 3; i += 1)
      expect(expectOne(await get(target, 'xml', `/tokens/${token}`), 'xml').service_request_id).toBe(id)
  })

  own('A-23 tokens cannot be guessed', async () => {
    const tokens = await Promise.all(Array.from({ length: 5 }, () => submitBatch()))
    expect(new Set(tokens).size).toBe(5)
    for (const token of tokens) expect(token).toMatch(/^[A-Za-z0-9_-]{16,}$/)
    const starts = tokens.map((token) => String(token).slice(0, -8))
    expect(new Set(starts).size, 'tokens differ only at their end').toBe(5)
  })

  own('A-24 lists a batch request only after it has an id', async () => {
    const text = createMarker('unlisted')
    const token = String(await submitBatch(text))
    for (const format of target.formats) {
      const list = await get(target, format, '/requests', { service_code: 'BULK-PICKUP' })
      expect(list.text).not.toContain(text)
      for (const id of getIds(expectList(list, format))) expect(id).not.toBe('')
    }
    await resolve(token)
    expect((await get(target, 'xml', '/requests', { service_code: 'BULK-PICKUP' })).text).toContain(text)
  })
})
