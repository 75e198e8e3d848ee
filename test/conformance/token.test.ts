import { describe, expect, test } from 'vitest'
import { about, expectErrors, first, ids, jsonOf, listOf, oneOf, rootOf, word } from './answer.js'
import { get, post, rawCall } from './client.js'
import { marker, place, plainService } from './exploring.js'
import { targets } from './targets.js'

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)

  async function batch(description = marker('batch')): Promise<string | null> {
    const service_code = target.key === null ? null : await plainService(target, 'batch')
    if (service_code === null) return null
    const answer = await post(target, 'xml', { service_code, ...(await place(target)), description })
    return word(oneOf(answer, 'xml'), 'token')
  }

  /** Our own batch token, given its id by the harness. */
  async function resolve(token: string): Promise<void> {
    const body = JSON.stringify({ token })
    const answer = await fetch(String(target.own?.resolveToken), {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    })
    expect(answer.status, await answer.text()).toBe(200)
  }

  own('GR-TOK-01 GR-POST-12 a batch service gives a token instead of an id', async () => {
    for (const format of target.formats) {
      const record = oneOf(
        await post(target, format, { service_code: 'BULK-PICKUP', ...(await place(target)) }),
        format,
      )
      expect(record.token).toBeTruthy()
      expect(record).not.toHaveProperty('service_request_id')
    }
  })

  test.skipIf(!target.key)('GR-TOK-02 a token is known and echoed', async ({ skip }) => {
    const token = await batch()
    if (token === null) return skip('no batch service without attributes')
    for (const format of target.formats)
      expect(oneOf(await get(target, format, `/tokens/${encodeURIComponent(token)}`), format).token).toBe(
        token,
      )
  })

  own(
    'GR-TOK-02 GR-TOK-01 a token is exchanged for the id, which is then a request like any other',
    async () => {
      const text = marker('batch')
      const token = String(await batch(text))
      await resolve(token)
      const given = new Set<string>()
      for (const format of target.formats) {
        const record = oneOf(await get(target, format, `/tokens/${token}`), format)
        expect(Object.keys(record).sort()).toEqual(['service_request_id', 'token'])
        expect(record.token).toBe(token)
        const id = word(record, 'service_request_id')
        given.add(id)
        expect(oneOf(await get(target, format, `/requests/${id}`), format)).toMatchObject({
          service_request_id: id,
          description: text,
          service_code: 'BULK-PICKUP',
          status: 'open',
        })
        expect(
          ids(listOf(await get(target, format, '/requests', { service_code: 'BULK-PICKUP' }), format)),
        ).toContain(id)
      }
      expect(given.size).toBe(1)
    },
  )

  test.for(target.formats)('GR-TOK-03 an unknown token is 404, in %s', async (format) => {
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

  own.for(target.formats)('GR-TOK-03 a missing token is 400, in %s', async (format) => {
    expectErrors(await rawCall(target, `tokens/.${format}`), format, 400, /token/)
  })

  own('GR-TOK-03 an id is no token and a token is no id', async () => {
    const token = String(await batch())
    expectErrors(await get(target, 'json', `/requests/${token}`), 'json', 404)
    const filed = await post(target, 'json', { service_code: 'POTHOLE', ...(await place(target)) })
    expectErrors(
      await get(target, 'json', `/tokens/${word(oneOf(filed, 'json'), 'service_request_id')}`),
      'json',
      404,
    )
  })

  own('GR-TOK-04 A-22 while the id is pending the answer is 200 with the token alone', async () => {
    const token = String(await batch())
    const xml = await get(target, 'xml', `/tokens/${token}`)
    const request = first(rootOf(xml).children)
    expect(request.name).toBe('request')
    expect(
      request.children.map(({ name, text }) => [name, text]),
      about(xml),
    ).toEqual([['token', token]])
    expect(jsonOf(await get(target, 'json', `/tokens/${token}`))).toEqual([{ token }])
  })

  own('GR-TOK-05 a token stays exchangeable, and resolving it twice gives the same id', async () => {
    const token = String(await batch())
    await resolve(token)
    const id = oneOf(await get(target, 'json', `/tokens/${token}`), 'json').service_request_id
    await resolve(token).catch(() => undefined)
    for (let i = 0; i < 3; i += 1)
      expect(oneOf(await get(target, 'xml', `/tokens/${token}`), 'xml').service_request_id).toBe(id)
  })

  own('A-23 tokens cannot be guessed', async () => {
    const tokens = await Promise.all(Array.from({ length: 5 }, () => batch()))
    expect(new Set(tokens).size).toBe(5)
    for (const token of tokens) expect(token).toMatch(/^[A-Za-z0-9_-]{16,}$/)
    const starts = tokens.map((token) => String(token).slice(0, -8))
    expect(new Set(starts).size, 'tokens differ only at their end').toBe(5)
  })

  own('A-24 a batch request is not listed before it has its id', async () => {
    const text = marker('unlisted')
    const token = String(await batch(text))
    for (const format of target.formats) {
      const list = await get(target, format, '/requests', { service_code: 'BULK-PICKUP' })
      expect(list.text).not.toContain(text)
      for (const id of ids(listOf(list, format))) expect(id).not.toBe('')
    }
    await resolve(token)
    expect((await get(target, 'xml', '/requests', { service_code: 'BULK-PICKUP' })).text).toContain(text)
  })
})
