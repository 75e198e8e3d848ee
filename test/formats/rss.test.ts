import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { serviceRequests } from '../../src/documents/service-requests.js'
import * as rss from '../../src/formats/rss.js'
import { stripIllegalCharacters } from '../../src/standard/text.js'
import { readXml } from '../conformance/strict-xml.js'
import { fixedSeed } from '../harness/property-seed.js'

const self = { url: 'https://city.example/v2', title: 'Rivertown & <more>', updated: '2026-03-04T08:00:00Z' }
const write = rss.compileRss(serviceRequests, self)
const parseRoot = (document: string) => readXml(new TextEncoder().encode(document)).root
const readItems = (document: string) =>
  parseRoot(document).children[0]!.children.filter(({ name }) => name === 'item')

const OPEN =
  '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0" xmlns:georss="http://www.georss.org/georss"><channel>' +
  '<title>Rivertown &amp; &lt;more&gt;</title><link>https://city.example/v2</link>' +
  '<description>Service requests: Rivertown &amp; &lt;more&gt;</description>'
const UPDATED = '<lastBuildDate>Wed, 04 Mar 2026 08:00:00 GMT</lastBuildDate>'
const CLOSE = '</channel></rss>\n'

test('RSS: writes an item with all values', () => {
  const row = {
    service_request_id: 'RT/7 ü&?',
    status: 'open',
    service_name: 'Pothole',
    description: 'a <b>deep</b> hole 🕳️\nby R&D\u0001 ]]>',
    requested_datetime: '2026-03-02T18:05:11Z',
    address: '8 Main St',
    lat: 44.05,
    long: -123.095,
  }
  const link = 'https://city.example/v2/requests/RT%2F7%20%C3%BC%26%3F.xml'
  expect(write([row])).toBe(
    `${OPEN}${UPDATED}<item><title>Pothole, 8 Main St</title><link>${link}</link>` +
      '<description>a &amp;lt;b&amp;gt;deep&amp;lt;/b&amp;gt; hole 🕳️&lt;br&gt;by R&amp;amp;D ]]&amp;gt;</description>' +
      `<category>Pothole</category><guid isPermaLink="true">${link}</guid>` +
      '<pubDate>Mon, 02 Mar 2026 18:05:11 GMT</pubDate>' +
      `<georss:point>44.05 -123.095</georss:point></item>${CLOSE}`,
  )
})

test('RSS: omits elements without a value', () => {
  const row = {
    service_request_id: '1',
    service_name: 'Graffiti',
    description: null,
    address: null,
    lat: 4,
    long: null,
  }
  const link = 'https://city.example/v2/requests/1.xml'
  expect(rss.compileRss(serviceRequests, { ...self, updated: null })([row])).toBe(
    `${OPEN}<item><title>Graffiti</title><link>${link}</link><category>Graffiti</category>` +
      `<guid isPermaLink="true">${link}</guid></item>${CLOSE}`,
  )
})

test('RSS: writes an empty list as a channel without items, and has its own media type', () => {
  expect(rss.contentType).toBe('application/rss+xml; charset=utf-8')
  expect(write([])).toBe(OPEN + UPDATED + CLOSE)
})

test('RSS: adds the query of the endpoint URL to every link', () => {
  const url = 'https://city.example/v2?jurisdiction_id=a.example&x=1'
  const [item] = readItems(rss.compileRss(serviceRequests, { ...self, url })([{ service_request_id: 'a.b' }]))
  expect(item!.children.map(({ text }) => text)).toEqual(
    Array(2).fill('https://city.example/v2/requests/a.b.xml?jurisdiction_id=a.example&x=1'),
  )
})

test('A-36 RSS: writes points as plain decimals, latitude first', () => {
  const writePoint = (lat: number, long: number) =>
    readItems(write([{ lat, long }]))[0]!.children.at(-1)!.text
  expect(writePoint(-90, 180)).toBe('-90.0 180.0')
  expect(writePoint(-0, -1e-7)).toBe('0.0 0.0')
  expect(writePoint(1e-6, 0.1 + 0.2)).toBe('0.000001 0.3')
})

const specialText = fc.constantFrom(
  '<',
  '>',
  '&',
  '"',
  "'",
  ']]>',
  '<!--',
  '\u0000',
  '\ufffe',
  '\ud800',
  '\r',
  '\n',
  '🕳️',
  ' ',
)
const text = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
  fc
    .array(fc.oneof(specialText, fc.string({ maxLength: 5 })), { maxLength: 10 })
    .map((parts) => parts.join('')),
)
const row = fc.record({
  service_request_id: text,
  service_name: text,
  description: fc.option(text, { nil: null }),
})
// Prints, for every document, the items as objects of element name to text.
const SCRIPT = `import json, sys, xml.etree.ElementTree as tree
for line in sys.stdin:
    root = tree.fromstring(json.loads(line).encode("utf-8"))
    print(json.dumps([{field.tag: field.text or "" for field in item} for item in root.iter("item")]))`

const hasPython = spawnSync('python3', ['--version']).status === 0

test.skipIf(!hasPython)('GR-ENC-07 RSS: a strict XML parser reads the same texts', () => {
  const lists = fc.sample(fc.array(row, { minLength: 1, maxLength: 3 }), {
    numRuns: 300,
    seed: fixedSeed(311),
  })
  const input = lists.map((rows) => JSON.stringify(write(rows))).join('\n')
  const { stdout, stderr, status } = spawnSync('python3', ['-c', SCRIPT], {
    input,
    encoding: 'utf8',
    maxBuffer: 1e8,
  })
  expect(status, stderr).toBe(0)
  const lines = stdout.trim().split('\n')
  const read: Record<string, string>[][] = lines.map((line) => JSON.parse(line))
  lists.forEach((rows, index) => {
    expect(readItems(write(rows))).toHaveLength(rows.length)
    expect(read[index]).toHaveLength(rows.length)
    read[index]!.forEach((item, at) => {
      const { service_request_id, service_name, description } = rows[at]!
      expect(item.category ?? '').toBe(stripIllegalCharacters(service_name))
      expect(item.title ?? '').toBe(stripIllegalCharacters(service_name))
      expect(renderHtml(item.description ?? '')).toBe(stripIllegalCharacters(description ?? ''))
      const id = /\/requests\/(.*)\.xml$/.exec(item.guid!)![1]!
      expect(decodeURIComponent(id)).toBe(stripIllegalCharacters(service_request_id))
      expect(item.link).toBe(item.guid)
    })
  })
})

/** The text that a feed reader shows for the HTML of a description. */
function renderHtml(html: string): string {
  expect(html.replaceAll('<br>', '')).not.toMatch(/[<>]/)
  const characters: Record<string, string> = {
    '<br>': '\n',
    '&lt;': '<',
    '&gt;': '>',
    '&#13;': '\r',
    '&amp;': '&',
  }
  return html.replace(/<br>|&lt;|&gt;|&#13;|&amp;/g, (code) => characters[code]!)
}
