import type { Media } from '../../src/media/open-media.js'
import type { Store } from '../../src/store/database/database.js'

/** A media component that stores nothing. */
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
    detach: async () => {},
    remove: async () => {},
  },
}

/** Dependencies of an operation that uploads nothing. */
export const withStore = (store: Store) => ({ store, media: noMedia.library })
