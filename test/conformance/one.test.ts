import { describe, expect, test } from 'vitest'
import { about, expectErrors, expectOk, first, ids, listOf, oneOf, plain, word } from './answer.js'
import { get, post } from './client.js'
import { marker, past, pastWindow, place, recent } from './exploring.js'
import { REQUEST_MEMBERS } from './members.js'
import { targets } from './targets.js'

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const path = (id: string) => `/requests/${encodeURIComponent(id)}`

  async function hidden(service_code: string): Promise<string> {
    const answer = await post(target, 'xml', {
      service_code,
      ...(await place(target)),
      description: marker('hidden'),
    })
    return word(oneOf(answer, 'xml'), 'service_request_id')
  }

  test.for(target.formats)(
    'GR-ONE-01 the id comes from the path and other arguments change nothing, in %s',
    async (format) => {
      const [one, other] = ids((await past(target)).slice(0, 2))
      const usual = plain(await get(target, format, path(String(one))), format)
      for (const args of [
        { service_request_id: String(other) },
        { status: 'banana' },
        { start_date: 'banana' },
        { service_code: 'none-0' },
      ])
        expect(plain(await get(target, format, path(String(one)), args), format)).toEqual(usual)
    },
  )

  test.for(target.formats)(
    'GR-ONE-02 A-04 the answer is the row of the list, alone, in %s',
    async (format) => {
      const list = listOf(await get(target, format, '/requests', pastWindow()), format)
      for (const row of [first(list), list.at(-1) ?? first(list)])
        expect(listOf(await get(target, format, path(word(row, 'service_request_id'))), format)).toEqual([
          row,
        ])
    },
  )

  own.for(target.formats)('GR-ONE-02 A-03 all 17 members are there, in %s', async (format) => {
    const id = word(first(await past(target)), 'service_request_id')
    expect(Object.keys(oneOf(await get(target, format, path(id)), format))).toEqual(REQUEST_MEMBERS)
  })

  test.for(target.formats)(
    'GR-ONE-03 a request older than 90 days is found by its id, in %s',
    async (format) => {
      const old = await past(target, 170, 100)
      expect(old.length, 'no request older than 90 days to ask for').toBeGreaterThan(0)
      const id = word(first(old), 'service_request_id')
      expect(oneOf(await get(target, format, path(id)), format).service_request_id).toBe(id)
    },
  )

  test.for(target.formats)('GR-ONE-04 A-09 an unknown id is 404, in %s', async (format) => {
    const id = word(first(await recent(target)), 'service_request_id')
    for (const other of [
      'none-0',
      '0',
      '-1',
      `${id}-none`,
      "' or 1=1 --",
      'x'.repeat(500),
      '99999999999999999999999',
      '💡',
      'null',
      'undefined',
      '<null>',
      '%',
    ])
      expectErrors(await get(target, format, path(other)), format, 404)
  })

  own.for(target.formats)(
    'GR-ONE-05 A-61 a private request is 404 and never listed, in %s',
    async (format) => {
      const id = await hidden('ENCAMPMENT')
      const refused = await get(target, format, path(id))
      expectErrors(refused, format, 404)
      const unknown = await get(target, format, path('none-0'))
      expect(refused.text.replaceAll(id, 'X'), 'the refusal tells that something is there').toBe(
        unknown.text.replaceAll('none-0', 'X'),
      )
      expect(listOf(await get(target, format, '/requests', { service_request_id: id }), format)).toEqual([])
      expect(ids(listOf(await get(target, format, '/requests'), format))).not.toContain(id)
      expect(listOf(await get(target, format, '/requests', { service_code: 'ENCAMPMENT' }), format)).toEqual(
        [],
      )
    },
  )

  own.for(target.formats)(
    'GR-ONE-05 GR-POST-17 A-61 a moderated request is found by its id and not listed, in %s',
    async (format) => {
      const id = await hidden('DANGEROUS-DOG')
      const answer = await get(target, format, path(id))
      expect(oneOf(answer, format).service_request_id, about(answer)).toBe(id)
      expect(ids(listOf(await get(target, format, '/requests'), format))).not.toContain(id)
      expect(
        ids(listOf(await get(target, format, '/requests', { service_code: 'DANGEROUS-DOG' }), format)),
      ).not.toContain(id)
    },
  )

  test('GR-ONE-06 every listed id, whatever it looks like, is found', async () => {
    for (const id of ids(await past(target)).slice(0, 10)) expectOk(await get(target, 'xml', path(id)), 'xml')
  })

  own('GR-ONE-06 an id is matched exactly', async () => {
    const id = word(first(await past(target)), 'service_request_id')
    for (const other of [`${id} `, ` ${id}`, `${id}\u0000`, `0${id}`, `${id},${id}`, `${id}.0`])
      expectErrors(await get(target, 'json', path(other)), 'json', [400, 404])
  })
})
