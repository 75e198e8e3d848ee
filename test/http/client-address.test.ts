import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { identifyClient } from '../../src/http/client-address.js'

const from = (remoteAddress: string | undefined, forwarded: string | undefined, proxies: number) =>
  identifyClient(
    { socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } } as unknown as IncomingMessage,
    proxies,
  )
const PROXY = '10.0.0.1'

test('EXT-35 a client is who is connected, whatever it says of itself', () => {
  expect(from('198.51.100.7', undefined, 0)).toBe('198.51.100.7')
  expect(from('198.51.100.7', '203.0.113.1', 0)).toBe('198.51.100.7')
  expect(from('::ffff:198.51.100.7', undefined, 0)).toBe('198.51.100.7')
  expect(from(undefined, undefined, 0)).toBe('')
  expect(identifyClient(undefined, 1)).toBe('')
})

test('EXT-35 the addresses of one network of IPv6 are one client', () => {
  const one = from('2001:db8:0:1::1', undefined, 0)
  expect(from('2001:db8:0:1:ffff:ffff:ffff:ffff', undefined, 0)).toBe(one)
  expect(from('2001:db8:0:ff::1', undefined, 0)).toBe(one)
  expect(from('2001:db8:0:100::1', undefined, 0)).not.toBe(one)
  expect(from(PROXY, '2001:DB8:0:1::2', 1)).toBe(one)
})

test('EXT-35 behind proxies a client is who they say, and not who it says', () => {
  const client = '198.51.100.7'
  expect(from(PROXY, client, 1)).toBe(client)
  expect(from(PROXY, `203.0.113.1, ${client}`, 1)).toBe(client)
  expect(from(PROXY, `203.0.113.1,203.0.113.2, ${client} , 10.0.0.2`, 2)).toBe(client)
  expect(from(PROXY, `203.0.113.1,unknown, ${client}:4711`, 1)).toBe(client)
  expect(from(PROXY, '[2001:db8::1]:4711', 1)).toBe(from(PROXY, '2001:db8::2', 1))
  // Who came past the first proxy is known to the second.
  expect(from(PROXY, client, 2)).toBe(client)
})

test.each([undefined, '', 'unknown', '198.51.100.7,', '198.51.100.7, _hidden', '0x7f.1', '1', '999.1.1.1'])(
  'EXT-35 where %j is said, no client is told apart',
  (forwarded) => {
    expect(from(PROXY, forwarded, 1)).toBe(PROXY)
  },
)
