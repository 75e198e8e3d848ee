import { describe, expect, test } from 'vitest'
import { about, expectErrors, listOf, oneOf, rootOf, word } from './answer.js'
import { type Answer, type Args, call, get, post } from './client.js'
import { marker, stamp } from './exploring.js'
import { INSIDE } from './rivertown.js'
import type { PlainRecord } from './same-record.js'
import type { Format } from './target.js'
import { targets } from './targets.js'

// FixMyStreet as a client: what it sends and what it reads (contract 4.3).

for (const target of targets)
  describe.skipIf(!target.own)(target.name, () => {
    const key = () => target.own!.keyOfCity
    const report = async (more: Args = {}, format: Format = 'xml') =>
      word(
        oneOf(
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
    const send = (format: Format, form: Record<string, string | string[] | null>): Promise<Answer> =>
      call(target, `/servicerequestupdates.${format}`, {}, { form: { api_key: key(), ...form } })
    const statusOf = async (service_request_id: string) =>
      oneOf(await get(target, 'json', `/requests/${service_request_id}`), 'json')
    const now = (seconds = 0) => stamp(Date.now() + seconds * 1000)
    const period = (from = -3600, to = 3600): Args => ({ start_date: now(from), end_date: now(to) })
    const feed = async (format: Format, args: Args = period()) =>
      listOf(await get(target, format, '/servicerequestupdates', args), format)

    /** Updates that the feed has of a service request; they are there when they are numbered. */
    async function told(
      service_request_id: string,
      count: number,
      format: Format = 'xml',
    ): Promise<PlainRecord[]> {
      for (const deadline = Date.now() + 10_000; ; ) {
        const found = (await feed(format)).filter((each) => each.service_request_id === service_request_id)
        if (found.length >= count || Date.now() > deadline) return found
        await new Promise((done) => setTimeout(done, 50))
      }
    }

    test.each(['xml', 'json'] as const)(
      'EXT-33 an update of FixMyStreet closes a service request, in %s',
      async (format) => {
        const id = await report({}, format)
        const answer = await send(format, {
          jurisdiction_id: null,
          service_request_id: id,
          update_id: marker('u'),
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
        const { update_id } = oneOf(answer, format)
        expect(update_id).toMatch(/^\S{10,}$/)
        if (format === 'xml')
          expect([rootOf(answer).name, rootOf(answer).children[0]!.name]).toEqual([
            'service_request_updates',
            'request_update',
          ])
        expect(await statusOf(id)).toMatchObject({ status: 'closed', status_notes: 'It has been filled.' })
        const [update] = await told(id, 1, format)
        expect(update).toMatchObject({
          update_id,
          service_request_id: id,
          status: 'closed',
          description: 'It has been filled.',
        })
        expect(Date.now() - Date.parse(word(update!, 'updated_datetime'))).toBeLessThan(120_000)
      },
    )

    test('EXT-33 A-47 an update that is sent again gets its first id, and is one update', async () => {
      const id = await report()
      const update = {
        service_request_id: id,
        update_id: marker('u'),
        status: 'OPEN',
        description: 'Still there.',
      }
      const answers = await Promise.all([send('xml', update), send('xml', update), send('xml', update)])
      const ids = new Set(answers.map((answer) => oneOf(answer, 'xml').update_id))
      expect(ids.size).toBe(1)
      expect(oneOf(await send('json', update), 'json').update_id).toBe([...ids][0])
      expect(await told(id, 1)).toHaveLength(1)
    })

    test('EXT-30 EXT-33 the words of FixMyStreet are understood in any case; other words are refused', async () => {
      const id = await report()
      const words: [said: string, status: string, told: string][] = [
        ['IN_PROGRESS', 'open', 'in_progress'],
        ['unchanged', 'open', 'in_progress'],
        ['Action Scheduled', 'open', 'action_scheduled'],
        ['FIXED - COUNCIL', 'closed', 'fixed'],
        ['REOPEN', 'open', 'open'],
        ['NOT_COUNCILS_RESPONSIBILITY', 'closed', 'not_councils_responsibility'],
        ['CONFIRMED', 'open', 'open'],
        ['DUPLICATE', 'closed', 'duplicate'],
      ]
      for (const [index, [said, status]] of words.entries()) {
        const answer = await send('xml', {
          service_request_id: id,
          status: said,
          description: `${index}`,
          updated_datetime: now(index),
        })
        expect(answer.status, about(answer)).toBe(200)
        expect((await statusOf(id)).status, said).toBe(status)
      }
      const updates = await told(id, words.length)
      expect(updates.map((each) => each.status)).toEqual(words.map(([, , word]) => word))
      const answer = await send('xml', { service_request_id: id, status: 'banana' })
      expectErrors(answer, 'xml', 400, /banana/)
    })

    test('EXT-33 an update from before the last change of the status does not turn it back', async () => {
      const id = await report()
      await send('xml', { service_request_id: id, status: 'FIXED', description: 'Done.' })
      await send('xml', {
        service_request_id: id,
        status: 'OPEN',
        description: 'Still there!',
        updated_datetime: now(-3600),
      })
      expect(await statusOf(id)).toMatchObject({ status: 'closed', status_notes: 'Done.' })
      expect((await told(id, 2)).map((each) => each.description)).toEqual(['Done.', 'Still there!'])
    })

    test('EXT-33 GR-KEY-02 GR-ERR-08 what is missing or wrong is told, all of it', async () => {
      const id = await report()
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
        // A key that only reports says nothing about what became of it.
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

    test('EXT-32 updates are told by when they became known, bounds included; who sent them stays unsaid', async () => {
      const id = await report({ 'attribute[fixmystreet_id]': '41723' })
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
      const [update] = await told(id, 1)
      expect(update).toMatchObject({
        status: 'investigating',
        media_url: 'https://photos.example/1.jpg',
        fixmystreet_id: '41723',
      })
      const at = word(update!, 'updated_datetime')
      const exact = await feed('json', { start_date: at, end_date: at })
      expect(exact.map((each) => each.update_id)).toContain(update!.update_id)
      expect((await feed('json', period(-7200, -3600))).map((each) => each.update_id)).not.toContain(
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

    test('EXT-32 A-61 nothing is told of what is not public', async () => {
      const id = await report({ service_code: 'ENCAMPMENT' })
      const answer = await send('xml', {
        service_request_id: id,
        status: 'OPEN',
        description: marker('hidden'),
      })
      expect(answer.status, about(answer)).toBe(200)
      // What comes after it is there: it would be too.
      const seen = await report()
      await send('xml', { service_request_id: seen, status: 'OPEN', description: 'seen' })
      expect(await told(seen, 1)).toHaveLength(1)
      expect((await get(target, 'xml', '/servicerequestupdates', period())).text).not.toContain(id)
    })
  })
