import type { Store } from '../../../src/store/database/database.js'
import type { Which } from '../../../src/store/service-requests/full-service-request.js'
import {
  changeServiceRequest,
  lockServiceRequest,
  newestEventOf,
} from '../../../src/store/service-requests/locked-service-request.js'

export type Columns = Parameters<typeof changeServiceRequest>[2]
export type Told = Parameters<typeof changeServiceRequest>[3]

/** Changes a service request, and gives the newest event of it. */
export function changed(store: Store, which: Which, set: Columns, told: Told) {
  return store.transaction().execute(async (transaction) => {
    const locked = await lockServiceRequest(transaction, which)
    await changeServiceRequest(transaction, locked!, set, told)
    return newestEventOf(transaction, locked!)
  })
}
