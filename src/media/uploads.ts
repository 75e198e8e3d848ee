import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Faults, Refusal, truncate } from '../standard/refusal.js'
import { detectImageType, HEAD_BYTES, type ImageType } from './detect-image-type.js'

/** `known`: the request had a valid key when the file began. `unknown`: it had no key yet. */
export type Caller = 'known' | 'unknown'

/** A file of a request, on disk until the response is sent. */
export interface Upload {
  /** Of the form part. */
  name: string
  path: string
  bytes: number
  sha256: string
  type: ImageType
  caller: Caller
}

/** A file while it is received. */
export interface IncomingFile {
  name: string
  filename: string | null
  caller: Caller
  content: AsyncIterable<Uint8Array>
}

/** Limits of one request. */
export interface UploadLimits {
  /** Per file. */
  maxBytes: number
  maxFiles: number
}

/** Temporary files of requests. */
export interface UploadStore {
  limits: UploadLimits
  /**
   * Writes a file to disk. Returns null if it is not acceptable (added to `faults`), or if it is an empty form field
   * without a file name. The content is read to its end in any case: the key may follow it. `onTooLong` is called for
   * every chunk beyond the limit. Throws a Refusal (503) if the quota is used up.
   */
  receive(file: IncomingFile, faults: Faults, onTooLong: () => void): Promise<Upload | null>
  discard(uploads: readonly Upload[]): Promise<void>
  /** Removes files of killed processes: those not modified since `before`, in milliseconds since 1970. */
  sweep(before: number): Promise<void>
}

/** Requests that may store all their files at the same time. Unauthenticated uploads have a separate quota. */
const MAX_CONCURRENT_REQUESTS: Readonly<Record<Caller, number>> = { known: 10, unknown: 2 }

/** Opens the upload store in `directory`, and creates the directory if needed. */
export async function openUploadStore(directory: string, limits: UploadLimits): Promise<UploadStore> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const usedBytes: Record<Caller, number> = { known: 0, unknown: 0 }

  async function receive(
    { name, filename, caller, content }: IncomingFile,
    faults: Faults,
    onTooLong: () => void,
  ): Promise<Upload | null> {
    const reject = (reason: string) => addFileFault(faults, name, reason)
    const quotaBytes = MAX_CONCURRENT_REQUESTS[caller] * limits.maxBytes * limits.maxFiles
    const path = join(directory, randomUUID())
    const digest = createHash('sha256')
    let head = Buffer.alloc(0)
    let bytes = 0
    let writtenBytes = 0
    let isAccepted = false
    const file = await open(path, 'wx', 0o600)
    try {
      for await (const chunk of content) {
        bytes += chunk.length
        if (bytes > limits.maxBytes) {
          reject(`is longer than the ${limits.maxBytes} bytes that a file may have.`)
          onTooLong()
          continue
        }
        if (usedBytes[caller] + chunk.length > quotaBytes) refuseUpload()
        usedBytes[caller] += chunk.length
        writtenBytes += chunk.length
        if (head.length < HEAD_BYTES) head = Buffer.concat([head, chunk.subarray(0, HEAD_BYTES)])
        digest.update(chunk)
        await file.writeFile(chunk)
      }
      if (bytes > limits.maxBytes) return null
      if (bytes === 0) return filename ? reject('is an empty file.') : null
      const detected = detectImageType(head)
      if ('description' in detected)
        return reject(`is ${detected.description}; send a JPEG, PNG, WebP or GIF picture.`)
      isAccepted = true
      return { name, path, bytes, sha256: digest.digest('hex'), type: detected.type, caller }
    } finally {
      await file.close()
      if (!isAccepted) {
        usedBytes[caller] -= writtenBytes
        await rm(path, { force: true })
      }
    }
  }

  return {
    limits,
    receive,
    discard: async (uploads) => {
      for (const { path, bytes, caller } of uploads) {
        usedBytes[caller] -= bytes
        // A failure is left to sweep().
        await rm(path, { force: true }).catch(() => {})
      }
    },
    sweep: async (before) => {
      for (const name of await readdir(directory)) {
        const path = join(directory, name)
        const stats = await stat(path).catch(() => null)
        if (stats && stats.mtimeMs < before) await rm(path, { force: true })
      }
    },
  }
}

/** Adds the fault of a file to `faults`, with the name of its part (EXT-38). `reason` is a predicate. */
export function addFileFault(faults: Faults, name: string, reason: string): null {
  faults.add('EXT-38', 400, `${truncate(name)} ${reason}`)
  return null
}

function refuseUpload(): never {
  const description = 'Too many files are arriving now; please try again later.'
  throw new Refusal([{ rule: 'EXT-38', status: 503, description }], { 'retry-after': '30' })
}
