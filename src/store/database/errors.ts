/** SQLSTATEs and network errors that may pass: a later retry makes sense. */
const TRANSIENT_CODES = /^(08|53|57P0|57014|40001|40P01|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)/

/** True if the database cannot be reached or is overloaded. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as Error & { code?: unknown }
  if (typeof code === 'string') return TRANSIENT_CODES.test(code)
  return /timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error/.test(
    error.message,
  )
}

export const UNIQUE_VIOLATION = '23505'

const SQLSTATE = /^[0-9A-Z]{5}$/
/**
 * Connection lost, server failure, shutdown or timeout: the outcome is unknown, or an immediate
 * retry is useless.
 */
const OUTCOME_UNKNOWN = /^(08|53|57|58|40003)/

/** True if the failed statement was rolled back for certain, so that it may be divided and retried. */
export function isRolledBack(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' && SQLSTATE.test(code) && !OUTCOME_UNKNOWN.test(code)
}

/** The error of a write that waited too long; SQLSTATE too_many_connections. */
export function createQueueTimeout(): Error {
  return Object.assign(new Error('queue timeout'), { code: '53300' })
}
