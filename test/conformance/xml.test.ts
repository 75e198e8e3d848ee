import { describe, expect, test } from 'vitest'
import { about, first, listOf, oneOf, rootOf, word } from './answer.js'
import { type Answer, discover, get, post } from './client.js'
import { definitionsOf, file, found, marker, pastWindow, recent, servicesOf } from './exploring.js'
import { REQUEST_MEMBERS } from './members.js'
import { ITEM, trimmed } from './same-record.js'
import { type Element, readXml } from './strict-xml.js'
import { targets } from './targets.js'

const HARD = [
  `& < > " '`,
  '<script>alert("x")</script>',
  '<![CDATA[ no ]]> and ]]>',
  '<!-- --> <?php ?> &amp; &#16; &nbsp;',
  '😀 𝒳 é \u2028 \u0085 \u00a0 end',
  'a  b\tc',
  '{"json": [1, null]} \\u0041 \\n "q"',
]

function leaves(element: Element): Element[] {
  return element.children.length === 0 ? [element] : element.children.flatMap(leaves)
}
function all(element: Element): Element[] {
  return [element, ...element.children.flatMap(all)]
}

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const posting = test.skipIf(!target.key)

  async function every(): Promise<Answer[]> {
    const id = encodeURIComponent(word(first(await recent(target)), 'service_request_id'))
    const definitions = (await definitionsOf(target))
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
    return Promise.all([...paths.map((path) => get(target, 'xml', path)), discover(target, 'xml')])
  }

  test('GR-XML-01 GR-XML-03 no namespace, no prefix, no attribute and no document type anywhere', async () => {
    for (const answer of await every()) {
      expect(readXml(answer.bytes).faults, about(answer)).toEqual([])
      expect(answer.text).not.toMatch(/<!DOCTYPE|xmlns|xsi:/)
    }
  })

  test('GR-XML-02 every wrapper holds its own items and nothing else', async () => {
    for (const answer of await every())
      for (const element of all(rootOf(answer))) {
        const item = ITEM[element.name]
        if (item !== undefined && !(element.name === 'values' && element.children.length === 0))
          expect([...new Set(element.children.map((child) => child.name))], about(answer)).toEqual(
            element.children.length === 0 ? [] : [item],
          )
      }
    const list = rootOf(await get(target, 'xml', '/requests'))
    expect([...new Set(list.children.map((child) => child.name))]).toEqual(['request'])
  })

  own('GR-XML-04 the members of a request stand in the order of the standard', async () => {
    const list = rootOf(await get(target, 'xml', '/requests', pastWindow()))
    for (const request of list.children)
      expect(request.children.map((child) => child.name)).toEqual(REQUEST_MEMBERS)
    const services = rootOf(await get(target, 'xml', '/services'))
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

  own('GR-XML-05 A-03 a field without value is an empty element, not a missing one', async () => {
    const answer = await post(target, 'xml', { service_code: 'WEBSITE', description: marker() })
    const id = word(oneOf(answer, 'xml'), 'service_request_id')
    const request = first(rootOf(await get(target, 'xml', `/requests/${id}`)).children)
    expect(request.children.map((child) => child.name)).toEqual(REQUEST_MEMBERS)
    for (const name of ['lat', 'long', 'address', 'address_id', 'zipcode', 'media_url'])
      expect(
        request.children.find((child) => child.name === name),
        name,
      ).toEqual({ name, attributes: [], children: [], text: '' })
  })

  test('GR-XML-05 no word stands for emptiness', async () => {
    for (const answer of await every())
      for (const leaf of leaves(rootOf(answer)))
        expect(leaf.text, `<${leaf.name}> ${answer.url}`).not.toMatch(
          /^(null|undefined|NaN|\[object Object\]|None|nil)$/,
        )
  })

  test('GR-XML-06 booleans are the words true and false', async () => {
    for (const service of await servicesOf(target)) expect(service.metadata).toMatch(/^(true|false)$/)
    for (const { attributes } of await definitionsOf(target))
      for (const attribute of attributes) {
        expect(attribute.variable).toMatch(/^(true|false)$/)
        expect(attribute.required).toMatch(/^(true|false)$/)
      }
  })

  test('GR-XML-07 GR-LIST-12 an empty result is the bare wrapper with not even a blank inside', async () => {
    const answer = await get(target, 'xml', '/requests', { service_request_id: 'none-0' })
    expect(listOf(answer, 'xml')).toEqual([])
    expect(answer.text).toMatch(/<service_requests\s*(\/>|><\/service_requests>)\s*$/)
  })

  test('GR-XML-08 no text begins or ends with a blank', async () => {
    for (const answer of await every())
      for (const leaf of leaves(rootOf(answer)))
        expect(leaf.text, `<${leaf.name}> ${answer.url}`).toBe(trimmed(leaf.text))
  })

  own('GR-XML-08 blanks around what was sent are trimmed', async () => {
    const text = marker()
    const id = await file(target, {
      description: ` \t${text}\r\n `,
      media_url: ' https://img.example/a.jpg ',
    })
    const record = await found(target, id)
    expect(record.description).toBe(text)
    expect(record.media_url).toBe('https://img.example/a.jpg')
  })

  posting('A-57 GR-ENC-07 markup, quotes and odd text are kept as plain text', async () => {
    for (const text of HARD) {
      const id = await file(target, { description: text, address_string: `1 ${text}` })
      expect((await found(target, id)).description).toBe(text)
    }
  })

  own('A-57 A-32 line breaks stay, CRLF becomes LF, nothing is collapsed', async () => {
    const id = await file(target, { description: 'one\r\ntwo\n\n  three   four\r\nfive' })
    expect((await found(target, id)).description).toBe('one\ntwo\n\n  three   four\nfive')
    const lone = await file(target, { description: 'one\rtwo' })
    expect((await found(target, lone)).description).toMatch(/^one[\r\n]?two$/)
  })

  own('GR-XML-04 a whole list of a thousand reads strictly', async () => {
    const root = rootOf(await get(target, 'xml', '/requests'))
    expect(root.children.length).toBe(1000)
  })
})
