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
const toArgs = (...values: string[]) => new Map(values.length ? [['jurisdiction_id', values]] : [])
const strict = { ignoreJurisdictionId: false }

const getStatus = (action: () => unknown) => {
  try {
    action()
    return 200
  } catch (error) {
    return (error as Refusal).status
  }
}

test.each([
  ['GR-JUR-01 selects the only jurisdiction without jurisdiction_id', one, [], 200],
  ['A-12 refuses an unknown jurisdiction_id even if there is one jurisdiction', one, ['x'], 404],
  ['A-12 ignores the text undefined', one, ['undefined'], 200],
  ['GR-JUR-04 requires jurisdiction_id if there are two jurisdictions', two, [], 400],
  ['GR-JUR-05 refuses an unknown jurisdiction_id if there are two jurisdictions', two, ['x'], 404],
  ['GR-JUR-01 selects one of two jurisdictions by its jurisdiction_id', two, ['there.example'], 200],
  ['GR-JUR-04 refuses two values of jurisdiction_id', two, ['there.example', 'square.example'], 400],
  ['GR-JUR-05 refuses every request if there is no jurisdiction', none, [], 404],
] as const)('%s', (_, catalog, values, status) => {
  expect(getStatus(() => resolveJurisdiction(toArgs(...values), catalog, strict))).toBe(status)
})

test('GR-JUR-03 A-12 ignoreJurisdictionId applies only while there is one jurisdiction', () => {
  expect(resolveJurisdiction(toArgs('x'), one, { ignoreJurisdictionId: true })).toBe(here)
  expect(getStatus(() => resolveJurisdiction(toArgs('x'), two, { ignoreJurisdictionId: true }))).toBe(404)
})

test('GR-KEY-02 GR-KEY-05 A-10 refuses missing, unknown and insufficient keys with 403', () => {
  const keys = new Map([['aa', { key_id: 1, jurisdiction_id: 'there.example', scopes: ['report'] }]])
  const catalog = { ...two, keys }
  expect(getStatus(() => requireKey(null, catalog, 'report'))).toBe(403)
  expect(getStatus(() => requireKey('bb', catalog, 'report'))).toBe(403)
  expect(getStatus(() => requireKey('aa', catalog, 'update'))).toBe(403)
  const key = requireKey('aa', catalog, 'report')
  expect(getStatus(() => checkKeyJurisdiction(key, here))).toBe(403)
  expect(getStatus(() => checkKeyJurisdiction(key, there))).toBe(200)
})

test('A-51 GR-KEY-01 reads the key from api_key or from a Bearer header', () => {
  expect(readPresentedKey(new Map([['api_key', ['k']]]), null)).toBe('k')
  expect(readPresentedKey(new Map(), 'Bearer b')).toBe('b')
  expect(readPresentedKey(new Map([['api_key', ['k']]]), 'Basic eA==')).toBe('k')
  expect(readPresentedKey(new Map(), null)).toBeUndefined()
})
