import { expect, test } from 'vitest'
import { getServiceRequests } from '../../src/operations/get-service-requests.js'
import { Refusal } from '../../src/standard/refusal.js'
import { createRequest, jurisdiction } from './city.js'

const plan = (args: Record<string, string | string[]>) =>
  getServiceRequests.plan(createRequest(args, jurisdiction([])))

test.each([
  ['GR-LIST-06 without dates the list starts 90 days ago', {}, '2026-03-03T12:00:00Z', null],
  [
    'A-15 start_date alone bounds the list to the next 90 days',
    { start_date: '2020-01-01' },
    '2020-01-01T00:00:00Z',
    '2020-03-31T00:00:00Z',
  ],
  [
    'A-15 end_date alone bounds the list to the previous 90 days',
    { end_date: '2020-03-31T00:00:00Z' },
    '2020-01-01T00:00:00Z',
    '2020-03-31T00:00:00Z',
  ],
  [
    'A-17 two dates bound the list from 00:00:00 to 23:59:59',
    { start_date: '2020-01-01', end_date: '2020-01-01' },
    '2020-01-01T00:00:00Z',
    '2020-01-01T23:59:59Z',
  ],
  [
    'GR-LIST-05 a span of exactly 90 days is accepted',
    { start_date: '2020-01-01T00:00:00Z', end_date: '2020-03-31T00:00:00Z' },
    '2020-01-01T00:00:00Z',
    '2020-03-31T00:00:00Z',
  ],
  [
    'GR-LIST-05 a span of 90 days between two dates is accepted',
    { start_date: '2020-01-01', end_date: '2020-03-31' },
    '2020-01-01T00:00:00Z',
    '2020-03-31T23:59:59Z',
  ],
])('%s', (_, args, start, end) => {
  expect(plan(args as Record<string, string>)).toMatchObject({ start, end, rows: 1000 })
})

test.each([
  [
    'GR-LIST-05 a span of 90 days and one second',
    { start_date: '2020-01-01T00:00:00Z', end_date: '2020-03-31T00:00:01Z' },
    ['GR-LIST-05'],
  ],
  [
    'GR-LIST-05 a span of 91 days between two dates',
    { start_date: '2020-01-01', end_date: '2020-04-01' },
    ['GR-LIST-05'],
  ],
  ['A-16 a start_date after end_date', { start_date: '2020-02-01', end_date: '2020-01-01' }, ['A-16']],
  ['A-20 an unknown status', { status: 'open,banana' }, ['A-20']],
  [
    'GR-DT-03 GR-LIST-11 each value that is not a date',
    { start_date: 'x', end_date: 'y' },
    ['GR-DT-03', 'GR-DT-03'],
  ],
  ['GR-LIST-11 a repeated start_date', { start_date: ['2020-01-01', '2020-01-02'] }, ['GR-LIST-11']],
])('%s is refused', (_, args, rules) => {
  let refusal: unknown
  try {
    plan(args as Record<string, string>)
  } catch (error) {
    refusal = error
  }
  expect(refusal).toBeInstanceOf(Refusal)
  expect((refusal as Refusal).broken.map((each) => each.rule)).toEqual(rules)
})

test('GR-LIST-02 GR-LIST-03 A-20 A-21 reads lists with commas, repeated arguments, blanks and any case of status', () => {
  const args = { service_code: ['A, B', 'C', ',,'], status: ['OPEN', 'closed,Open'] }
  expect(plan(args)).toMatchObject({ service_codes: ['A', 'B', 'C'], statuses: ['open', 'closed'] })
})

test('GR-LIST-01 A-19 service_request_id overrides every other filter, invalid filters too', () => {
  const args = { service_request_id: '1, 2,1', status: 'banana', start_date: 'x' }
  expect(plan(args)).toMatchObject({
    jurisdiction_id: 'square.example',
    endpoint: 'production',
    service_request_ids: ['1', '2'],
  })
  const ids = Array.from({ length: 1001 }, (_, index) => String(index))
  expect(() => plan({ service_request_id: ids })).toThrow(Refusal)
  expect(plan({ service_request_id: ids.slice(1) })).toHaveProperty('service_request_ids')
})
