import { describe, expect, test } from 'vitest'
import { openEventStream } from '../harness/event-source.js'
import { get, post, sendRequest } from './client.js'
import {
  describeResponse,
  expectErrors,
  expectList,
  expectOk,
  first,
  getRecords,
  getText,
  parseJson,
  parseXmlRoot,
} from './response.js'
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
  const getChanges = (args: Record<string, string> = {}) => get(target, 'json', '/changes', args)
  const getEntries = async (args: Record<string, string>) => {
    const response = await getChanges(args)
    expect(response.status, describeResponse(response)).toBe(200)
    return parseJson(response) as Entry[]
  }
  const getLastSeq = async () => (await getChanges({ limit: '1' })).headers.get('x-last-seq')!
  const submit = async () => {
    const response = await post(target, 'json', {
      service_code: 'POTHOLE',
      ...INSIDE,
      description: 'Deep hole',
    })
    return getText(first(expectList(response, 'json')), 'service_request_id')
  }
  const postUpdate = (service_request_id: string, args: Record<string, string>) =>
    sendRequest(
      target,
      '/servicerequestupdates.json',
      {},
      {
        form: { api_key: target.own!.keyOfCity, service_request_id, ...args },
      },
    )
  /** Waits for `count` entries of one service request after the position `after`. */
  const waitForEntries = async (id: string, after: string, count: number) => {
    const received: Entry[] = []
    for (let at = after; received.length < count; ) {
      const entries = await getEntries({ after: at, wait: '20' })
      at = String(entries.at(-1)?.seq ?? at)
      received.push(...entries.filter((each) => each.service_request_id === id))
    }
    return received
  }

  own.for(target.formats)(
    'EXT-30 EXT-34 updates appear in the history of a service request, in %s',
    async (format) => {
      const id = await submit()
      await postUpdate(id, { status: 'IN_PROGRESS', description: 'A crew <is> on its way & will be there.' })
      await postUpdate(id, { description: 'Thank you!', media_url: 'https://city.example/1.jpg' })
      await postUpdate(id, { status: 'FIXED', description: 'Filled.' })
      const updates = expectList(await get(target, format, `/requests/${id}/updates`), format)
      expect(updates.map((each) => [each.service_request_id, each.status, each.description])).toEqual([
        [id, 'in_progress', 'A crew <is> on its way & will be there.'],
        [id, 'in_progress', 'Thank you!'],
        [id, 'fixed', 'Filled.'],
      ])
      expect(new Set(updates.map((each) => getText(each, 'update_id'))).size).toBe(3)
      const one = await get(target, format, `/requests/${id}`, { extensions: 'true' })
      const [{ extended_attributes }] = expectList(one, format) as [{ extended_attributes: never }]
      expect(getText(extended_attributes, 'detailed_status')).toBe('fixed')
      const notes = getRecords(extended_attributes, 'notes')
      expect(notes.map((note) => [note.type, note.summary])).toEqual([
        ['submitted', 'Submitted'],
        ['activity', 'In progress'],
        ['activity', 'Update'],
        ['closed', 'Fixed'],
      ])
      for (const note of notes)
        expect(Object.keys(note)).toEqual(['datetime', 'type', 'summary', 'description'])
      const found = await get(target, format, '/requests', { detailed_status: 'FIXED' })
      expect(expectList(found, format).map((each) => each.service_request_id)).toContain(id)
      const plain = await get(target, format, `/requests/${id}`)
      expect(plain.text).not.toMatch(/["<](notes|detailed_status)[">]/)
      if (format === 'xml')
        expect(parseXmlRoot(await get(target, format, `/requests/${id}/updates`)).name).toBe(
          'service_request_updates',
        )
    },
  )

  own.for(target.formats)(
    'EXT-30 EXT-34 refuses an unknown service_request_id and an unknown detailed_status, in %s',
    async (format) => {
      expectErrors(await get(target, format, '/requests/nobody/updates'), format, 404, /service_request_id/)
      expectErrors(
        await get(target, format, '/requests', { detailed_status: 'painted' }),
        format,
        400,
        /painted/,
      )
      const none = await get(target, format, `/requests/${await submit()}/updates`)
      expectOk(none, format)
      expect(expectList(none, format)).toEqual([])
    },
  )

  own('EXT-35 the feed has submissions and later changes in order', async () => {
    const before = await getLastSeq()
    const id = await submit()
    await postUpdate(id, { status: 'CLOSED', description: 'Done.' })
    const received = await waitForEntries(id, before, 2)
    expect(received).toMatchObject([
      { change_type: 'create', kind: 'created' },
      { change_type: 'change', kind: 'closed', changed: expect.arrayContaining(['status', 'status_notes']) },
    ])
    const [now] = parseJson(await get(target, 'json', `/requests/${id}`, { extensions: 'true' })) as [object]
    for (const { service_request } of received) expect(service_request).toEqual(now)
    expect(JSON.stringify(received)).not.toMatch(/key_id|position|exact|visibility/)
  })

  own(
    'EXT-35 next links return all entries without gap or overlap, and NDJSON has the same entries',
    async () => {
      const all = await getEntries({ limit: '60' })
      expect(all.map((each) => each.seq)).toEqual(all.map((_, index) => index + 1))
      let url = '/changes.json?limit=7'
      const collected: Entry[] = []
      while (collected.length < 60) {
        const response = await sendRequest(target, url)
        const entries = parseJson(response) as Entry[]
        collected.push(...entries)
        const next = /^<([^>]+)>; rel="next"$/.exec(response.headers.get('link')!)![1]!
        url = new URL(next, response.url).href
      }
      // Simultaneous changes may alter service_request, but not seq and service_request_id.
      expect(collected.slice(0, 60).map((each) => [each.seq, each.service_request_id])).toEqual(
        all.map((each) => [each.seq, each.service_request_id]),
      )
      const lines = await sendRequest(target, '/changes.ndjson', { limit: '3' })
      expect(lines.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8')
      expect(
        lines.text
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line).seq),
      ).toEqual([1, 2, 3])
      expect((await getEntries({})).length).toBe(100)
      expect((await getEntries({ limit: '1000' })).length).toBe(1000)
    },
  )

  own('EXT-35 after the last entry the list is empty and has a next link', async () => {
    const response = await getChanges({ after: '999999999', limit: '5' })
    expect(parseJson(response)).toEqual([])
    expect(response.headers.get('link')).toBe('<?limit=5&after=999999999>; rel="next"')
    expect(Number(response.headers.get('x-last-seq'))).toBeGreaterThan(1000)
    expect(response.headers.get('access-control-expose-headers')).toContain('X-Last-Seq')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect((await sendRequest(target, '/changes.ndjson', { after: '999999999' })).text).toBe('')
  })

  own('EXT-35 names invalid arguments, and refuses other formats and methods', async () => {
    for (const [args, name] of [
      [{ after: '-1' }, /after/],
      [{ after: '1.5' }, /after/],
      [{ after: '99999999999999999999' }, /after/],
      [{ limit: '0' }, /limit/],
      [{ limit: '1001' }, /limit/],
      [{ wait: '61' }, /wait/],
      [{ wait: 'long' }, /wait/],
    ] as const)
      expectErrors(await getChanges(args), 'json', 400, name)
    expectErrors(await get(target, 'xml', '/changes'), 'xml', 404)
    for (const path of ['/changes.csv', '/changes.rss', '/changes.geojson'])
      expect((await sendRequest(target, path)).status).toBe(404)
    expect((await sendRequest(target, '/changes', {}, { method: 'POST' })).status).toBe(405)
    const elsewhere = await sendRequest({ ...target, url: target.own!.two.url }, '/changes.json')
    expectErrors(elsewhere, 'json', 400, /jurisdiction_id/)
  })

  own('EXT-07 EXT-35 the test endpoint has its own feed', async () => {
    const before = Number(await getLastSeq())
    const test = { ...target, url: target.own!.testUrl }
    const here = Number((await get(test, 'json', '/changes', { limit: '1' })).headers.get('x-last-seq'))
    expect(here).toBeLessThan(before)
  })

  own(
    'EXT-36 A-38 sends an event stream for Accept: text/event-stream if the path has no suffix',
    async () => {
      const before = await getLastSeq()
      const url = `${target.url}/changes`
      const accept = 'text/event-stream'
      expect(
        (await sendRequest(target, '/changes.json', { limit: '1' }, { headers: { accept } })).headers.get(
          'content-type',
        ),
      ).toMatch(/^application\/json/)
      const refused = await openEventStream(url, { 'last-event-id': 'x' })
      expect(refused.status).toBe(400)
      const source = await openEventStream(`${url}?after=${before}`)
      try {
        const id = await submit()
        await expect
          .poll(() => source.events.map(({ data }) => JSON.parse(data).service_request_id), {
            timeout: 30_000,
          })
          .toContain(id)
        expect(source.events.map((each) => Number(each.id))).toEqual(
          source.events.map((_, index) => Number(before) + index + 1),
        )
      } finally {
        source.close()
      }
      const preflight = await sendRequest(target, '/changes', {}, { method: 'OPTIONS' })
      expect(preflight.headers.get('access-control-allow-headers')).toContain('Last-Event-ID')
    },
  )
})
