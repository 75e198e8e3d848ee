import type { Store } from '../../../src/store/database/database.js'
import type { ServiceRequestLocator } from '../../../src/store/service-requests/full-service-request.js'
import {
  findNewestEvent,
  lockServiceRequest,
  writeChange,
} from '../../../src/store/service-requests/locked-service-request.js'

export type Columns = Parameters<typeof writeChange>[2]
export type ChangeContext = Parameters<typeof writeChange>[3]

/** Changes a service request; returns its newest event. */
export function changeServiceRequest(
  store: Store,
  locator: ServiceRequestLocator,
  set: Columns,
  context: ChangeContext,
) {
  return store.transaction().execute(async (transaction) => {
    const locked = await lockServiceRequest(transaction, locator)
    await writeChange(transaction, locked!, set, context)
    return findNewestEvent(transaction, locked!)
  })
}
