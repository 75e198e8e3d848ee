import type { Store } from '../../../src/store/database/database.js'
import type { ServiceRequestLocator } from '../../../src/store/service-requests/full-service-request.js'
import {
  findNewestEvent,
  lockServiceRequest,
  writeChange,
} from '../../../src/store/service-requests/locked-service-request.js'

export type Columns = Parameters<typeof writeChange>[2]
export type ChangeContext = Parameters<typeof writeChange>[3]

/** Changes a service request, and gives the newest event of it. */
export function changeServiceRequest(
  store: Store,
  which: ServiceRequestLocator,
  set: Columns,
  told: ChangeContext,
) {
  return store.transaction().execute(async (transaction) => {
    const locked = await lockServiceRequest(transaction, which)
    await writeChange(transaction, locked!, set, told)
    return findNewestEvent(transaction, locked!)
  })
}
