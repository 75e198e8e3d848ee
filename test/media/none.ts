import type { Media } from '../../src/media/open-media.js'
import type { OperationDependencies } from '../../src/operations/operation.js'

/** A server to which nobody sends pictures. */
export const noMedia: Media = {
  uploads: {
    limits: { maxBytes: 1000, maxFiles: 2 },
    receive: async () => null,
    discard: async () => {},
    sweep: async () => {},
  },
  storage: { put: async () => {}, get: async () => null, remove: async () => {} },
  library: {
    store: (_, __, use) => use({ media_ids: [], media_urls: [] }),
    forget: async () => {},
    remove: async () => {},
  },
}

/** What operations that nobody sends pictures to are given. */
export const means: OperationDependencies = { media: noMedia.library }
