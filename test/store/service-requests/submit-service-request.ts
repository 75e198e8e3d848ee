import type { Store } from '../../../src/store/database/database.js'
import type { SubmitPlan } from '../../../src/store/service-requests/submission.js'
import { submit } from '../../../src/store/service-requests/submit.js'

const NO_REPORTER = {
  email: null,
  first_name: null,
  last_name: null,
  phone: null,
  device_id: null,
  account_id: null,
}

/** Submits a service request with the key number 1, which has to exist; returns its id. */
export async function submitServiceRequest(
  store: Store,
  fields: Partial<SubmitPlan> & Pick<SubmitPlan, 'jurisdiction_id' | 'endpoint' | 'service'>,
): Promise<string> {
  const submitted = await submit(store, {
    requested_datetime: '2026-06-01T12:00:00Z',
    expected_datetime: null,
    lat: null,
    long: null,
    address: null,
    address_id: null,
    description: null,
    media_urls: [],
    answers: {},
    reporter: NO_REPORTER,
    key_id: 1,
    handles: [],
    fingerprint: Buffer.from('same'),
    ...fields,
  })
  if (typeof submitted === 'string') throw new Error(submitted)
  return submitted.service_request_id!
}
