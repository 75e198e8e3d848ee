import { type LookupAddress, lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'

/** Public by its number, but served inside one cloud only, to its guests. */
const METADATA = new Set(['168.63.129.16'])

/**
 * True for an IP address that anybody can reach: not the machine itself, no private network, none of the addresses that
 * have a meaning of their own (link-local, multicast, translated, reserved …), of which some reach machines that only we do.
 */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0) return false
  const parsed = ipaddr.process(address)
  if (parsed.range() !== 'unicast' || METADATA.has(parsed.toString())) return false
  // All that is given out of IPv6 (2000::/3).
  return parsed.kind() === 'ipv4' || parsed.toByteArray()[0]! >> 5 === 1
}

/** A target is where only we can reach it. */
export class PrivateAddressError extends Error {
  readonly code = 'PRIVATE_ADDRESS'
}

/**
 * Looks up a name and refuses it if any of its addresses is not public. It is the connection itself that asks, so that what
 * was looked at is what is connected to, whatever the name means a moment later.
 */
export const lookupPublic: LookupFunction = (hostname, options, done) => {
  lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    const refused = !error && !addresses.every(({ address }) => isPublicAddress(address))
    const [first] = addresses ?? []
    if (error || refused || !first) done(error ?? new PrivateAddressError(), '', 0)
    else if (options.all) done(null, addresses)
    else done(null, first.address, first.family)
  })
}

const LONGEST_URL = 2000

/** What is wrong with the address of a target, as far as it can be told without a look-up; null: nothing. */
export function validateTargetUrl(text: string, allowPrivate: boolean): string | null {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return 'has to be an http or https address'
  const url = new URL(text)
  if (text.length > LONGEST_URL) return `may have at most ${LONGEST_URL} characters`
  if (url.username || url.password) return 'may not hold a name and a password'
  if (!allowPrivate && isPrivateLiteral(url)) return 'is in a private network'
  return null
}

/** Numbers are connected to without a look-up. */
export function isPrivateLiteral({ hostname }: URL): boolean {
  const address = hostname.replace(/^\[|\]$/g, '')
  return isIP(address) !== 0 && !isPublicAddress(address)
}
