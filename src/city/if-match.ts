import { Refusal, refuse } from '../standard/refusal.js'
import { formatEtag } from './operation.js'

/**
 * EXT-42: a change names the version that the client has read: its ETag, or `*` for any. Refuses a
 * request without If-Match, which could overwrite a concurrent change.
 */
export function requireIfMatch(ifMatch: string | null): string {
  if (ifMatch !== null && ifMatch.trim() !== '') return ifMatch
  return refuse('EXT-42', 400, 'If-Match was not provided: send the ETag that was read, or * for any.')
}

/** Refuses with 409 and the current ETag unless If-Match names `version`. Null: no condition. */
export function checkIfMatch(ifMatch: string | null, version: number): void {
  if (ifMatch === null) return
  const etags = ifMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  const etag = formatEtag(version)
  if (etags.includes('*') || etags.includes(etag)) return
  const description = `If-Match names another state: it was changed meanwhile, and is ${etag} now.`
  throw new Refusal([{ rule: 'EXT-42', status: 409, description }], { etag })
}
