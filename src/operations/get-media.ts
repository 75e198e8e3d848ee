import { isKnown } from '../http/conditional.js'
import type { Parts, Walk } from '../http/pipeline.js'
import { addressOf } from '../http/request.js'
import { answerAs, answerEmpty } from '../http/response.js'
import { readFileName } from '../media/storage.js'
import { refuse } from '../standard/refusal.js'
import { findPublicMedia } from '../store/service-requests/media.js'

/**
 * EXT-39: a picture, while its service request is public; anything else is not found. It may be kept for ever, as it never
 * changes, but has to be asked for each time: its service request may not be public any more.
 */
export async function mediaAnswer({ store, media }: Parts, walk: Walk): Promise<Response> {
  const { context, headers: own } = walk
  const name = context.req.param('name') ?? ''
  const named = addressOf(context.req.url).format ? null : readFileName(name)
  const found = named ? await findPublicMedia(store, named.media_id) : undefined
  if (!named || !found) refuse('EXT-39', 404, 'There is no such picture.')
  const headers = {
    ...own,
    etag: `"${name}"`,
    'cache-control': 'public, no-cache',
    // Whatever somebody may have smuggled into it, it is a picture and nothing else.
    'content-security-policy': "default-src 'none'; sandbox",
    'cross-origin-resource-policy': 'cross-origin',
  }
  if (isKnown(headers.etag, context.req.header('if-none-match') ?? null)) return answerEmpty(304, headers)
  const bytes = named.size === 'whole' ? found.bytes : found.thumbnail_bytes
  const told = { ...headers, 'content-length': String(bytes) }
  if (context.req.raw.method === 'HEAD') return answerAs('image/jpeg', null, told)
  const file = await media.folder.get(name)
  if (!file) throw new Error('a picture has no file')
  return answerAs('image/jpeg', file.body, told)
}
