import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Faults, Refusal, truncate } from '../standard/refusal.js'
import { detectImageType, HEAD_BYTES, type ImageType } from './detect-image-type.js'

/** Whether the key of a call was good when a file of it began, or has not been told yet. */
export type Caller = 'known' | 'unknown'

/** A file that came with a call: it waits on disk until the call is answered. */
export interface Upload {
  /** Of its part of the form. */
  name: string
  path: string
  bytes: number
  sha256: string
  type: ImageType
  caller: Caller
}

/** A file as it comes. */
export interface IncomingFile {
  name: string
  filename: string | null
  caller: Caller
  content: AsyncIterable<Uint8Array>
}

/** What may come with one call. */
export interface UploadLimits {
  /** Bytes of one file. */
  maxBytes: number
  maxFiles: number
}

/** Files on their way. */
export interface UploadStore {
  limits: UploadLimits
  /**
   * Keeps a file of a call; null if it cannot be taken, which is added to `faults`, or if there is none, as browsers send
   * for a field that was left empty. The content is read to its end all the same, for the key may come after it; `told` is
   * called before the rest of a file that is too long is read.
   */
  receive(file: IncomingFile, faults: Faults, told: () => void): Promise<Upload | null>
  discard(uploads: readonly Upload[]): Promise<void>
  /** Removes what calls left that were killed: files untouched since `before`, in milliseconds. */
  sweep(before: number): Promise<void>
}

/**
 * As many calls may have all their files here at once; more are asked to come back. Who has shown no key yet takes no room
 * from who has.
 */
const MAX_CONCURRENT_CALLS: Readonly<Record<Caller, number>> = { known: 10, unknown: 2 }

/** Files on their way, in `directory`, which is made if it is not there. */
export async function openUploadStore(directory: string, limits: UploadLimits): Promise<UploadStore> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const held: Record<Caller, number> = { known: 0, unknown: 0 }

  async function take({ name, filename, caller, content }: IncomingFile, faults: Faults, told: () => void) {
    const fault = (what: string) => addFileFault(faults, name, what)
    const most = MAX_CONCURRENT_CALLS[caller] * limits.maxBytes * limits.maxFiles
    const path = join(directory, randomUUID())
    const digest = createHash('sha256')
    let head = Buffer.alloc(0)
    let bytes = 0
    let kept = 0
    let isTaken = false
    const file = await open(path, 'wx', 0o600)
    try {
      for await (const chunk of content) {
        bytes += chunk.length
        if (bytes > limits.maxBytes) {
          fault(`is longer than the ${limits.maxBytes} bytes that a file may have.`)
          told()
          continue
        }
        if (held[caller] + chunk.length > most) refuseUpload()
        held[caller] += chunk.length
        kept += chunk.length
        if (head.length < HEAD_BYTES) head = Buffer.concat([head, chunk.subarray(0, HEAD_BYTES)])
        digest.update(chunk)
        await file.writeFile(chunk)
      }
      if (bytes > limits.maxBytes) return null
      if (bytes === 0) return filename ? fault('is an empty file.') : null
      const is = detectImageType(head)
      if ('what' in is) return fault(`is ${is.what}; send a JPEG, PNG, WebP or GIF picture.`)
      isTaken = true
      return { name, path, bytes, sha256: digest.digest('hex'), type: is.type, caller }
    } finally {
      await file.close()
      if (!isTaken) {
        held[caller] -= kept
        await rm(path, { force: true })
      }
    }
  }

  return {
    limits,
    receive: take,
    discard: async (uploads) => {
      for (const { path, bytes, caller } of uploads) {
        held[caller] -= bytes
        // If it cannot be done now, it is when they are swept.
        await rm(path, { force: true }).catch(() => {})
      }
    },
    sweep: async (before) => {
      for (const name of await readdir(directory)) {
        const path = join(directory, name)
        const found = await stat(path).catch(() => null)
        if (found && found.mtimeMs < before) await rm(path, { force: true })
      }
    },
  }
}

/** EXT-38: a part that cannot be taken is named; nothing is dropped without a word. */
export function addFileFault(faults: Faults, name: string, what: string): null {
  faults.add('EXT-38', 400, `${truncate(name)} ${what}`)
  return null
}

function refuseUpload(): never {
  const description = 'Too many files are arriving now; please try again later.'
  throw new Refusal([{ rule: 'EXT-38', status: 503, description }], { 'retry-after': '30' })
}
