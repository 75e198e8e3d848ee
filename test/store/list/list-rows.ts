import { type Row, toRows } from '../../../src/documents/document.js'
import type { Store } from '../../../src/store/database/database.js'
import type { ListPlan } from '../../../src/store/list/list-plan.js'
import { listServiceRequests } from '../../../src/store/list/list-service-requests.js'

/** The rows of a list as objects. */
export async function listRows(store: Store, plan: ListPlan) {
  const { table } = await listServiceRequests(store, plan)
  return toRows(table) as (Row & {
    service_request_id: string
    requested_datetime: string
  })[]
}

/** A plan that lists all public service requests, newest first, with the changes of a test. */
export function createListPlan(fields: Partial<ListPlan> & Pick<ListPlan, 'jurisdiction_id'>): ListPlan {
  return {
    endpoint: 'production',
    service_codes: [],
    statuses: [],
    detailed_statuses: [],
    plain_statuses: [],
    agencies: [],
    channels: [],
    has_media: null,
    start: null,
    end: null,
    updated_after: null,
    updated_before: null,
    circle: null,
    boxes: null,
    polygon: null,
    area: null,
    searchText: null,
    order: { by: 'requested_datetime', direction: 'desc' },
    rows: 1000,
    skip: 0,
    after: null,
    isExtended: false,
    ...fields,
  }
}
