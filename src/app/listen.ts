import type { Server } from 'node:net'
import type { Config } from '../config.js'

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is already in use',
  EACCES: 'permission denied',
  EADDRNOTAVAIL: 'this machine does not have the address',
}

/** Listens on HOST and PORT. Throws an Error with one line for the operator. */
export function listen(server: Server, { HOST, PORT }: Pick<Config, 'HOST' | 'PORT'>): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => {
      const reason = REASONS[error.code ?? ''] ?? error.message
      reject(new Error(`could not listen on ${HOST}, port ${PORT}: ${reason}`, { cause: error }))
    }
    server.once('error', onError)
    server.listen(PORT, HOST, () => {
      server.off('error', onError)
      resolve()
    })
  })
}
