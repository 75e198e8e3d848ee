import { expect, test } from 'vitest'
import {
  checkKeyJurisdiction,
  readPresentedKey,
  requireKey,
  resolveJurisdiction,
} from '../../src/http/authorize.js'
import type { Catalog } from '../../src/standard/catalog.js'
import type { Refusal } from '../../src/standard/refusal.js'
import { jurisdiction } from '../operations/city.js'

const here = jurisdiction([])
const there = jurisdiction([], { jurisdiction_id: 'there.example' })
const none: Catalog = { jurisdictions: new Map(), keys: new Map() }
const one: Catalog = { ...none, jurisdictions: new Map([['square.example', here]]) }
const two: Catalog = {
  ...none,
  jurisdictions: new Map([
    ['square.example', here],
    ['there.example', there],
  ]),
}
const said = (...values: string[]) => new Map(values.length ? [['jurisdiction_id', values]] : [])
const strict = { ignoreJurisdictionId: false }

const statusOf = (action: () => unknown) => {
  try {
    action()
    return 200
  } catch (error) {
    return (error as Refusal).status
  }
}

test.each([
  ['GR-JUR-01 one, none named', one, [], 200],
  ['A-12 one, another named', one, ['x'], 404],
  ['A-12 one, the word undefined', one, ['undefined'], 200],
  ['GR-JUR-04 two, none named', two, [], 400],
  ['GR-JUR-05 two, another named', two, ['x'], 404],
  ['GR-JUR-01 two, one named', two, ['there.example'], 200],
  ['GR-JUR-04 two, both named', two, ['there.example', 'square.example'], 400],
  ['GR-JUR-05 none is served', none, [], 404],
] as const)('%s', (_, catalog, values, status) => {
  expect(statusOf(() => resolveJurisdiction(said(...values), catalog, strict))).toBe(status)
})

test('GR-JUR-03 A-12 a city may ignore the argument while it is alone', () => {
  expect(resolveJurisdiction(said('x'), one, { ignoreJurisdictionId: true })).toBe(here)
  expect(statusOf(() => resolveJurisdiction(said('x'), two, { ignoreJurisdictionId: true }))).toBe(404)
})

test('GR-KEY-02 GR-KEY-05 A-10 missing, unknown and unfit keys are all 403', () => {
  const keys = new Map([['aa', { key_id: 1, jurisdiction_id: 'there.example', scopes: ['report'] }]])
  const catalog = { ...two, keys }
  expect(statusOf(() => requireKey(null, catalog, 'report'))).toBe(403)
  expect(statusOf(() => requireKey('bb', catalog, 'report'))).toBe(403)
  expect(statusOf(() => requireKey('aa', catalog, 'update'))).toBe(403)
  const key = requireKey('aa', catalog, 'report')
  expect(statusOf(() => checkKeyJurisdiction(key, here))).toBe(403)
  expect(statusOf(() => checkKeyJurisdiction(key, there))).toBe(200)
})

test('A-51 GR-KEY-01 a key is an argument or a bearer', () => {
  expect(readPresentedKey(new Map([['api_key', ['k']]]), null)).toBe('k')
  expect(readPresentedKey(new Map(), 'Bearer b')).toBe('b')
  expect(readPresentedKey(new Map([['api_key', ['k']]]), 'Basic eA==')).toBe('k')
  expect(readPresentedKey(new Map(), null)).toBeUndefined()
})
