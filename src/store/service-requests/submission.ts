import type { Service } from '../../standard/catalog.js'
import type { Datetime } from '../../standard/datetime.js'
import type { Reporter } from '../../standard/terms.js'
import type { Tables } from '../database/tables.js'
import type { EndpointScope } from './public-service-requests.js'

/** A client-chosen id that makes a repeated submission idempotent. */
export type SubmissionHandle = Pick<Tables['submission'], 'handle_type' | 'handle'>

export interface SubmitPlan extends EndpointScope {
  service: Service
  requested_datetime: Datetime
  expected_datetime: Datetime | null
  lat: number | null
  long: number | null
  address: string | null
  address_id: string | null
  description: string | null
  media_urls: string[]
  /** Stored images to attach to the service request. */
  media_ids?: readonly string[]
  answers: Record<string, string[]>
  reporter: Reporter
  key_id: number
  handles: SubmissionHandle[]
  /** Digest of all arguments, to detect a reused handle. */
  fingerprint: Buffer
}

/** The stored service request: an id (realtime), a token (batch), or neither (blackbox, A-46). */
export interface Submitted {
  service_request_id: string | null
  token: string | null
  service_notice: string | null
}
