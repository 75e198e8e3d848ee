/** File storage for pictures, by file name. */
export interface MediaStorage {
  /** Atomic and durable: the file is complete once the promise resolves, and never visible in part. */
  put(name: string, bytes: Uint8Array): Promise<void>
  /** Returns null if there is no such file. The caller must read or cancel `body`. */
  get(name: string): Promise<{ body: ReadableStream<Uint8Array>; bytes: number } | null>
  /** Succeeds if there is no such file. */
  remove(name: string): Promise<void>
}

/** Each picture has two files. */
export const FILE_SUFFIX = { full: '', thumbnail: '-thumbnail' } as const
export type Size = keyof typeof FILE_SUFFIX

/** The name of a file in its storage and below `/media/`. */
export function formatFileName(media_id: string, size: Size): string {
  return `${media_id}${FILE_SUFFIX[size]}.jpg`
}

/** The reverse of formatFileName; null for any other name. */
export function parseFileName(name: string): { media_id: string; size: Size } | null {
  const [, media_id, suffix] = /^([0-9a-f]{32})(-thumbnail)?\.jpg$/.exec(name) ?? []
  return media_id ? { media_id, size: suffix ? 'thumbnail' : 'full' } : null
}
