import type { IncomingMessage } from 'node:http'
import ipaddr from 'ipaddr.js'

/** Bytes of an IPv6 prefix. A home often has a /56, and its devices can use any address in it. */
const IPV6_PREFIX_BYTES = 7

/**
 * Identifies the client of a request, as a key for limits: its IPv4 address, or the /56 of its IPv6
 * address (EXT-35). Trusts the last `trustedProxies` entries of X-Forwarded-For, which proxies have
 * added; earlier ones are set by the client. An entry that is no address stands for the proxy that
 * added it. Empty without a connection.
 */
export function identifyClient(incoming: IncomingMessage | undefined, trustedProxies: number): string {
  let client = parseNetwork(incoming?.socket.remoteAddress ?? '') ?? ''
  const forwarded = String(incoming?.headers['x-forwarded-for'] ?? '').split(',')
  for (let hop = 1; hop <= Math.min(trustedProxies, forwarded.length); hop++) {
    const network = parseNetwork(forwarded.at(-hop)!.trim())
    if (network === null) break
    client = network
  }
  return client
}

/** Parses an address, with or without a port, which some proxies add; null: not an address. */
function parseNetwork(entry: string): string | null {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\](?::\d+)?|([\d.]+)(?::\d+)?)$/.exec(entry) ?? []
  const text = bracketed ?? plain ?? entry
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text)) return null
  const address = ipaddr.process(text)
  if (address.kind() === 'ipv4') return address.toString()
  return Buffer.from(address.toByteArray().slice(0, IPV6_PREFIX_BYTES)).toString('hex')
}
