import type { Context } from 'hono'
import type { Datetime } from '../standard/datetime.js'
import type { Format } from '../standard/terms.js'
import { type Coding, codingFor, etagOf, isKnown, packForKeeping, type Taking } from './conditional.js'
import { written } from './encoded-body.js'
import { headersOf } from './response.js'
import type { ReadyAnswer } from './response-cache.js'

/** A body that stays the same until the catalog changes, and its packings as far as they were asked for. */
interface Kept {
  body: Uint8Array<ArrayBuffer>
  etag: string
  packed: Map<Coding, Uint8Array<ArrayBuffer>>
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
 * Answers that come from the catalog alone: made once for each catalog, with an ETag, so that nothing is read or written
 * for them again.
 */
export class CatalogAnswers {
  private readonly kept = new WeakMap<object, Map<string, Kept>>()

  /**
   * `owner` is the immutable value the body is made from; `name` tells its bodies apart; the ETag is a digest of `tag`,
   * or of the body.
   */
  answer(
    owner: object,
    { name: key, tag, changeset }: { name: string; tag?: string; changeset: Datetime },
    format: Format,
    { ifNoneMatch, acceptEncoding }: Taking,
    make: () => readonly (string | Buffer)[],
  ): Omit<ReadyAnswer, 'log'> {
    const bodies = this.kept.get(owner) ?? new Map<string, Kept>()
    this.kept.set(owner, bodies)
    const name = `${format} ${key}`
    const kept = bodies.get(name) ?? keep(make(), tag)
    if (!bodies.has(name) && bodies.size < MOST_KEPT) bodies.set(name, kept)
    const headers = {
      etag: kept.etag,
      'last-modified': new Date(changeset).toUTCString(),
      'cache-control': 'public, max-age=60',
      vary: 'Accept, Accept-Encoding, Accept-Language',
    }
    if (isKnown(kept.etag, ifNoneMatch)) return { status: 304, headers: headersOf(null, headers), body: null }
    const coding = codingFor(kept.body.length, acceptEncoding, ['br', 'gzip'])
    if (!coding) return { status: 200, headers: headersOf(format, headers), body: kept.body }
    const packed = kept.packed.get(coding) ?? packForKeeping(kept.body, coding)
    kept.packed.set(coding, packed)
    return {
      status: 200,
      headers: headersOf(format, { ...headers, 'content-encoding': coding }),
      body: packed,
    }
  }
}

function keep(text: readonly (string | Buffer)[], tag: string | undefined): Kept {
  const body = written(text).bytes
  return { body, etag: etagOf(tag ?? body), packed: new Map() }
}
