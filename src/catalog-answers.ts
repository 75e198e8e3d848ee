import type { Context } from 'hono'
import { answerEmpty, answerWith } from './answer.js'
import { type Coding, codingFor, etagOf, isKnown, packForKeeping } from './conditional.js'
import type { Datetime } from './standard/datetime.js'
import type { Format } from './standard/terms.js'

/** A body that stays the same until the catalog changes, and its packings as far as they were asked for. */
interface Kept {
  body: string
  etag: string
  packed: Map<Coding, Uint8Array<ArrayBuffer>>
}

/** What a client says of bodies it has and takes. */
export interface Taking {
  ifNoneMatch: string | null
  acceptEncoding: string | null
}

/** Reads it off the headers of a call. */
export function takingOf(context: Context): Taking {
  return {
    ifNoneMatch: context.req.header('if-none-match') ?? null,
    acceptEncoding: context.req.header('accept-encoding') ?? null,
  }
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
    { ifNoneMatch, acceptEncoding }: Taking,
    make: () => string,
  ): Response {
    const bodies = this.kept.get(owner) ?? new Map<string, Kept>()
    this.kept.set(owner, bodies)
    const name = `${format} ${key}`
    const kept = bodies.get(name) ?? keep(make())
    if (!bodies.has(name) && bodies.size < MOST_KEPT) bodies.set(name, kept)
    const headers = {
      etag: kept.etag,
      'last-modified': new Date(changeset).toUTCString(),
      'cache-control': 'public, max-age=60',
      vary: 'Accept, Accept-Encoding, Accept-Language',
    }
    if (isKnown(kept.etag, ifNoneMatch)) return answerEmpty(304, headers)
    const coding = codingFor(kept.body, acceptEncoding, ['br', 'gzip'])
    if (!coding) return answerWith(format, kept.body, headers)
    const packed = kept.packed.get(coding) ?? packForKeeping(kept.body, coding)
    kept.packed.set(coding, packed)
    return answerWith(format, packed, { ...headers, 'content-encoding': coding })
  }
}

function keep(body: string): Kept {
  return { body, etag: etagOf(body), packed: new Map() }
}
