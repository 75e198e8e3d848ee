import { describe, expect, test } from 'vitest'
import { expectErrors, first, ids, listOf, word } from './answer.js'
import { type Args, get } from './client.js'
import { midnight, past, pastWindow, stamp } from './exploring.js'
import type { PlainRecord } from './same-record.js'
import { targets } from './targets.js'

const requested = (one: PlainRecord) => Date.parse(word(one, 'requested_datetime'))

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const asked = async (args: Args = {}) => listOf(await get(target, 'xml', '/requests', args), 'xml')
  const between = (from: number, to: number) => ({ start_date: stamp(from), end_date: stamp(to) })
  /** Requests that the default 90 days no longer cover. */
  const old = () => past(target, 170, 100)

  /** The two most used service codes of the past window. */
  async function codes(): Promise<[string, string]> {
    const count = new Map<string, number>()
    for (const one of await past(target))
      count.set(word(one, 'service_code'), (count.get(word(one, 'service_code')) ?? 0) + 1)
    const [a, b] = [...count].sort((x, y) => y[1] - x[1]).map(([code]) => code)
    return [a ?? 'none', b ?? 'none']
  }

  test.for(target.formats)(
    'GR-LIST-01 A-19 ids override the 90 days, the status and everything else, in %s',
    async (format) => {
      const one = (await old())[0]
      expect(one, 'no request older than 90 days to ask for').toBeDefined()
      const service_request_id = word(one ?? {}, 'service_request_id')
      const status = one?.status === 'open' ? 'closed' : 'open'
      for (const args of [
        {},
        { status },
        { service_code: 'none-0' },
        between(midnight(5), midnight(4)),
        { status, service_code: 'none-0', start_date: stamp(midnight(2)) },
      ])
        expect(
          ids(listOf(await get(target, format, '/requests', { service_request_id, ...args }), format)),
        ).toEqual([service_request_id])
    },
  )

  test.for(target.formats)(
    'GR-LIST-01 A-21 several ids: commas, repeated, blanks and empties alike, in %s',
    async (format) => {
      const [a = '', b = '', c = ''] = ids([
        ...(await old()).slice(0, 1),
        ...(await past(target)).slice(0, 2),
      ])
      for (const service_request_id of [
        `${a},${b},${c}`,
        [a, b, c],
        ` ${a} , ${b},,${c},`,
        [`${a},${b}`, c],
        [a, '', `${b},${c}`],
        `${a},${b},${c},${a}`,
      ]) {
        const found = ids(listOf(await get(target, format, '/requests', { service_request_id }), format))
        expect([...found].sort(), String(service_request_id)).toEqual([a, b, c].sort())
      }
    },
  )

  own('GR-LIST-01 A-19 a thousand ids may be asked for at once', async () => {
    const all = ids(await asked())
    expect(all.length).toBe(1000)
    expect((await asked({ service_request_id: all.join(',') })).length).toBe(1000)
  })

  test('GR-LIST-02 A-21 one or several service codes', async () => {
    const [a, b] = await codes()
    const all = await past(target)
    const only = (...wanted: string[]) => ids(all.filter((one) => wanted.includes(word(one, 'service_code'))))
    expect(only(a).length).toBeGreaterThan(0)
    expect(only(a).length).toBeLessThan(all.length)
    for (const service_code of [a, ` ${a} `, `${a},`, [a, ''], `${a},${a}`])
      expect(ids(await asked({ ...pastWindow(), service_code }))).toEqual(only(a))
    for (const service_code of [`${a},${b}`, [a, b], `${a} , ${b}`, [`${b},`, a]])
      expect(ids(await asked({ ...pastWindow(), service_code })), String(service_code)).toEqual(only(a, b))
  })

  test('GR-LIST-02 A-08 an unknown service_code finds nothing and never widens the search', async () => {
    const [a] = await codes()
    for (const format of target.formats)
      for (const service_code of ['none-0', "' or 1=1 --", '%', '*', 'none-0,none-1'])
        expect(listOf(await get(target, format, '/requests', { service_code }), format)).toEqual([])
    const mixed = await asked({ ...pastWindow(), service_code: `none-0,${a}` })
    expect(ids(mixed)).toEqual(ids(await asked({ ...pastWindow(), service_code: a })))
  })

  test('GR-LIST-03 status is open, closed or both', async () => {
    const all = await past(target)
    for (const one of all) expect(['open', 'closed']).toContain(one.status)
    const [open, closed] = [
      await asked({ ...pastWindow(), status: 'open' }),
      await asked({ ...pastWindow(), status: 'closed' }),
    ]
    expect(ids(open)).toEqual(ids(all.filter((one) => one.status === 'open')))
    expect(ids(closed)).toEqual(ids(all.filter((one) => one.status === 'closed')))
    for (const status of ['open,closed', 'closed, open', ['open', 'closed'], 'open,', '']) {
      const usual = status === 'open,' ? open : all
      expect(ids(await asked({ ...pastWindow(), status })), String(status)).toEqual(ids(usual))
    }
  })

  own('GR-LIST-03 A-20 a status may be written in any case', async () => {
    const open = ids(await asked({ ...pastWindow(), status: 'open' }))
    expect(open.length).toBeGreaterThan(0)
    for (const status of ['OPEN', 'Open', ' open '])
      expect(ids(await asked({ ...pastWindow(), status }))).toEqual(open)
    expect((await asked({ ...pastWindow(), status: 'closed' })).length).toBeGreaterThan(0)
  })

  test.for(target.formats)('GR-LIST-11 A-20 an unknown status is 400, in %s', async (format) => {
    for (const status of ['banana', 'opened', 'open,banana', 'null', "open'", 'true', 'all'])
      expectErrors(await get(target, format, '/requests', { status }), format, 400, /status/)
  })

  test.for(target.formats)('GR-LIST-07 A-52 never more than 1000 answers, in %s', async (format) => {
    for (const args of [
      {},
      between(midnight(89), midnight(0)),
      { start_date: stamp(midnight(89)) },
      { status: 'open,closed' },
    ]) {
      const list = listOf(await get(target, format, '/requests', args), format)
      if (target.own) expect(list.length).toBe(1000)
      else expect(list.length).toBeLessThanOrEqual(1000)
    }
  })

  test.for(target.formats)(
    'GR-LIST-08 A-14 A-56 newest first, the same order every time, in %s',
    async (format) => {
      for (const args of [pastWindow(), between(midnight(89), midnight(2))]) {
        const list = listOf(await get(target, format, '/requests', args), format)
        const times = list.map(requested)
        expect(times).toEqual([...times].sort((a, b) => b - a))
        expect(ids(listOf(await get(target, format, '/requests', args), format))).toEqual(ids(list))
        expect(new Set(ids(list)).size).toBe(list.length)
      }
    },
  )

  own('GR-LIST-07 GR-LIST-08 the thousand are the newest thousand', async () => {
    const all = await asked(between(midnight(89), midnight(2)))
    expect(all.length).toBe(1000)
    const oldest = requested(all.at(-1) ?? first(all))
    const tail = await asked(between(oldest + 1000, midnight(2)))
    expect(ids(all).slice(0, tail.length)).toEqual(ids(tail))
    expect(tail.length).toBeGreaterThan(900)
  })

  test('GR-LIST-09 filters are joined with AND, the values of one filter with OR', async () => {
    const [a, b] = await codes()
    for (const status of ['open', 'closed']) {
      const wanted = (await past(target)).filter(
        (one) => one.status === status && [a, b].includes(word(one, 'service_code')),
      )
      expect(ids(await asked({ ...pastWindow(), status, service_code: `${a},${b}` }))).toEqual(ids(wanted))
    }
  })

  test.for(target.formats)('GR-LIST-10 every request carries its members, in %s', async (format) => {
    const always = [
      'service_request_id',
      'status',
      'service_name',
      'service_code',
      'requested_datetime',
      'updated_datetime',
    ]
    const present = ['description', 'address', 'address_id', 'zipcode', 'lat', 'long', 'media_url']
    for (const one of listOf(await get(target, format, '/requests'), format)) {
      for (const name of always) expect(one[name], `${name} of ${JSON.stringify(one)}`).toBeTruthy()
      for (const name of present) expect(one, JSON.stringify(one)).toHaveProperty(name)
    }
  })

  test.for(target.formats)(
    'GR-LIST-12 unknown ids are left out, and nothing found is an empty list, in %s',
    async (format) => {
      const id = word(first(await past(target)), 'service_request_id')
      expect(
        ids(
          listOf(
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
        expect(listOf(await get(target, format, '/requests', { service_request_id }), format)).toEqual([])
      expect(
        listOf(
          await get(target, format, '/requests', between(Date.UTC(1999, 0, 1), Date.UTC(1999, 0, 2))),
          format,
        ),
      ).toEqual([])
    },
  )
})
