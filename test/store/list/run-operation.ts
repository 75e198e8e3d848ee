import type { Row } from '../../../src/documents/document.js'
import { isTable, toRows } from '../../../src/documents/document.js'
import type { Operation } from '../../../src/operations/operation.js'
import type { Jurisdiction } from '../../../src/standard/catalog.js'
import type { Endpoint } from '../../../src/standard/terms.js'
import type { Store } from '../../../src/store/database/database.js'
import { withStore } from '../../media/no-media.js'
import { createRequest } from '../../operations/city.js'

/** Plans and runs an operation; returns the rows for its document, and its headers. */
export async function runOperation(
  operation: Operation,
  store: Store,
  city: Jurisdiction,
  args: Record<string, string | string[]>,
  endpoint: Endpoint = 'production',
): Promise<{ rows: Row[]; headers: Readonly<Record<string, string>> }> {
  const plan = operation.plan({ ...createRequest(args, city), endpoint })
  const { value, headers = {} } = await operation.query(plan, withStore(store))
  return { rows: isTable(value) ? toRows(value) : ([value].flat() as Row[]), headers }
}
