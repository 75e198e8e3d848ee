import type { IncomingMessage } from 'node:http'
import ipaddr from 'ipaddr.js'

/** Bytes of an IPv6 address that name a network: as much as a home is given, often, and whoever has one address has all. */
const IPV6_PREFIX_BYTES = 7

/**
 * The client that a call comes from, as a name to count it by: its IPv4 address, or the /56 of its IPv6 address (EXT-35).
 * That is who is connected; with `proxies`, so many of the newest entries of X-Forwarded-For are believed, each of which a
 * proxy added for who was connected to it. Older entries are what the client says of itself. Where an entry is no
 * address, who added it counts. Empty where there is no connection.
 */
export function identifyClient(incoming: IncomingMessage | undefined, proxies: number): string {
  let client = parseNetwork(incoming?.socket.remoteAddress ?? '') ?? ''
  const forwarded = String(incoming?.headers['x-forwarded-for'] ?? '').split(',')
  for (let hop = 1; hop <= Math.min(proxies, forwarded.length); hop++) {
    const network = parseNetwork(forwarded.at(-hop)!.trim())
    if (network === null) break
    client = network
  }
  return client
}

/** Some proxies add the port; null: no address. */
function parseNetwork(said: string): string | null {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\](?::\d+)?|([\d.]+)(?::\d+)?)$/.exec(said) ?? []
  const text = bracketed ?? plain ?? said
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text)) return null
  const address = ipaddr.process(text)
  if (address.kind() === 'ipv4') return address.toString()
  return Buffer.from(address.toByteArray().slice(0, IPV6_PREFIX_BYTES)).toString('hex')
}
