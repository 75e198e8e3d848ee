import type { Media } from '../../src/media/open-media.js'
import type { Means } from '../../src/operations/operation.js'

/** A server to which nobody sends pictures. */
export const noMedia: Media = {
  arrivals: {
    limits: { mostBytes: 1000, mostFiles: 2 },
    take: async () => null,
    discard: async () => {},
    sweep: async () => {},
  },
  folder: { put: async () => {}, get: async () => null, remove: async () => {} },
  keeper: {
    keep: (_, __, use) => use({ media_ids: [], media_urls: [] }),
    forget: async () => {},
    remove: async () => {},
  },
}

/** What operations that nobody sends pictures to are given. */
export const means: Means = { media: noMedia.keeper }
