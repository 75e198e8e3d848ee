import { expect, test } from 'vitest'
import { serviceRequests } from '../../src/documents/service-requests.js'
import * as json from '../../src/formats/json.js'
import * as ndjson from '../../src/formats/ndjson.js'

const write = ndjson.compileNdjson(serviceRequests)

test('NDJSON: writes one object per line, even if texts contain line ends, and ends with a line end', () => {
  const rows = [
    { service_request_id: 'A-1', description: 'two\nlines\r\n"quoted" 🕳️\u0000', address: null, lat: 60 },
    { service_request_id: 'A-2', description: '', address: undefined, lat: -1e-7 },
  ]
  expect(write(rows)).toBe(
    '{"service_request_id":"A-1","description":"two\\nlines\\r\\n\\"quoted\\" 🕳️","address":null,"lat":60.0}\n' +
      '{"service_request_id":"A-2","description":null,"lat":0.0}\n',
  )
})

test('NDJSON: writes nothing for an empty list', () => {
  expect(write([])).toBe('')
})

test('NDJSON: a line is the object that the JSON format writes for the row', () => {
  const row = {
    service_request_id: '7',
    status: 'open',
    status_notes: 'a,b',
    lat: 51.2,
    long: -114.5,
    zipcode: null,
  }
  expect(`[${write([row]).trimEnd()}]`).toBe(json.compileJson(serviceRequests)([row]))
})

test('NDJSON: has the media type application/x-ndjson', () => {
  expect(ndjson.contentType).toBe('application/x-ndjson; charset=utf-8')
})
