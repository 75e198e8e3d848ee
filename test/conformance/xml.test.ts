import { describe, expect, test } from 'vitest'
import { get, getDiscovery, type HttpResponse, post } from './client.js'
import {
  createMarker,
  getDefinitions,
  getPastWindow,
  getRecent,
  getServiceRequest,
  getServices,
  submit,
} from './explore.js'
import { REQUEST_MEMBERS } from './members.js'
import { ITEM, trimXmlSpace } from './plain-record.js'
import { describeResponse, expectList, expectOne, first, getText, parseXmlRoot } from './response.js'
import { type Element, readXml } from './strict-xml.js'
import { targets } from './targets.js'

const SPECIAL_TEXTS = [
  `& < > " '`,
  '<script>alert("x")</script>',
  '<![CDATA[ no ]]> and ]]>',
  '<!-- --> <?php ?> &amp; &#16; &nbsp;',
  '😀 𝒳 é \u2028 \u0085 \u00a0 end',
  'a  b\tc',
  '{"json": [1, null]} \\u0041 \\n "q"',
]

function getLeaves(element: Element): Element[] {
  return element.children.length === 0 ? [element] : element.children.flatMap(getLeaves)
}
function getAll(element: Element): Element[] {
  return [element, ...element.children.flatMap(getAll)]
}

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const posting = test.skipIf(!target.key)

  async function requestAll(): Promise<HttpResponse[]> {
    const id = encodeURIComponent(getText(first(await getRecent(target)), 'service_request_id'))
    const definitions = (await getDefinitions(target))
      .slice(0, 3)
      .map(({ code }) => `/services/${encodeURIComponent(code)}`)
    const paths = [
      '/services',
      ...definitions,
      '/requests',
      `/requests/${id}`,
      '/requests/none-0',
      '/services/none-0',
    ]
    return Promise.all([...paths.map((path) => get(target, 'xml', path)), getDiscovery(target, 'xml')])
  }

  test('GR-XML-01 GR-XML-03 no response has a namespace, prefix, attribute or document type', async () => {
    for (const response of await requestAll()) {
      expect(readXml(response.bytes).faults, describeResponse(response)).toEqual([])
      expect(response.text).not.toMatch(/<!DOCTYPE|xmlns|xsi:/)
    }
  })

  test('GR-XML-02 every wrapper contains only its own items', async () => {
    for (const response of await requestAll())
      for (const element of getAll(parseXmlRoot(response))) {
        const item = ITEM[element.name]
        if (item !== undefined && !(element.name === 'values' && element.children.length === 0))
          expect(
            [...new Set(element.children.map((child) => child.name))],
            describeResponse(response),
          ).toEqual(element.children.length === 0 ? [] : [item])
      }
    const list = parseXmlRoot(await get(target, 'xml', '/requests'))
    expect([...new Set(list.children.map((child) => child.name))]).toEqual(['request'])
  })

  own('GR-XML-04 members of requests and services are in the order of the standard', async () => {
    const list = parseXmlRoot(await get(target, 'xml', '/requests', getPastWindow()))
    for (const request of list.children)
      expect(request.children.map((child) => child.name)).toEqual(REQUEST_MEMBERS)
    const services = parseXmlRoot(await get(target, 'xml', '/services'))
    for (const service of services.children)
      expect(service.children.map((child) => child.name)).toEqual([
        'service_code',
        'service_name',
        'description',
        'metadata',
        'type',
        'keywords',
        'group',
      ])
  })

  own('GR-XML-05 A-03 writes a field without a value as an empty element', async () => {
    const response = await post(target, 'xml', { service_code: 'WEBSITE', description: createMarker() })
    const id = getText(expectOne(response, 'xml'), 'service_request_id')
    const request = first(parseXmlRoot(await get(target, 'xml', `/requests/${id}`)).children)
    expect(request.children.map((child) => child.name)).toEqual(REQUEST_MEMBERS)
    for (const name of ['lat', 'long', 'address', 'address_id', 'zipcode', 'media_url'])
      expect(
        request.children.find((child) => child.name === name),
        name,
      ).toEqual({ name, attributes: [], children: [], text: '' })
  })

  test('GR-XML-05 never writes null or similar texts for an empty value', async () => {
    for (const response of await requestAll())
      for (const leaf of getLeaves(parseXmlRoot(response)))
        expect(leaf.text, `<${leaf.name}> ${response.url}`).not.toMatch(
          /^(null|undefined|NaN|\[object Object\]|None|nil)$/,
        )
  })

  test('GR-XML-06 writes booleans as true and false', async () => {
    for (const service of await getServices(target)) expect(service.metadata).toMatch(/^(true|false)$/)
    for (const { attributes } of await getDefinitions(target))
      for (const attribute of attributes) {
        expect(attribute.variable).toMatch(/^(true|false)$/)
        expect(attribute.required).toMatch(/^(true|false)$/)
      }
  })

  test('GR-XML-07 GR-LIST-12 writes an empty list as the bare wrapper without blanks', async () => {
    const response = await get(target, 'xml', '/requests', { service_request_id: 'none-0' })
    expect(expectList(response, 'xml')).toEqual([])
    expect(response.text).toMatch(/<service_requests\s*(\/>|><\/service_requests>)\s*$/)
  })

  test('GR-XML-08 no text begins or ends with a blank', async () => {
    for (const response of await requestAll())
      for (const leaf of getLeaves(parseXmlRoot(response)))
        expect(leaf.text, `<${leaf.name}> ${response.url}`).toBe(trimXmlSpace(leaf.text))
  })

  own('GR-XML-08 trims blanks around submitted texts', async () => {
    const text = createMarker()
    const id = await submit(target, {
      description: ` \t${text}\r\n `,
      media_url: ' https://img.example/a.jpg ',
    })
    const record = await getServiceRequest(target, id)
    expect(record.description).toBe(text)
    expect(record.media_url).toBe('https://img.example/a.jpg')
  })

  posting('A-57 GR-ENC-07 returns markup, quotes and special characters unchanged', async () => {
    for (const text of SPECIAL_TEXTS) {
      const id = await submit(target, { description: text, address_string: `1 ${text}` })
      expect((await getServiceRequest(target, id)).description).toBe(text)
    }
  })

  own('A-57 A-32 keeps line breaks and blanks, and converts CRLF to LF', async () => {
    const id = await submit(target, { description: 'one\r\ntwo\n\n  three   four\r\nfive' })
    expect((await getServiceRequest(target, id)).description).toBe('one\ntwo\n\n  three   four\nfive')
    const lone = await submit(target, { description: 'one\rtwo' })
    expect((await getServiceRequest(target, lone)).description).toMatch(/^one[\r\n]?two$/)
  })

  own('GR-XML-04 a list of 1000 requests is well-formed', async () => {
    const root = parseXmlRoot(await get(target, 'xml', '/requests'))
    expect(root.children.length).toBe(1000)
  })
})
