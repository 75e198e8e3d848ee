import { Refusal, refuse } from '../standard/refusal.js'
import { versionEtag } from './operation.js'

/**
 * EXT-42: whoever changes says which state was seen: its ETag, or `*` for any. Refuses the call that does not say it, so
 * that nobody overwrites unseen what somebody else has just written.
 */
export function requireIfMatch(ifMatch: string | null): string {
  if (ifMatch !== null && ifMatch.trim() !== '') return ifMatch
  return refuse('EXT-42', 400, 'If-Match was not provided: send the ETag that was read, or * for any.')
}

/** Refuses with 409, and the present ETag, unless `version` is the one that was seen. */
export function checkIfMatch(ifMatch: string | null, version: number): void {
  if (ifMatch === null) return
  const seen = ifMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  const etag = versionEtag(version)
  if (seen.includes('*') || seen.includes(etag)) return
  const description = `If-Match names another state: it was changed meanwhile, and is ${etag} now.`
  throw new Refusal([{ rule: 'EXT-42', status: 409, description }], { etag })
}
