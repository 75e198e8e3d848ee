import { matchesEtag } from '../http/conditional.js'
import type { Parts, Walk } from '../http/pipeline.js'
import { parsePath } from '../http/request.js'
import { emptyResponse, typedResponse } from '../http/response.js'
import { parseFileName } from '../media/storage.js'
import { refuse } from '../standard/refusal.js'
import { findPublicMedia } from '../store/service-requests/media.js'

/**
 * EXT-39: a picture, while its service request is public; anything else is not found. It may be kept for ever, as it never
 * changes, but has to be asked for each time: its service request may not be public any more.
 */
export async function mediaAnswer({ store, media }: Parts, walk: Walk): Promise<Response> {
  const { context, headers: own } = walk
  const name = context.req.param('name') ?? ''
  const named = parsePath(context.req.url).format ? null : parseFileName(name)
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
  if (matchesEtag(headers.etag, context.req.header('if-none-match') ?? null))
    return emptyResponse(304, headers)
  const bytes = named.size === 'whole' ? found.bytes : found.thumbnail_bytes
  const told = { ...headers, 'content-length': String(bytes) }
  if (context.req.raw.method === 'HEAD') return typedResponse('image/jpeg', null, told)
  const file = await media.storage.get(name)
  if (!file) throw new Error('a picture has no file')
  return typedResponse('image/jpeg', file.body, told)
}
