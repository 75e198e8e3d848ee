import { describe, expect, test } from 'vitest'
import { addKey, FORM, get, getDiscovery, type HttpResponse, post, sendRequest } from './client.js'
import {
  createMarker,
  findPlainService,
  getLocation,
  getRecent,
  getServiceRequest,
  getServices,
} from './explore.js'
import {
  CONTENT_TYPE,
  describeResponse,
  expectErrors,
  expectOk,
  expectOne,
  first,
  getText,
  parseJson,
  parseXmlRoot,
} from './response.js'
import { readXml } from './strict-xml.js'
import type { Format } from './target.js'
import { targets } from './targets.js'

const NON_ASCII = 'Straße – ☂ – 𝒳 – 日本 – é'

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const posting = test.skipIf(!target.key)

  async function requestAll(format: Format): Promise<HttpResponse[]> {
    const id = encodeURIComponent(getText(first(await getRecent(target)), 'service_request_id'))
    const code = encodeURIComponent(getText(first(await getServices(target)), 'service_code'))
    const paths = [
      '/services',
      `/services/${code}`,
      '/requests',
      `/requests/${id}`,
      '/requests/none-0',
      '/services/none-0',
    ]
    return Promise.all([...paths.map((path) => get(target, format, path)), getDiscovery(target, format)])
  }

  async function submitAndRead(form: Record<string, string>, description: string) {
    const service_code = await findPlainService(target)
    const response = await post(target, 'xml', {
      service_code,
      ...(await getLocation(target)),
      ...form,
      description,
    })
    return getServiceRequest(target, getText(expectOne(response, 'xml'), 'service_request_id'))
  }

  async function postRaw(format: Format, body: Uint8Array, type = FORM): Promise<HttpResponse> {
    return sendRequest(
      target,
      `/requests.${format}`,
      {},
      { body, method: 'POST', headers: { 'content-type': type } },
    )
  }

  test('GR-ENC-01 GR-ENC-02 A-34 XML responses are text/xml in UTF-8, errors included', async () => {
    for (const response of await requestAll('xml')) {
      expect(response.headers.get('content-type') ?? '', describeResponse(response)).toMatch(CONTENT_TYPE.xml)
      new TextDecoder('utf-8', { fatal: true }).decode(response.bytes)
    }
  })

  test.runIf(target.formats.includes('json'))(
    'GR-ENC-01 GR-ENC-03 JSON responses are application/json in UTF-8, errors included',
    async () => {
      for (const response of await requestAll('json')) {
        expect(response.headers.get('content-type') ?? '', describeResponse(response)).toMatch(
          CONTENT_TYPE.json,
        )
        new TextDecoder('utf-8', { fatal: true }).decode(response.bytes)
        expect(response.bytes[0], 'a byte order mark').not.toBe(0xef)
        parseJson(response)
      }
    },
  )

  test('GR-ENC-04 XML begins with a declaration of UTF-8, without a byte order mark or blank before it', async () => {
    for (const response of await requestAll('xml')) {
      expect(response.text, describeResponse(response)).toMatch(
        /^<\?xml\s+version\s*=\s*["']1\.0["']\s+encoding\s*=\s*["']utf-8["']/i,
      )
      expect([...response.bytes.slice(0, 5)]).toEqual([...Buffer.from('<?xml')])
      readXml(response.bytes)
    }
  })

  posting('GR-ENC-05 keeps non-ASCII text of a form body', async () => {
    const description = `${NON_ASCII} ${createMarker()}`
    expect((await submitAndRead({}, description)).description).toBe(description)
  })

  own('GR-ENC-05 keeps non-ASCII text of a query string', async () => {
    const description = `${NON_ASCII} ${createMarker()}`
    const args = addKey(target, { service_code: 'POTHOLE', ...(await getLocation(target)), description })
    const id = getText(
      expectOne(await sendRequest(target, '/requests.json', args, { method: 'POST' }), 'json'),
      'service_request_id',
    )
    expect((await getServiceRequest(target, id)).description).toBe(description)
  })

  posting('GR-ENC-05 GR-ENC-06 reads + and %20 as a blank', async () => {
    const service_code = await findPlainService(target)
    const start = new URLSearchParams(
      addKey(target, { service_code, ...(await getLocation(target)) }),
    ).toString()
    const tail = target.jurisdiction_id ? `&jurisdiction_id=${target.jurisdiction_id}` : ''
    const body = new TextEncoder().encode(`${start}${tail}&description=a+b%20c%2Bd`)
    const id = getText(expectOne(await postRaw('xml', body), 'xml'), 'service_request_id')
    expect((await getServiceRequest(target, id)).description).toBe('a b c+d')
  })

  posting.for([FORM, `${FORM}; charset=utf-8`, `${FORM};charset=UTF-8`])(
    'GR-ENC-06 accepts the media type %s',
    async (type) => {
      const description = `${NON_ASCII} ${createMarker()}`
      const service_code = await findPlainService(target)
      const form = { service_code, ...(await getLocation(target)), description }
      const response = await post(target, 'xml', form, { headers: { 'content-type': type } })
      const id = getText(expectOne(response, 'xml'), 'service_request_id')
      expect((await getServiceRequest(target, id)).description).toBe(description)
    },
  )

  own.for(target.formats)('GR-ENC-05 refuses bytes that are not UTF-8 with 400, in %s', async (format) => {
    const start = new URLSearchParams(
      addKey(target, { service_code: 'POTHOLE', ...(await getLocation(target)) }),
    ).toString()
    for (const invalid of ['%FF', '%C3%28', '%E2%82', '%ED%A0%80', '%C0%AF'])
      expectErrors(
        await postRaw(format, new TextEncoder().encode(`${start}&description=a${invalid}b`)),
        format,
        400,
      )
    const bytes = Buffer.concat([
      Buffer.from(`${start}&description=a`),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('b'),
    ])
    expectErrors(await postRaw(format, bytes), format, 400)
    expectErrors(await sendRequest(target, `/requests.${format}`, 'service_code=%FF'), format, 400)
  })

  own('GR-ENC-05 keeps a percent sign that is not followed by two hex digits', async () => {
    const start = new URLSearchParams(
      addKey(target, { service_code: 'POTHOLE', ...(await getLocation(target)) }),
    ).toString()
    const id = getText(
      expectOne(await postRaw('json', Buffer.from(`${start}&description=100% sure, 5%zz`)), 'json'),
      'service_request_id',
    )
    expect((await getServiceRequest(target, id)).description).toBe('100% sure, 5%zz')
  })

  posting('GR-ENC-07 removes characters that XML forbids', async () => {
    for (const invalid of ['\u0010', '\u0001', '\u0008', '\u000b', '\u000c', '\u001f', '\ufffe', '\uffff']) {
      const record = await submitAndRead({}, `a${invalid}b`) // The strict parser throws on a forbidden character.
      expect(record.description).toBe('ab')
    }
  })

  own('GR-ENC-07 accepts U+0000 and unpaired surrogates, and removes or replaces them', async () => {
    expect((await submitAndRead({}, 'a\u0000b')).description).toBe('ab')
    const fields = {
      ...Object.fromEntries(addKey(target, {})),
      service_code: 'POTHOLE',
      ...(await getLocation(target)),
    }
    const body = JSON.stringify({ ...fields, description: 'MARK' }).replace('MARK', 'a\\ud800b\\udc00c')
    const response = await postRaw('json', Buffer.from(body), 'application/json')
    const record = await getServiceRequest(target, getText(expectOne(response, 'json'), 'service_request_id'))
    expect(record.description).toMatch(/^a\ufffd?b\ufffd?c$/)
  })

  own('GR-ENC-07 accepts control characters in every text argument', async () => {
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
    const response = await post(target, 'xml', { ...form, ...rest })
    expectOk(response, 'xml')
    const record = await get(
      target,
      'xml',
      `/requests/${getText(expectOne(response, 'xml'), 'service_request_id')}`,
    )
    expect(parseXmlRoot(record).children.length).toBe(1)
  })

  own('GR-ENC-07 a refusal that quotes the argument is well-formed XML', async () => {
    for (const odd of ['\u0010', '<b>&amp;', ']]>', '\uffff', '\u0000', '"\'', '😀'])
      expectErrors(await get(target, 'xml', '/requests', { status: `ban${odd}ana` }), 'xml', 400)
  })
})
