/** Conditions of PostgreSQL and of the way to it that pass by themselves: trying again later makes sense. */
const TRANSIENT_CODES = /^(08|53|57P0|57014|40001|40P01|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)/

/** True if `error` says that the database cannot be reached or is overloaded, not that something is wrong with us. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as Error & { code?: unknown }
  if (typeof code === 'string') return TRANSIENT_CODES.test(code)
  return /timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error/.test(
    error.message,
  )
}

export const UNIQUE_VIOLATION = '23505'

/** What the database says of a statement, by a state of five characters: it was taken back as a whole. */
const SQLSTATE = /^[0-9A-Z]{5}$/
/** The connection, the machine, somebody who ends it, or time: what was done is not known, or there is no use in trying at once. */
const OUTCOME_UNKNOWN = /^(08|53|57|58|40003)/

/** Whether a statement that failed has certainly done nothing, and may be tried in parts. */
export function isRolledBack(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' && SQLSTATE.test(code) && !OUTCOME_UNKNOWN.test(code)
}

/** The fault of who waited too long for a turn; in the words of PostgreSQL, too many connections. */
export function createQueueTimeout(): Error {
  return Object.assign(new Error('too many wait'), { code: '53300' })
}
