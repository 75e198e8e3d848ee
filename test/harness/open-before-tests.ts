import { afterAll, beforeAll } from 'vitest'
import type { Store } from '../../src/store/database/database.js'
import type { TestDatabase } from './databases.js'

/**
 * Builds a fixture on a new database before the first test of a `describe`, and closes both after the last one. The
 * returned object is empty until then: its members can be read in tests only.
 */
export function openBeforeTests<Built extends { store: Store; close?(): Promise<unknown> }>(
  open: () => Promise<TestDatabase>,
  build: (database: TestDatabase) => Promise<Built>,
): Built {
  const built = {} as Built
  let database: TestDatabase | undefined
  beforeAll(async () => {
    database = await open()
    Object.assign(built, await build(database))
  })
  afterAll(async () => {
    await built.close?.()
    await database?.close()
  })
  return built
}
