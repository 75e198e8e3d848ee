import type { Jurisdiction } from '../standard/catalog.js'
import { type Faults, truncate } from '../standard/refusal.js'
import { findOutsideReason } from '../standard/service-area.js'
import type { ServiceRequestPatch } from './service-request-patch.js'

/** EXT-42: adds the faults of a patch that do not depend on the state of the service request. */
export function validatePatch(patch: ServiceRequestPatch, jurisdiction: Jurisdiction, faults: Faults): void {
  const addFault = (description: string) => faults.add('EXT-42', 400, description)
  const { status, detailed_status, service_code, lat, long } = patch
  if (Object.keys(patch).every((name) => name === 'redact')) addFault('Nothing to change was provided.')
  // The history has status_notes too; only the operation redact clears both.
  if (patch.redact && patch.status_notes !== undefined)
    addFault('status_notes are redacted by POST …/redact, with their history.')
  const detailed = detailed_status == null ? undefined : jurisdiction.statuses.get(detailed_status)
  if (detailed_status != null && !detailed) {
    const known = [...jurisdiction.statuses.keys()].join(', ')
    addFault(`detailed_status ${truncate(detailed_status)} is not known here; there are ${known}.`)
  }
  if (detailed && status !== undefined && detailed.status !== status)
    addFault(`status has to be ${detailed.status}: that is what detailed_status ${detailed.code} stands for.`)
  if (service_code !== undefined && !jurisdiction.services.has(service_code))
    addFault('service_code was not found.')
  if ((lat === undefined) !== (long === undefined)) addFault('lat and long are needed together.')
  else if (lat !== undefined) {
    const broken = findOutsideReason({ lat, long: long! }, jurisdiction)
    if (broken) faults.add(broken.rule, 400, broken.description)
  }
}
