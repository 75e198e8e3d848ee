/** Where pictures are kept: files by their names. */
export interface MediaStorage {
  /** When it is done, the file is there for good; before, nobody sees any of it. */
  put(name: string, bytes: Uint8Array): Promise<void>
  /** What is in a file; null: there is none of this name. Who does not read `body` has to cancel it. */
  get(name: string): Promise<{ body: ReadableStream<Uint8Array>; bytes: number } | null>
  /** A file that is not there is removed already. */
  remove(name: string): Promise<void>
}

/** The files of a picture: itself, and a small one. */
export const FILE_SUFFIX = { whole: '', thumbnail: '-thumbnail' } as const
export type Size = keyof typeof FILE_SUFFIX

/** The name of a file, in its folder and below `/media/`. */
export function formatFileName(media_id: string, size: Size): string {
  return `${media_id}${FILE_SUFFIX[size]}.jpg`
}

/** What a file name names; null: it is none of ours. */
export function parseFileName(name: string): { media_id: string; size: Size } | null {
  const [, media_id, suffix] = /^([0-9a-f]{32})(-thumbnail)?\.jpg$/.exec(name) ?? []
  return media_id ? { media_id, size: suffix ? 'thumbnail' : 'whole' } : null
}
