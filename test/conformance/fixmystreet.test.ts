import { describe, expect, test } from 'vitest'
import { type Args, get, type HttpResponse, post, sendRequest } from './client.js'
import { createMarker, formatInstant } from './explore.js'
import type { PlainRecord } from './plain-record.js'
import { describeResponse, expectErrors, expectList, expectOne, getText, parseXmlRoot } from './response.js'
import { INSIDE } from './rivertown.js'
import type { Format } from './target.js'
import { targets } from './targets.js'

// FixMyStreet as a client: its requests and the members that it reads (EXT-32, EXT-33).

for (const target of targets)
  describe.skipIf(!target.own)(target.name, () => {
    const key = () => target.own!.keyOfCity
    const submit = async (more: Args = {}, format: Format = 'xml') =>
      getText(
        expectOne(
          await post(target, format, {
            api_key: key(),
            service_code: 'POTHOLE',
            ...INSIDE,
            ...(more as Record<string, string>),
          }),
          format,
        ),
        'service_request_id',
      )
    const send = (format: Format, form: Record<string, string | string[] | null>): Promise<HttpResponse> =>
      sendRequest(target, `/servicerequestupdates.${format}`, {}, { form: { api_key: key(), ...form } })
    const getRequest = async (service_request_id: string) =>
      expectOne(await get(target, 'json', `/requests/${service_request_id}`), 'json')
    const now = (seconds = 0) => formatInstant(Date.now() + seconds * 1000)
    const period = (from = -3600, to = 3600): Args => ({ start_date: now(from), end_date: now(to) })
    const getFeed = async (format: Format, args: Args = period()) =>
      expectList(await get(target, format, '/servicerequestupdates', args), format)

    /** Waits up to 10 s for `count` updates of a service request in the feed, which appear after sequencing. */
    async function waitForUpdates(
      service_request_id: string,
      count: number,
      format: Format = 'xml',
    ): Promise<PlainRecord[]> {
      for (const deadline = Date.now() + 10_000; ; ) {
        const updates = (await getFeed(format)).filter(
          (each) => each.service_request_id === service_request_id,
        )
        if (updates.length >= count || Date.now() > deadline) return updates
        await new Promise((done) => setTimeout(done, 50))
      }
    }

    test.each(['xml', 'json'] as const)(
      'EXT-33 an update by FixMyStreet closes a service request, in %s',
      async (format) => {
        const id = await submit({}, format)
        const response = await send(format, {
          jurisdiction_id: null,
          service_request_id: id,
          update_id: createMarker('u'),
          status: 'CLOSED',
          updated_datetime: now(),
          description: 'It has been filled.',
          first_name: 'Marmaduke',
          last_name: '-',
          email: 'marmaduke@example.org',
          title: '',
          email_alerts_requested: 'FALSE',
          public_anonymity_required: 'TRUE',
          service_request_id_ext: '417',
          'attribute[anything]': 'x',
        })
        const { update_id } = expectOne(response, format)
        expect(update_id).toMatch(/^\S{10,}$/)
        if (format === 'xml')
          expect([parseXmlRoot(response).name, parseXmlRoot(response).children[0]!.name]).toEqual([
            'service_request_updates',
            'request_update',
          ])
        expect(await getRequest(id)).toMatchObject({ status: 'closed', status_notes: 'It has been filled.' })
        const [update] = await waitForUpdates(id, 1, format)
        expect(update).toMatchObject({
          update_id,
          service_request_id: id,
          status: 'closed',
          description: 'It has been filled.',
        })
        expect(Date.now() - Date.parse(getText(update!, 'updated_datetime'))).toBeLessThan(120_000)
      },
    )

    test('EXT-33 A-47 a repeated update returns the first id and adds no second update', async () => {
      const id = await submit()
      const update = {
        service_request_id: id,
        update_id: createMarker('u'),
        status: 'OPEN',
        description: 'Still there.',
      }
      const responses = await Promise.all([send('xml', update), send('xml', update), send('xml', update)])
      const ids = new Set(responses.map((response) => expectOne(response, 'xml').update_id))
      expect(ids.size).toBe(1)
      expect(expectOne(await send('json', update), 'json').update_id).toBe([...ids][0])
      expect(await waitForUpdates(id, 1)).toHaveLength(1)
    })

    test('EXT-30 EXT-33 accepts statuses of FixMyStreet in any case, and refuses others', async () => {
      const id = await submit()
      const words: [sent: string, status: string, detailedStatus: string][] = [
        ['IN_PROGRESS', 'open', 'in_progress'],
        ['unchanged', 'open', 'in_progress'],
        ['Action Scheduled', 'open', 'action_scheduled'],
        ['FIXED - COUNCIL', 'closed', 'fixed'],
        ['REOPEN', 'open', 'open'],
        ['NOT_COUNCILS_RESPONSIBILITY', 'closed', 'not_councils_responsibility'],
        ['CONFIRMED', 'open', 'open'],
        ['DUPLICATE', 'closed', 'duplicate'],
      ]
      for (const [index, [sent, status]] of words.entries()) {
        const response = await send('xml', {
          service_request_id: id,
          status: sent,
          description: `${index}`,
          updated_datetime: now(index),
        })
        expect(response.status, describeResponse(response)).toBe(200)
        expect((await getRequest(id)).status, sent).toBe(status)
      }
      const updates = await waitForUpdates(id, words.length)
      expect(updates.map((each) => each.status)).toEqual(words.map(([, , word]) => word))
      const response = await send('xml', { service_request_id: id, status: 'banana' })
      expectErrors(response, 'xml', 400, /banana/)
    })

    test('EXT-33 an update that is older than the last status change does not change the status', async () => {
      const id = await submit()
      await send('xml', { service_request_id: id, status: 'FIXED', description: 'Done.' })
      await send('xml', {
        service_request_id: id,
        status: 'OPEN',
        description: 'Still there!',
        updated_datetime: now(-3600),
      })
      expect(await getRequest(id)).toMatchObject({ status: 'closed', status_notes: 'Done.' })
      expect((await waitForUpdates(id, 2)).map((each) => each.description)).toEqual(['Done.', 'Still there!'])
    })

    test('EXT-33 GR-KEY-02 GR-ERR-08 names all missing and invalid arguments', async () => {
      const id = await submit()
      for (const format of ['xml', 'json'] as const) {
        expectErrors(await send(format, { service_request_id: id }), format, 400, /status/)
        expectErrors(await send(format, { status: 'OPEN' }), format, 400, /service_request_id/)
        const long = { service_request_id: id, description: 'x'.repeat(4001) }
        expectErrors(await send(format, long), format, 400, /description.*4000/)
        expectErrors(
          await send(format, { service_request_id: 'no-such', status: 'OPEN' }),
          format,
          404,
          /service_request_id/,
        )
        expectErrors(
          await send(format, { service_request_id: id, status: 'OPEN', api_key: null }),
          format,
          403,
          /api_key/,
        )
        // A key with the scope report cannot post updates.
        expectErrors(
          await send(format, { service_request_id: id, status: 'OPEN', api_key: target.key }),
          format,
          403,
          /api_key/,
        )
        const several = await send(format, {
          service_request_id: id,
          status: 'nonsense',
          updated_datetime: 'yesterday',
          media_url: 'ftp://x',
        })
        expectErrors(several, format, 400)
        for (const name of ['status', 'updated_datetime', 'media_url']) expect(several.text).toContain(name)
      }
    })

    test('EXT-32 selects updates by the time of their arrival, bounds included, without data of their senders', async () => {
      const id = await submit({ 'attribute[fixmystreet_id]': '41723' })
      await send('xml', {
        service_request_id: id,
        status: 'INVESTIGATING',
        description: 'On it.',
        media_url: ['https://photos.example/1.jpg', 'https://photos.example/2.jpg'],
        first_name: 'Marmaduke',
        last_name: 'Featherstonehaugh',
        email: 'marmaduke@example.org',
        updated_datetime: now(-40 * 86_400),
      })
      const [update] = await waitForUpdates(id, 1)
      expect(update).toMatchObject({
        status: 'investigating',
        media_url: 'https://photos.example/1.jpg',
        fixmystreet_id: '41723',
      })
      const at = getText(update!, 'updated_datetime')
      const exact = await getFeed('json', { start_date: at, end_date: at })
      expect(exact.map((each) => each.update_id)).toContain(update!.update_id)
      expect((await getFeed('json', period(-7200, -3600))).map((each) => each.update_id)).not.toContain(
        update!.update_id,
      )
      const everything = (await get(target, 'xml', '/servicerequestupdates', period())).text
      expect(everything).not.toMatch(/Marmaduke|Featherstonehaugh|example\.org/)
      expectErrors(
        await get(target, 'xml', '/servicerequestupdates', {
          start_date: '2020-01-01',
          end_date: '2026-01-01',
        }),
        'xml',
        400,
        /days/,
      )
    })

    test('EXT-32 A-61 lists no updates of service requests that are not public', async () => {
      const id = await submit({ service_code: 'ENCAMPMENT' })
      const response = await send('xml', {
        service_request_id: id,
        status: 'OPEN',
        description: createMarker('hidden'),
      })
      expect(response.status, describeResponse(response)).toBe(200)
      // A later update is listed, so the first one would be listed too.
      const seen = await submit()
      await send('xml', { service_request_id: seen, status: 'OPEN', description: 'seen' })
      expect(await waitForUpdates(seen, 1)).toHaveLength(1)
      expect((await get(target, 'xml', '/servicerequestupdates', period())).text).not.toContain(id)
    })
  })
