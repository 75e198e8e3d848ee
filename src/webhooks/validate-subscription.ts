import type { Subscription } from '../store/events/create-webhook.js'
import { validateTargetUrl } from './target-address.js'

/** Of services, and of areas, per webhook: every event is compared with all of them. */
export const MAX_FILTER_ENTRIES = 200

/** Checks a subscription without the database (EXT-37). Returns the faults, one sentence each. */
export function validateSubscription(subscription: Subscription, allowPrivateTargets: boolean): string[] {
  const { url, format, include_private, target_api_key, target_jurisdiction_id } = subscription
  const faults: string[] = []
  const fault = validateTargetUrl(url, allowPrivateTargets)
  if (fault) faults.push(`url ${fault}.`)
  for (const name of ['service_codes', 'areas'] as const)
    if (subscription[name].length > MAX_FILTER_ENTRIES)
      faults.push(`${name} may have at most ${MAX_FILTER_ENTRIES} entries.`)
  if (format === 'fixmystreet') {
    if (!target_api_key)
      faults.push(
        'target_api_key was not provided: it is the api_key that a target of the format fixmystreet wants.',
      )
    if (include_private)
      faults.push('include_private is not for the format fixmystreet: it tells public updates only.')
  } else if (target_api_key || target_jurisdiction_id) {
    faults.push('target_api_key and target_jurisdiction_id are for the format fixmystreet only.')
  }
  return faults
}
