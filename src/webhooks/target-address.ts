import { type LookupAddress, lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'

/** Metadata services of clouds with an address in a public range. */
const METADATA_ADDRESSES = new Set(['168.63.129.16'])

/**
 * Whether an IP address is globally reachable unicast: not loopback, private, link-local, multicast, translated or reserved.
 */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0) return false
  const parsed = ipaddr.process(address)
  if (parsed.range() !== 'unicast' || METADATA_ADDRESSES.has(parsed.toString())) return false
  // IPv6: only allocated global unicast, 2000::/3.
  return parsed.kind() === 'ipv4' || parsed.toByteArray()[0]! >> 5 === 1
}

/** The target is in a private network. */
export class PrivateAddressError extends Error {
  readonly code = 'PRIVATE_ADDRESS'
}

/**
 * Resolves a host name and refuses it if any of its addresses is not public. As the lookup of the connection itself, it is
 * safe against DNS rebinding: the checked address is the one that is connected to.
 */
export const lookupPublic: LookupFunction = (hostname, options, done) => {
  lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    const isRefused = !error && !addresses.every(({ address }) => isPublicAddress(address))
    const [first] = addresses ?? []
    if (error || isRefused || !first) done(error ?? new PrivateAddressError(), '', 0)
    else if (options.all) done(null, addresses)
    else done(null, first.address, first.family)
  })
}

const MAX_URL_LENGTH = 2000

/** Checks the URL of a target without a DNS lookup. Returns the fault as a predicate, or null. */
export function validateTargetUrl(text: string, allowPrivateTargets: boolean): string | null {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return 'has to be an http or https address'
  const url = new URL(text)
  if (text.length > MAX_URL_LENGTH) return `may have at most ${MAX_URL_LENGTH} characters`
  if (url.username || url.password) return 'may not hold a name and a password'
  if (!allowPrivateTargets && isPrivateLiteral(url)) return 'is in a private network'
  return null
}

/** Whether the host is a private IP address. IP addresses are connected to without a lookup. */
export function isPrivateLiteral({ hostname }: URL): boolean {
  const address = hostname.replace(/^\[|\]$/g, '')
  return isIP(address) !== 0 && !isPublicAddress(address)
}
