import type { Subscription } from '../store/events/webhooks.js'
import { validateTargetUrl } from './target-address.js'

/** Services, or areas, that one webhook may name: all of them are looked through for every event. */
export const MAX_FILTER_ENTRIES = 200

/** What can be seen to be wrong with a subscription by itself (EXT-37), a sentence each. */
export function validateSubscription(subscription: Subscription, allowPrivate: boolean): string[] {
  const { url, form, sees_private, target_key, target_jurisdiction_id } = subscription
  const faults: string[] = []
  const fault = validateTargetUrl(url, allowPrivate)
  if (fault) faults.push(`url ${fault}.`)
  for (const name of ['service_codes', 'areas'] as const)
    if (subscription[name].length > MAX_FILTER_ENTRIES)
      faults.push(`${name} may have at most ${MAX_FILTER_ENTRIES} entries.`)
  if (form === 'fixmystreet') {
    if (!target_key)
      faults.push(
        'target_key was not provided: it is the api_key that a target of the form fixmystreet wants.',
      )
    if (sees_private)
      faults.push('sees_private is not for the form fixmystreet: it tells public updates only.')
  } else if (target_key || target_jurisdiction_id) {
    faults.push('target_key and target_jurisdiction_id are for the form fixmystreet only.')
  }
  return faults
}
