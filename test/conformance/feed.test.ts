import { describe, expect, test } from 'vitest'
import { openEvents } from '../harness/event-source.js'
import { about, expectErrors, expectOk, first, jsonOf, listOf, recordsIn, rootOf, word } from './answer.js'
import { call, get, post } from './client.js'
import { INSIDE } from './rivertown.js'
import { targets } from './targets.js'

interface Entry {
  seq: number
  change_type: string
  kind?: string
  service_request_id: string
  changed?: string[]
  service_request: { service_request_id: string; status: string; extended_attributes: object } | null
}

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const changes = (args: Record<string, string> = {}) => get(target, 'json', '/changes', args)
  const entriesOf = async (args: Record<string, string>) => {
    const answer = await changes(args)
    expect(answer.status, about(answer)).toBe(200)
    return jsonOf(answer) as Entry[]
  }
  const lastSeq = async () => (await changes({ limit: '1' })).headers.get('x-last-seq')!
  const file = async () => {
    const filed = await post(target, 'json', { service_code: 'POTHOLE', ...INSIDE, description: 'Deep hole' })
    return word(first(listOf(filed, 'json')), 'service_request_id')
  }
  const say = (service_request_id: string, said: Record<string, string>) =>
    call(
      target,
      '/servicerequestupdates.json',
      {},
      {
        form: { api_key: target.own!.keyOfCity, service_request_id, ...said },
      },
    )
  /** The entries of one service request from `after` on, as soon as there are so many. */
  const toldOf = async (id: string, after: string, count: number) => {
    const told: Entry[] = []
    for (let at = after; told.length < count; ) {
      const entries = await entriesOf({ after: at, wait: '20' })
      at = String(entries.at(-1)?.seq ?? at)
      told.push(...entries.filter((each) => each.service_request_id === id))
    }
    return told
  }

  own.for(target.formats)(
    'EXT-30 EXT-34 what is said of a service request is its history, in %s',
    async (format) => {
      const id = await file()
      await say(id, { status: 'IN_PROGRESS', description: 'A crew <is> on its way & will be there.' })
      await say(id, { description: 'Thank you!', media_url: 'https://city.example/1.jpg' })
      await say(id, { status: 'FIXED', description: 'Filled.' })
      const updates = listOf(await get(target, format, `/requests/${id}/updates`), format)
      expect(updates.map((each) => [each.service_request_id, each.status, each.description])).toEqual([
        [id, 'in_progress', 'A crew <is> on its way & will be there.'],
        [id, 'in_progress', 'Thank you!'],
        [id, 'fixed', 'Filled.'],
      ])
      expect(new Set(updates.map((each) => word(each, 'update_id'))).size).toBe(3)
      const one = await get(target, format, `/requests/${id}`, { extensions: 'true' })
      const [{ extended_attributes }] = listOf(one, format) as [{ extended_attributes: never }]
      expect(word(extended_attributes, 'detailed_status')).toBe('fixed')
      const notes = recordsIn(extended_attributes, 'notes')
      expect(notes.map((note) => [note.type, note.summary])).toEqual([
        ['submitted', 'Submitted'],
        ['activity', 'In progress'],
        ['activity', 'Update'],
        ['closed', 'Fixed'],
      ])
      for (const note of notes)
        expect(Object.keys(note)).toEqual(['datetime', 'type', 'summary', 'description'])
      const found = await get(target, format, '/requests', { detailed_status: 'FIXED' })
      expect(listOf(found, format).map((each) => each.service_request_id)).toContain(id)
      const plain = await get(target, format, `/requests/${id}`)
      expect(plain.text).not.toMatch(/["<](notes|detailed_status)[">]/)
      if (format === 'xml')
        expect(rootOf(await get(target, format, `/requests/${id}/updates`)).name).toBe(
          'service_request_updates',
        )
    },
  )

  own.for(target.formats)('EXT-30 EXT-34 what is not known is refused, in %s', async (format) => {
    expectErrors(await get(target, format, '/requests/nobody/updates'), format, 404, /service_request_id/)
    expectErrors(
      await get(target, format, '/requests', { detailed_status: 'painted' }),
      format,
      400,
      /painted/,
    )
    const none = await get(target, format, `/requests/${await file()}/updates`)
    expectOk(none, format)
    expect(listOf(none, format)).toEqual([])
  })

  own('EXT-35 what is filed and what becomes of it comes into the feed, in order', async () => {
    const before = await lastSeq()
    const id = await file()
    await say(id, { status: 'CLOSED', description: 'Done.' })
    const told = await toldOf(id, before, 2)
    expect(told).toMatchObject([
      { change_type: 'create', kind: 'created' },
      { change_type: 'change', kind: 'closed', changed: expect.arrayContaining(['status', 'status_notes']) },
    ])
    const [now] = jsonOf(await get(target, 'json', `/requests/${id}`, { extensions: 'true' })) as [object]
    for (const { service_request } of told) expect(service_request).toEqual(now)
    expect(JSON.stringify(told)).not.toMatch(/key_id|position|exact|visibility/)
  })

  own(
    'EXT-35 parts follow each other by their links without gap or overlap; as lines they are the same',
    async () => {
      const all = await entriesOf({ limit: '60' })
      expect(all.map((each) => each.seq)).toEqual(all.map((_, index) => index + 1))
      let url = '/changes.json?limit=7'
      const met: Entry[] = []
      while (met.length < 60) {
        const answer = await call(target, url)
        const entries = jsonOf(answer) as Entry[]
        met.push(...entries)
        const next = /^<([^>]+)>; rel="next"$/.exec(answer.headers.get('link')!)![1]!
        url = new URL(next, answer.url).href
      }
      // What happens meanwhile may change what is shown, but not what was told.
      expect(met.slice(0, 60).map((each) => [each.seq, each.service_request_id])).toEqual(
        all.map((each) => [each.seq, each.service_request_id]),
      )
      const lines = await call(target, '/changes.ndjson', { limit: '3' })
      expect(lines.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8')
      expect(
        lines.text
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line).seq),
      ).toEqual([1, 2, 3])
      expect((await entriesOf({})).length).toBe(100)
      expect((await entriesOf({ limit: '1000' })).length).toBe(1000)
    },
  )

  own('EXT-35 behind the end there is nothing, and a link to go on', async () => {
    const answer = await changes({ after: '999999999', limit: '5' })
    expect(jsonOf(answer)).toEqual([])
    expect(answer.headers.get('link')).toBe('<?limit=5&after=999999999>; rel="next"')
    expect(Number(answer.headers.get('x-last-seq'))).toBeGreaterThan(1000)
    expect(answer.headers.get('access-control-expose-headers')).toContain('X-Last-Seq')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect((await call(target, '/changes.ndjson', { after: '999999999' })).text).toBe('')
  })

  own('EXT-35 what is wrong is named, and there is no XML of it', async () => {
    for (const [args, name] of [
      [{ after: '-1' }, /after/],
      [{ after: '1.5' }, /after/],
      [{ after: '99999999999999999999' }, /after/],
      [{ limit: '0' }, /limit/],
      [{ limit: '1001' }, /limit/],
      [{ wait: '61' }, /wait/],
      [{ wait: 'long' }, /wait/],
    ] as const)
      expectErrors(await changes(args), 'json', 400, name)
    expectErrors(await get(target, 'xml', '/changes'), 'xml', 404)
    for (const path of ['/changes.csv', '/changes.rss', '/changes.geojson'])
      expect((await call(target, path)).status).toBe(404)
    expect((await call(target, '/changes', {}, { method: 'POST' })).status).toBe(405)
    const elsewhere = await call({ ...target, url: target.own!.two.url }, '/changes.json')
    expectErrors(elsewhere, 'json', 400, /jurisdiction_id/)
  })

  own('EXT-07 EXT-35 the test endpoint has a feed of its own', async () => {
    const before = Number(await lastSeq())
    const test = { ...target, url: target.own!.testUrl }
    const here = Number((await get(test, 'json', '/changes', { limit: '1' })).headers.get('x-last-seq'))
    expect(here).toBeLessThan(before)
  })

  own('EXT-36 A-38 a stream is for who asks by the header, unless the address says otherwise', async () => {
    const before = await lastSeq()
    const url = `${target.url}/changes`
    const accept = 'text/event-stream'
    expect(
      (await call(target, '/changes.json', { limit: '1' }, { headers: { accept } })).headers.get(
        'content-type',
      ),
    ).toMatch(/^application\/json/)
    const refused = await openEvents(url, { 'last-event-id': 'x' })
    expect(refused.status).toBe(400)
    const source = await openEvents(`${url}?after=${before}`)
    try {
      const id = await file()
      await expect
        .poll(() => source.events.map(({ data }) => JSON.parse(data).service_request_id), { timeout: 30_000 })
        .toContain(id)
      expect(source.events.map((each) => Number(each.id))).toEqual(
        source.events.map((_, index) => Number(before) + index + 1),
      )
    } finally {
      source.close()
    }
    const preflight = await call(target, '/changes', {}, { method: 'OPTIONS' })
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Last-Event-ID')
  })
})
