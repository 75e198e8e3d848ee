import { describe, expect, test } from 'vitest'
import { get, post } from './client.js'
import { createMarker, getLocation, getPast, getPastWindow, getRecent } from './explore.js'
import { REQUEST_MEMBERS } from './members.js'
import {
  describeResponse,
  expectErrors,
  expectList,
  expectOk,
  expectOne,
  first,
  getIds,
  getText,
  parsePlain,
} from './response.js'
import { targets } from './targets.js'

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const path = (id: string) => `/requests/${encodeURIComponent(id)}`

  async function submitHidden(service_code: string): Promise<string> {
    const response = await post(target, 'xml', {
      service_code,
      ...(await getLocation(target)),
      description: createMarker('hidden'),
    })
    return getText(expectOne(response, 'xml'), 'service_request_id')
  }

  test.for(target.formats)(
    'GR-ONE-01 reads the id from the path and ignores other arguments, in %s',
    async (format) => {
      const [one, other] = getIds((await getPast(target)).slice(0, 2))
      const usual = parsePlain(await get(target, format, path(String(one))), format)
      for (const args of [
        { service_request_id: String(other) },
        { status: 'banana' },
        { start_date: 'banana' },
        { service_code: 'none-0' },
      ])
        expect(parsePlain(await get(target, format, path(String(one)), args), format)).toEqual(usual)
    },
  )

  test.for(target.formats)(
    'GR-ONE-02 A-04 returns a list with the same record as the list of requests, in %s',
    async (format) => {
      const list = expectList(await get(target, format, '/requests', getPastWindow()), format)
      for (const row of [first(list), list.at(-1) ?? first(list)])
        expect(
          expectList(await get(target, format, path(getText(row, 'service_request_id'))), format),
        ).toEqual([row])
    },
  )

  own.for(target.formats)('GR-ONE-02 A-03 has all 17 members, in %s', async (format) => {
    const id = getText(first(await getPast(target)), 'service_request_id')
    expect(Object.keys(expectOne(await get(target, format, path(id)), format))).toEqual(REQUEST_MEMBERS)
  })

  test.for(target.formats)('GR-ONE-03 finds a request that is older than 90 days, in %s', async (format) => {
    const old = await getPast(target, 170, 100)
    expect(old.length, 'no request is older than 90 days').toBeGreaterThan(0)
    const id = getText(first(old), 'service_request_id')
    expect(expectOne(await get(target, format, path(id)), format).service_request_id).toBe(id)
  })

  test.for(target.formats)('GR-ONE-04 A-09 sends 404 for an unknown id, in %s', async (format) => {
    const id = getText(first(await getRecent(target)), 'service_request_id')
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
    'GR-ONE-05 A-61 sends 404 for a private request and does not list it, in %s',
    async (format) => {
      const id = await submitHidden('ENCAMPMENT')
      const refusal = await get(target, format, path(id))
      expectErrors(refusal, format, 404)
      const unknown = await get(target, format, path('none-0'))
      expect(refusal.text.replaceAll(id, 'X'), 'the refusal reveals that the request exists').toBe(
        unknown.text.replaceAll('none-0', 'X'),
      )
      expect(expectList(await get(target, format, '/requests', { service_request_id: id }), format)).toEqual(
        [],
      )
      expect(getIds(expectList(await get(target, format, '/requests'), format))).not.toContain(id)
      expect(
        expectList(await get(target, format, '/requests', { service_code: 'ENCAMPMENT' }), format),
      ).toEqual([])
    },
  )

  own.for(target.formats)(
    'GR-ONE-05 GR-POST-17 A-61 finds a request in moderation by its id and does not list it, in %s',
    async (format) => {
      const id = await submitHidden('DANGEROUS-DOG')
      const response = await get(target, format, path(id))
      expect(expectOne(response, format).service_request_id, describeResponse(response)).toBe(id)
      expect(getIds(expectList(await get(target, format, '/requests'), format))).not.toContain(id)
      expect(
        getIds(expectList(await get(target, format, '/requests', { service_code: 'DANGEROUS-DOG' }), format)),
      ).not.toContain(id)
    },
  )

  test('GR-ONE-06 finds every listed id', async () => {
    for (const id of getIds(await getPast(target)).slice(0, 10))
      expectOk(await get(target, 'xml', path(id)), 'xml')
  })

  own('GR-ONE-06 compares ids exactly', async () => {
    const id = getText(first(await getPast(target)), 'service_request_id')
    for (const other of [`${id} `, ` ${id}`, `${id}\u0000`, `0${id}`, `${id},${id}`, `${id}.0`])
      expectErrors(await get(target, 'json', path(other)), 'json', [400, 404])
  })
})
