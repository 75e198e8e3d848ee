import { mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { MediaStorage } from './storage.js'

/** Files in a folder of this machine, in folders by the first letters of their names. */
export function createLocalStorage(directory: string): MediaStorage {
  const folderOf = (name: string) => join(directory, name.slice(0, 2))
  const pathOf = (name: string) => join(folderOf(name), name)
  /** While a file is written; known by name, so that what a killed process left is removed with it. */
  const unfinished = (name: string) => `${pathOf(name)}.unfinished`

  return {
    put: async (name, bytes) => {
      const made = await mkdir(folderOf(name), { recursive: true, mode: 0o700 })
      const file = await open(unfinished(name), 'w', 0o600)
      try {
        await file.writeFile(bytes)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(unfinished(name), pathOf(name))
      await syncDirectory(folderOf(name))
      if (made) await syncDirectory(directory)
    },
    get: async (name) => {
      const file = await open(pathOf(name)).catch((error) => {
        if (error.code === 'ENOENT') return null
        throw error
      })
      if (!file) return null
      const { size } = await file.stat()
      const body = Readable.toWeb(file.createReadStream()) as ReadableStream<Uint8Array>
      return { body, bytes: size }
    },
    remove: async (name) => {
      await rm(pathOf(name), { force: true })
      await rm(unfinished(name), { force: true })
    },
  }
}

/** The names in a folder survive a failure of the machine only once the folder itself is written. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(directory)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
