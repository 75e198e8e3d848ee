import { expect, test } from 'vitest'
import { getServiceRequests } from '../../src/operations/get-service-requests.js'
import { Refusal } from '../../src/standard/refusal.js'
import { call, jurisdiction } from './city.js'

const plan = (said: Record<string, string | string[]>) =>
  getServiceRequests.plan(call(said, jurisdiction([])))

test.each([
  ['GR-LIST-06 nothing given: the most recent days', {}, '2026-03-03T12:00:00Z', null],
  ['A-15 a start alone', { start_date: '2020-01-01' }, '2020-01-01T00:00:00Z', '2020-03-31T00:00:00Z'],
  ['A-15 an end alone', { end_date: '2020-03-31T00:00:00Z' }, '2020-01-01T00:00:00Z', '2020-03-31T00:00:00Z'],
  [
    'A-17 both',
    { start_date: '2020-01-01', end_date: '2020-01-01' },
    '2020-01-01T00:00:00Z',
    '2020-01-01T23:59:59Z',
  ],
  [
    'GR-LIST-05 just 90 days',
    { start_date: '2020-01-01T00:00:00Z', end_date: '2020-03-31T00:00:00Z' },
    '2020-01-01T00:00:00Z',
    '2020-03-31T00:00:00Z',
  ],
  [
    'GR-LIST-05 90 days between two dates',
    { start_date: '2020-01-01', end_date: '2020-03-31' },
    '2020-01-01T00:00:00Z',
    '2020-03-31T23:59:59Z',
  ],
])('%s', (_, said, start, end) => {
  expect(plan(said as Record<string, string>)).toMatchObject({ start, end, rows: 1000 })
})

test.each([
  [
    'GR-LIST-05 a second more than 90 days',
    { start_date: '2020-01-01T00:00:00Z', end_date: '2020-03-31T00:00:01Z' },
    ['GR-LIST-05'],
  ],
  [
    'GR-LIST-05 91 days between two dates',
    { start_date: '2020-01-01', end_date: '2020-04-01' },
    ['GR-LIST-05'],
  ],
  ['A-16 the wrong way round', { start_date: '2020-02-01', end_date: '2020-01-01' }, ['A-16']],
  ['A-20 an unknown status', { status: 'open,banana' }, ['A-20']],
  [
    'GR-DT-03 GR-LIST-11 no dates, all of them named',
    { start_date: 'x', end_date: 'y' },
    ['GR-DT-03', 'GR-DT-03'],
  ],
  ['GR-LIST-11 two start dates', { start_date: ['2020-01-01', '2020-01-02'] }, ['GR-LIST-11']],
])('%s is refused', (_, said, rules) => {
  let refusal: unknown
  try {
    plan(said as Record<string, string>)
  } catch (error) {
    refusal = error
  }
  expect(refusal).toBeInstanceOf(Refusal)
  expect((refusal as Refusal).broken.map((each) => each.rule)).toEqual(rules)
})

test('GR-LIST-02 GR-LIST-03 A-20 A-21 lists are read with commas, repetition, blanks and any case', () => {
  const said = { service_code: ['A, B', 'C', ',,'], status: ['OPEN', 'closed,Open'] }
  expect(plan(said)).toMatchObject({ service_codes: ['A', 'B', 'C'], statuses: ['open', 'closed'] })
})

test('GR-LIST-01 A-19 ids override every other filter, broken ones too', () => {
  const said = { service_request_id: '1, 2,1', status: 'banana', start_date: 'x' }
  expect(plan(said)).toMatchObject({
    jurisdiction_id: 'square.example',
    endpoint: 'production',
    service_request_ids: ['1', '2'],
  })
  const ids = Array.from({ length: 1001 }, (_, index) => String(index))
  expect(() => plan({ service_request_id: ids })).toThrow(Refusal)
  expect(plan({ service_request_id: ids.slice(1) })).toHaveProperty('service_request_ids')
})
