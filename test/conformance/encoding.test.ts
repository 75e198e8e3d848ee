import { describe, expect, test } from 'vitest'
import { about, CONTENT_TYPE, expectErrors, expectOk, first, jsonOf, oneOf, rootOf, word } from './answer.js'
import { type Answer, call, discover, FORM, get, post, withKey } from './client.js'
import { found, marker, place, plainService, recent, servicesOf } from './exploring.js'
import { readXml } from './strict-xml.js'
import type { Format } from './target.js'
import { targets } from './targets.js'

const HARD = 'Straße – ☂ – 𝒳 – 日本 – é'

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const posting = test.skipIf(!target.key)

  async function every(format: Format): Promise<Answer[]> {
    const id = encodeURIComponent(word(first(await recent(target)), 'service_request_id'))
    const code = encodeURIComponent(word(first(await servicesOf(target)), 'service_code'))
    const paths = [
      '/services',
      `/services/${code}`,
      '/requests',
      `/requests/${id}`,
      '/requests/none-0',
      '/services/none-0',
    ]
    return Promise.all([...paths.map((path) => get(target, format, path)), discover(target, format)])
  }

  async function posted(form: Record<string, string>, description: string) {
    const service_code = await plainService(target)
    const answer = await post(target, 'xml', { service_code, ...(await place(target)), ...form, description })
    return found(target, word(oneOf(answer, 'xml'), 'service_request_id'))
  }

  async function raw(format: Format, body: Uint8Array, type = FORM): Promise<Answer> {
    return call(
      target,
      `/requests.${format}`,
      {},
      { body, method: 'POST', headers: { 'content-type': type } },
    )
  }

  test('GR-ENC-01 GR-ENC-02 A-34 XML answers are text/xml in UTF-8, errors too', async () => {
    for (const answer of await every('xml')) {
      expect(answer.headers.get('content-type') ?? '', about(answer)).toMatch(CONTENT_TYPE.xml)
      new TextDecoder('utf-8', { fatal: true }).decode(answer.bytes)
    }
  })

  test.runIf(target.formats.includes('json'))(
    'GR-ENC-01 GR-ENC-03 JSON answers are application/json in UTF-8, errors too',
    async () => {
      for (const answer of await every('json')) {
        expect(answer.headers.get('content-type') ?? '', about(answer)).toMatch(CONTENT_TYPE.json)
        new TextDecoder('utf-8', { fatal: true }).decode(answer.bytes)
        expect(answer.bytes[0], 'a byte order mark').not.toBe(0xef)
        jsonOf(answer)
      }
    },
  )

  test('GR-ENC-04 XML begins with a declaration that says UTF-8, without mark or blank before it', async () => {
    for (const answer of await every('xml')) {
      expect(answer.text, about(answer)).toMatch(
        /^<\?xml\s+version\s*=\s*["']1\.0["']\s+encoding\s*=\s*["']utf-8["']/i,
      )
      expect([...answer.bytes.slice(0, 5)]).toEqual([...Buffer.from('<?xml')])
      readXml(answer.bytes)
    }
  })

  posting('GR-ENC-05 text beyond ASCII makes the round trip through a form body', async () => {
    const description = `${HARD} ${marker()}`
    expect((await posted({}, description)).description).toBe(description)
  })

  own('GR-ENC-05 text beyond ASCII makes the round trip through a query string', async () => {
    const description = `${HARD} ${marker()}`
    const args = withKey(target, { service_code: 'POTHOLE', ...(await place(target)), description })
    const id = word(
      oneOf(await call(target, '/requests.json', args, { method: 'POST' }), 'json'),
      'service_request_id',
    )
    expect((await found(target, id)).description).toBe(description)
  })

  posting('GR-ENC-05 GR-ENC-06 a plus and a %20 are both blanks', async () => {
    const service_code = await plainService(target)
    const start = new URLSearchParams(withKey(target, { service_code, ...(await place(target)) })).toString()
    const tail = target.jurisdiction_id ? `&jurisdiction_id=${target.jurisdiction_id}` : ''
    const body = new TextEncoder().encode(`${start}${tail}&description=a+b%20c%2Bd`)
    const id = word(oneOf(await raw('xml', body), 'xml'), 'service_request_id')
    expect((await found(target, id)).description).toBe('a b c+d')
  })

  posting.for([FORM, `${FORM}; charset=utf-8`, `${FORM};charset=UTF-8`])(
    'GR-ENC-06 %s is accepted',
    async (type) => {
      const description = `${HARD} ${marker()}`
      const service_code = await plainService(target)
      const form = { service_code, ...(await place(target)), description }
      const answer = await post(target, 'xml', form, { headers: { 'content-type': type } })
      const id = word(oneOf(answer, 'xml'), 'service_request_id')
      expect((await found(target, id)).description).toBe(description)
    },
  )

  own.for(target.formats)(
    'GR-ENC-05 bytes that are not UTF-8 are refused with 400, in %s',
    async (format) => {
      const start = new URLSearchParams(
        withKey(target, { service_code: 'POTHOLE', ...(await place(target)) }),
      ).toString()
      for (const bad of ['%FF', '%C3%28', '%E2%82', '%ED%A0%80', '%C0%AF'])
        expectErrors(
          await raw(format, new TextEncoder().encode(`${start}&description=a${bad}b`)),
          format,
          400,
        )
      const bytes = Buffer.concat([
        Buffer.from(`${start}&description=a`),
        Buffer.from([0xff, 0xfe]),
        Buffer.from('b'),
      ])
      expectErrors(await raw(format, bytes), format, 400)
      expectErrors(await call(target, `/requests.${format}`, 'service_code=%FF'), format, 400)
    },
  )

  own('GR-ENC-05 a stray percent sign stays what it is', async () => {
    const start = new URLSearchParams(
      withKey(target, { service_code: 'POTHOLE', ...(await place(target)) }),
    ).toString()
    const id = word(
      oneOf(await raw('json', Buffer.from(`${start}&description=100% sure, 5%zz`)), 'json'),
      'service_request_id',
    )
    expect((await found(target, id)).description).toBe('100% sure, 5%zz')
  })

  posting('GR-ENC-07 characters that XML forbids do not reach a document', async () => {
    for (const bad of ['\u0010', '\u0001', '\u0008', '\u000b', '\u000c', '\u001f', '\ufffe', '\uffff']) {
      const record = await posted({}, `a${bad}b`) // the strict reader throws on a forbidden character
      expect(record.description).toBe('ab')
    }
  })

  own('GR-ENC-07 U+0000 and unpaired surrogates do no harm', async () => {
    expect((await posted({}, 'a\u0000b')).description).toBe('ab')
    const fields = {
      ...Object.fromEntries(withKey(target, {})),
      service_code: 'POTHOLE',
      ...(await place(target)),
    }
    const body = JSON.stringify({ ...fields, description: 'MARK' }).replace('MARK', 'a\\ud800b\\udc00c')
    const answer = await raw('json', Buffer.from(body), 'application/json')
    const record = await found(target, word(oneOf(answer, 'json'), 'service_request_id'))
    expect(record.description).toMatch(/^a\ufffd?b\ufffd?c$/)
  })

  own('GR-ENC-07 control characters in every text argument are harmless', async () => {
    const text = 'x\u0010\u0000y'
    const form = {
      service_code: 'STREET-LIGHT',
      lat: '40.1',
      long: '-91.5',
      'attribute[LAMP_NO]': text,
      'attribute[LAMP_TYPE]': 'SINGLE',
      'attribute[DETAILS]': text,
    }
    const rest = Object.fromEntries(
      [
        'address_string',
        'address_id',
        'email',
        'device_id',
        'account_id',
        'first_name',
        'last_name',
        'phone',
        'description',
      ].map((name) => [name, text]),
    )
    const answer = await post(target, 'xml', { ...form, ...rest })
    expectOk(answer, 'xml')
    const record = await get(target, 'xml', `/requests/${word(oneOf(answer, 'xml'), 'service_request_id')}`)
    expect(rootOf(record).children.length).toBe(1)
  })

  own('GR-ENC-07 a refusal that quotes the argument is still strict XML', async () => {
    for (const odd of ['\u0010', '<b>&amp;', ']]>', '\uffff', '\u0000', '"\'', '😀'])
      expectErrors(await get(target, 'xml', '/requests', { status: `ban${odd}ana` }), 'xml', 400)
  })
})
