import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { identifyClient } from '../../src/http/client-address.js'

const identify = (remoteAddress: string | undefined, forwarded: string | undefined, proxies: number) =>
  identifyClient(
    { socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } } as unknown as IncomingMessage,
    proxies,
  )
const PROXY = '10.0.0.1'

test('EXT-35 without proxies the client is the connected address, and X-Forwarded-For is ignored', () => {
  expect(identify('198.51.100.7', undefined, 0)).toBe('198.51.100.7')
  expect(identify('198.51.100.7', '203.0.113.1', 0)).toBe('198.51.100.7')
  expect(identify('::ffff:198.51.100.7', undefined, 0)).toBe('198.51.100.7')
  expect(identify(undefined, undefined, 0)).toBe('')
  expect(identifyClient(undefined, 1)).toBe('')
})

test('EXT-35 all addresses of one IPv6 network are one client', () => {
  const one = identify('2001:db8:0:1::1', undefined, 0)
  expect(identify('2001:db8:0:1:ffff:ffff:ffff:ffff', undefined, 0)).toBe(one)
  expect(identify('2001:db8:0:ff::1', undefined, 0)).toBe(one)
  expect(identify('2001:db8:0:100::1', undefined, 0)).not.toBe(one)
  expect(identify(PROXY, '2001:DB8:0:1::2', 1)).toBe(one)
})

test('EXT-35 behind proxies the client is the address that the trusted proxies add to X-Forwarded-For', () => {
  const client = '198.51.100.7'
  expect(identify(PROXY, client, 1)).toBe(client)
  expect(identify(PROXY, `203.0.113.1, ${client}`, 1)).toBe(client)
  expect(identify(PROXY, `203.0.113.1,203.0.113.2, ${client} , 10.0.0.2`, 2)).toBe(client)
  expect(identify(PROXY, `203.0.113.1,unknown, ${client}:4711`, 1)).toBe(client)
  expect(identify(PROXY, '[2001:db8::1]:4711', 1)).toBe(identify(PROXY, '2001:db8::2', 1))
  // The second proxy identifies a client that bypasses the first one.
  expect(identify(PROXY, client, 2)).toBe(client)
})

test.each([undefined, '', 'unknown', '198.51.100.7,', '198.51.100.7, _hidden', '0x7f.1', '1', '999.1.1.1'])(
  'EXT-35 if X-Forwarded-For is %j, the client is the address of the proxy',
  (forwarded) => {
    expect(identify(PROXY, forwarded, 1)).toBe(PROXY)
  },
)
