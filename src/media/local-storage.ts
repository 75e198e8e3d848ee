import { mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { MediaStorage } from './storage.js'

/** Stores files in `directory`, in subfolders named by the first two characters of the file name. */
export function createLocalStorage(directory: string): MediaStorage {
  const subfolder = (name: string) => join(directory, name.slice(0, 2))
  const filePath = (name: string) => join(subfolder(name), name)
  /** Has a fixed name, so that remove() also finds what a killed process left. */
  const unfinishedPath = (name: string) => `${filePath(name)}.unfinished`

  return {
    put: async (name, bytes) => {
      const created = await mkdir(subfolder(name), { recursive: true, mode: 0o700 })
      const file = await open(unfinishedPath(name), 'w', 0o600)
      try {
        await file.writeFile(bytes)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(unfinishedPath(name), filePath(name))
      await syncDirectory(subfolder(name))
      if (created) await syncDirectory(directory)
    },
    get: async (name) => {
      const file = await open(filePath(name)).catch((error) => {
        if (error.code === 'ENOENT') return null
        throw error
      })
      if (!file) return null
      const { size } = await file.stat()
      const body = Readable.toWeb(file.createReadStream()) as ReadableStream<Uint8Array>
      return { body, bytes: size }
    },
    remove: async (name) => {
      await rm(filePath(name), { force: true })
      await rm(unfinishedPath(name), { force: true })
    },
  }
}

/** A new directory entry survives a power failure only after fsync of the directory. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(directory)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
