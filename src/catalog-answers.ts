import { createHash } from 'node:crypto'
import { answerEmpty, answerWith } from './answer.js'
import type { Datetime } from './standard/datetime.js'
import type { Format } from './standard/terms.js'

/** A body that stays the same until the catalog changes. */
interface Kept {
  body: string
  etag: string
}

/** More bodies than this of one catalog are not kept; only languages times services times formats could make so many. */
const MOST_KEPT = 5000

/**
 * Answers that come from the catalog alone: made once for each catalog, and answered with an ETag, so that nothing is
 * read or written for them again.
 */
export class CatalogAnswers {
  private readonly kept = new WeakMap<object, Map<string, Kept>>()

  /** `owner` is the immutable value the body is made from; `key` tells its bodies apart. */
  answer(
    owner: object,
    key: string,
    format: Format,
    changeset: Datetime,
    ifNoneMatch: string | null,
    make: () => string,
  ): Response {
    const bodies = this.kept.get(owner) ?? new Map<string, Kept>()
    this.kept.set(owner, bodies)
    const name = `${format} ${key}`
    const { body, etag } = bodies.get(name) ?? keep(make())
    if (!bodies.has(name) && bodies.size < MOST_KEPT) bodies.set(name, { body, etag })
    const headers = {
      etag,
      'last-modified': new Date(changeset).toUTCString(),
      'cache-control': 'public, max-age=60',
      vary: 'Accept, Accept-Language',
    }
    return matches(ifNoneMatch, etag) ? answerEmpty(304, headers) : answerWith(format, body, headers)
  }
}

function keep(body: string): Kept {
  return { body, etag: `"${createHash('sha1').update(body).digest('base64url')}"` }
}

/** RFC 9110 section 13.1.2, with the weak comparison it asks for. */
function matches(ifNoneMatch: string | null, etag: string): boolean {
  if (!ifNoneMatch) return false
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes('*') || tags.includes(etag)
}
