/** Conditions of PostgreSQL and of the way to it that pass by themselves: trying again later makes sense. */
const PASSING = /^(08|53|57P0|57014|40001|40P01|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)/

/** True if `error` says that the database cannot be reached or is overloaded, not that something is wrong with us. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as Error & { code?: unknown }
  if (typeof code === 'string') return PASSING.test(code)
  return /timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error/.test(
    error.message,
  )
}

export const UNIQUE_VIOLATION = '23505'

/** Data or conflicts that a statement stumbled over: it was taken back as a whole, for sure. */
const UNDONE = /^(22|23|40001|40P01)/

/** Whether a statement that failed has certainly done nothing, and may be tried in parts. */
export function isUndone(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' && UNDONE.test(code)
}

/** The fault of who waited too long for a turn; in the words of PostgreSQL, too many connections. */
export function tooBusy(): Error {
  return Object.assign(new Error('too many wait'), { code: '53300' })
}
