import { changes } from '../../../src/documents/changes.js'
import { serviceRequests } from '../../../src/documents/service-requests.js'
import { compileEncoders } from '../../../src/formats/encoders.js'
import { getChanges } from '../../../src/operations/get-changes.js'
import { getServiceRequests } from '../../../src/operations/get-service-requests.js'
import type { Jurisdiction } from '../../../src/standard/catalog.js'
import type { Store } from '../../../src/store/database/database.js'
import { runOperation } from '../list/run-operation.js'

/** An entry of the change feed, as it is sent. */
export interface Entry {
  seq: number
  change_type: 'create' | 'change' | 'tombstone'
  kind?: string
  service_request_id: string
  datetime: string
  published_at?: string
  changed?: string[]
  service_request: ServiceRequest | null
}

export type ServiceRequest = Record<string, unknown> & {
  service_request_id: string
  extended_attributes: Record<string, unknown> & {
    detailed_status: string | null
    duplicate_of: string | null
    notes: { datetime: string; type: string; summary: string; description: string | null }[]
  }
}

const encoders = { changes: compileEncoders(changes).json, requests: compileEncoders(serviceRequests).json }

/** Reads a page of the change feed as a client does. */
export async function readFeed(
  store: Store,
  city: Jurisdiction,
  args: Record<string, string>,
): Promise<{ entries: Entry[]; last: number }> {
  const { rows, headers } = await runOperation(getChanges, store, city, args)
  return { entries: JSON.parse(encoders.changes(rows).join('')), last: Number(headers['x-last-seq']) }
}

/** All public service requests, by id. */
export async function readPublic(store: Store, city: Jurisdiction): Promise<Map<string, ServiceRequest>> {
  const { rows } = await runOperation(getServiceRequests, store, city, {
    cursor: 'first',
    extensions: 'true',
  })
  const listed: ServiceRequest[] = JSON.parse(encoders.requests(rows).join(''))
  return new Map(listed.map((each) => [each.service_request_id, each]))
}

/** A client that builds a copy of the public service requests from the change feed. */
export class FeedCopy {
  readonly serviceRequests = new Map<string, ServiceRequest>()
  readonly seqs: number[] = []

  constructor(public after = 0) {}

  apply(entries: readonly Entry[]): void {
    for (const { seq, service_request_id, service_request } of entries) {
      if (service_request) this.serviceRequests.set(service_request_id, service_request)
      else this.serviceRequests.delete(service_request_id)
      this.seqs.push(seq)
      this.after = seq
    }
  }

  /** Reads pages until the feed is empty; applies at most `stopAfter` entries of each page and drops the rest. */
  async readAll(
    store: Store,
    city: Jurisdiction,
    limit = 100,
    stopAfter = limit,
    check: (entry: Entry) => void = () => {},
  ) {
    for (;;) {
      const { entries } = await readFeed(store, city, { after: String(this.after), limit: String(limit) })
      if (entries.length === 0) return
      entries.forEach(check)
      this.apply(entries.slice(0, Math.max(stopAfter, 1)))
    }
  }
}
