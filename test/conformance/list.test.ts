import { describe, expect, test } from 'vitest'
import { type Args, get } from './client.js'
import { formatInstant, getMidnight, getPast, getPastWindow } from './explore.js'
import type { PlainRecord } from './plain-record.js'
import { expectErrors, expectList, first, getIds, getText } from './response.js'
import { targets } from './targets.js'

const getRequestedTime = (one: PlainRecord) => Date.parse(getText(one, 'requested_datetime'))

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const listRequests = async (args: Args = {}) =>
    expectList(await get(target, 'xml', '/requests', args), 'xml')
  const between = (from: number, to: number) => ({
    start_date: formatInstant(from),
    end_date: formatInstant(to),
  })
  /** Requests that are older than 90 days. */
  const getOld = () => getPast(target, 170, 100)

  /** Returns the two most frequent service codes of the past window. */
  async function getCodes(): Promise<[string, string]> {
    const count = new Map<string, number>()
    for (const one of await getPast(target))
      count.set(getText(one, 'service_code'), (count.get(getText(one, 'service_code')) ?? 0) + 1)
    const [a, b] = [...count].sort((x, y) => y[1] - x[1]).map(([code]) => code)
    return [a ?? 'none', b ?? 'none']
  }

  test.for(target.formats)(
    'GR-LIST-01 A-19 service_request_id overrides dates, status and all other filters, in %s',
    async (format) => {
      const one = (await getOld())[0]
      expect(one, 'no request is older than 90 days').toBeDefined()
      const service_request_id = getText(one ?? {}, 'service_request_id')
      const status = one?.status === 'open' ? 'closed' : 'open'
      for (const args of [
        {},
        { status },
        { service_code: 'none-0' },
        between(getMidnight(5), getMidnight(4)),
        { status, service_code: 'none-0', start_date: formatInstant(getMidnight(2)) },
      ])
        expect(
          getIds(expectList(await get(target, format, '/requests', { service_request_id, ...args }), format)),
        ).toEqual([service_request_id])
    },
  )

  test.for(target.formats)(
    'GR-LIST-01 A-21 accepts several ids with commas, repeated arguments, blanks and empty values, in %s',
    async (format) => {
      const [a = '', b = '', c = ''] = getIds([
        ...(await getOld()).slice(0, 1),
        ...(await getPast(target)).slice(0, 2),
      ])
      for (const service_request_id of [
        `${a},${b},${c}`,
        [a, b, c],
        ` ${a} , ${b},,${c},`,
        [`${a},${b}`, c],
        [a, '', `${b},${c}`],
        `${a},${b},${c},${a}`,
      ]) {
        const found = getIds(
          expectList(await get(target, format, '/requests', { service_request_id }), format),
        )
        expect([...found].sort(), String(service_request_id)).toEqual([a, b, c].sort())
      }
    },
  )

  own('GR-LIST-01 A-19 accepts 1000 ids in one request', async () => {
    const all = getIds(await listRequests())
    expect(all.length).toBe(1000)
    expect((await listRequests({ service_request_id: all.join(',') })).length).toBe(1000)
  })

  test('GR-LIST-02 A-21 accepts one or several service codes', async () => {
    const [a, b] = await getCodes()
    const all = await getPast(target)
    const listOnly = (...expected: string[]) =>
      getIds(all.filter((one) => expected.includes(getText(one, 'service_code'))))
    expect(listOnly(a).length).toBeGreaterThan(0)
    expect(listOnly(a).length).toBeLessThan(all.length)
    for (const service_code of [a, ` ${a} `, `${a},`, [a, ''], `${a},${a}`])
      expect(getIds(await listRequests({ ...getPastWindow(), service_code }))).toEqual(listOnly(a))
    for (const service_code of [`${a},${b}`, [a, b], `${a} , ${b}`, [`${b},`, a]])
      expect(getIds(await listRequests({ ...getPastWindow(), service_code })), String(service_code)).toEqual(
        listOnly(a, b),
      )
  })

  test('GR-LIST-02 A-08 an unknown service_code matches no request', async () => {
    const [a] = await getCodes()
    for (const format of target.formats)
      for (const service_code of ['none-0', "' or 1=1 --", '%', '*', 'none-0,none-1'])
        expect(expectList(await get(target, format, '/requests', { service_code }), format)).toEqual([])
    const mixed = await listRequests({ ...getPastWindow(), service_code: `none-0,${a}` })
    expect(getIds(mixed)).toEqual(getIds(await listRequests({ ...getPastWindow(), service_code: a })))
  })

  test('GR-LIST-03 status selects open requests, closed requests or both', async () => {
    const all = await getPast(target)
    for (const one of all) expect(['open', 'closed']).toContain(one.status)
    const [open, closed] = [
      await listRequests({ ...getPastWindow(), status: 'open' }),
      await listRequests({ ...getPastWindow(), status: 'closed' }),
    ]
    expect(getIds(open)).toEqual(getIds(all.filter((one) => one.status === 'open')))
    expect(getIds(closed)).toEqual(getIds(all.filter((one) => one.status === 'closed')))
    for (const status of ['open,closed', 'closed, open', ['open', 'closed'], 'open,', '']) {
      const usual = status === 'open,' ? open : all
      expect(getIds(await listRequests({ ...getPastWindow(), status })), String(status)).toEqual(
        getIds(usual),
      )
    }
  })

  own('GR-LIST-03 A-20 accepts a status in any case', async () => {
    const open = getIds(await listRequests({ ...getPastWindow(), status: 'open' }))
    expect(open.length).toBeGreaterThan(0)
    for (const status of ['OPEN', 'Open', ' open '])
      expect(getIds(await listRequests({ ...getPastWindow(), status }))).toEqual(open)
    expect((await listRequests({ ...getPastWindow(), status: 'closed' })).length).toBeGreaterThan(0)
  })

  test.for(target.formats)('GR-LIST-11 A-20 sends 400 for an unknown status, in %s', async (format) => {
    for (const status of ['banana', 'opened', 'open,banana', 'null', "open'", 'true', 'all'])
      expectErrors(await get(target, format, '/requests', { status }), format, 400, /status/)
  })

  test.for(target.formats)('GR-LIST-07 A-52 lists at most 1000 requests, in %s', async (format) => {
    for (const args of [
      {},
      between(getMidnight(89), getMidnight(0)),
      { start_date: formatInstant(getMidnight(89)) },
      { status: 'open,closed' },
    ]) {
      const list = expectList(await get(target, format, '/requests', args), format)
      if (target.own) expect(list.length).toBe(1000)
      else expect(list.length).toBeLessThanOrEqual(1000)
    }
  })

  test.for(target.formats)(
    'GR-LIST-08 A-14 A-56 lists the newest requests first, in a stable order, in %s',
    async (format) => {
      for (const args of [getPastWindow(), between(getMidnight(89), getMidnight(2))]) {
        const list = expectList(await get(target, format, '/requests', args), format)
        const times = list.map(getRequestedTime)
        expect(times).toEqual([...times].sort((a, b) => b - a))
        expect(getIds(expectList(await get(target, format, '/requests', args), format))).toEqual(getIds(list))
        expect(new Set(getIds(list)).size).toBe(list.length)
      }
    },
  )

  own('GR-LIST-07 GR-LIST-08 lists the 1000 newest requests', async () => {
    const all = await listRequests(between(getMidnight(89), getMidnight(2)))
    expect(all.length).toBe(1000)
    const oldest = getRequestedTime(all.at(-1) ?? first(all))
    const tail = await listRequests(between(oldest + 1000, getMidnight(2)))
    expect(getIds(all).slice(0, tail.length)).toEqual(getIds(tail))
    expect(tail.length).toBeGreaterThan(900)
  })

  test('GR-LIST-09 combines filters with AND, and values of one filter with OR', async () => {
    const [a, b] = await getCodes()
    for (const status of ['open', 'closed']) {
      const expected = (await getPast(target)).filter(
        (one) => one.status === status && [a, b].includes(getText(one, 'service_code')),
      )
      expect(getIds(await listRequests({ ...getPastWindow(), status, service_code: `${a},${b}` }))).toEqual(
        getIds(expected),
      )
    }
  })

  test.for(target.formats)('GR-LIST-10 every request has its members, in %s', async (format) => {
    const always = [
      'service_request_id',
      'status',
      'service_name',
      'service_code',
      'requested_datetime',
      'updated_datetime',
    ]
    const present = ['description', 'address', 'address_id', 'zipcode', 'lat', 'long', 'media_url']
    for (const one of expectList(await get(target, format, '/requests'), format)) {
      for (const name of always) expect(one[name], `${name} of ${JSON.stringify(one)}`).toBeTruthy()
      for (const name of present) expect(one, JSON.stringify(one)).toHaveProperty(name)
    }
  })

  test.for(target.formats)(
    'GR-LIST-12 omits unknown ids, and sends an empty list if nothing matches, in %s',
    async (format) => {
      const id = getText(first(await getPast(target)), 'service_request_id')
      expect(
        getIds(
          expectList(
            await get(target, format, '/requests', { service_request_id: `none-0,${id},none-1` }),
            format,
          ),
        ),
      ).toEqual([id])
      for (const service_request_id of [
        'none-0',
        '0',
        "' or 1=1",
        '-1',
        '99999999999999999999',
        ',none-0',
        '💡',
      ])
        expect(expectList(await get(target, format, '/requests', { service_request_id }), format)).toEqual([])
      expect(
        expectList(
          await get(target, format, '/requests', between(Date.UTC(1999, 0, 1), Date.UTC(1999, 0, 2))),
          format,
        ),
      ).toEqual([])
    },
  )
})
