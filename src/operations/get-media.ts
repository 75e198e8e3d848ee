import { matchesEtag } from '../http/conditional.js'
import type { AppContext } from '../http/context.js'
import { defineHandler, type Handler } from '../http/pipeline.js'
import { emptyResponse, typedResponse } from '../http/response.js'
import { parseFileName, type Size } from '../media/storage.js'
import { refuse } from '../standard/refusal.js'
import { findPublicMedia } from '../store/service-requests/media.js'

interface PictureFile {
  name: string
  bytes: number
}

/**
 * EXT-39: a picture of a public service request, else 404. Pictures never change, but are revalidated
 * at each use (`no-cache`): their service request may have been hidden.
 */
export function mediaHandler({ store, media }: Pick<AppContext, 'store' | 'media'>): Handler {
  return defineHandler<undefined, undefined, { name: string; media_id: string; size: Size }, PictureFile>({
    name: 'GET media',
    formats: [null],
    plan: (request) => {
      const name = request.pathId('name')
      const parsed = parseFileName(name)
      return parsed ? { name, ...parsed } : refuseUnknownPicture()
    },
    query: async (_, { name, media_id, size }) => {
      const picture = (await findPublicMedia(store, media_id)) ?? refuseUnknownPicture()
      return { name, bytes: size === 'full' ? picture.bytes : picture.thumbnail_bytes }
    },
    encode: async (request, _, { name, bytes }) => {
      const headers = {
        ...request.headers,
        etag: `"${name}"`,
        'cache-control': 'public, no-cache',
        // A browser must not run the file as a document.
        'content-security-policy': "default-src 'none'; sandbox",
        'cross-origin-resource-policy': 'cross-origin',
      }
      if (matchesEtag(headers.etag, request.header('if-none-match'))) return emptyResponse(304, headers)
      const fileHeaders = { ...headers, 'content-length': String(bytes) }
      if (request.method === 'HEAD') return typedResponse('image/jpeg', null, fileHeaders)
      const file = await media.storage.get(name)
      if (!file) throw new Error('a picture in the database has no file')
      return typedResponse('image/jpeg', file.body, fileHeaders)
    },
  })
}

function refuseUnknownPicture(): never {
  refuse('EXT-39', 404, 'There is no such picture.')
}
