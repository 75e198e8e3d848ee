import type { Jurisdiction } from '../standard/catalog.js'
import type { Point } from '../standard/geography.js'
import { Faults } from '../standard/refusal.js'
import { computeExpectedDatetime } from '../standard/service-level.js'
import type { LockedServiceRequest } from '../store/service-requests/locked-service-request.js'
import {
  ADDRESS_COLUMNS,
  type OriginalResult,
  type ServiceRequestChange,
} from '../store/service-requests/update-service-request.js'
import type { ServiceRequestPatch } from './service-request-patch.js'

type ColumnChanges = ServiceRequestChange['set']

/**
 * EXT-42: computes the change of a locked service request by a patch; null: the patch changes nothing.
 * `original` is the original of a duplicate; null: the patch has no duplicate_of. Refuses a patch that
 * contradicts the current state.
 */
export function applyPatch(
  current: LockedServiceRequest,
  patch: ServiceRequestPatch,
  original: OriginalResult | null,
  { jurisdiction, key_id }: { jurisdiction: Jurisdiction; key_id: number },
): ServiceRequestChange | null {
  const location = applyLocation(current, patch)
  const reclassified = reclassify(current, patch, jurisdiction, location.exactPoint)
  const set = pickChanged(current, {
    ...applyStatus(current, patch, original, jurisdiction),
    ...reclassified?.set,
    ...pickPlainFields(patch),
    ...location.address,
  })
  const isMoved = location.newPoint !== undefined || location.cleared.length > 0
  if (Object.keys(set).length === 0 && !isMoved && !reclassified?.route) return null
  const notes = patch.status_notes ? { description: patch.status_notes } : {}
  return {
    set,
    ...(location.newPoint ? { point: location.newPoint } : {}),
    clearedExact: location.cleared,
    ...(reclassified?.route ? { route: reclassified.route } : {}),
    event: { key_id, ...notes, ...(patch.redact ? { kind: 'redacted' as const } : {}) },
  }
}

function pickPlainFields({
  status_notes,
  agency_responsible,
  expected_datetime,
  description,
  visibility,
}: ServiceRequestPatch) {
  return omitUndefined({ status_notes, agency_responsible, expected_datetime, description, visibility })
}

/** Status and detailed_status, and the fields that only a closed service request has. */
function applyStatus(
  current: LockedServiceRequest,
  patch: ServiceRequestPatch,
  original: OriginalResult | null,
  { statuses }: Jurisdiction,
): ColumnChanges {
  const faults = new Faults()
  const addFault = (description: string) => faults.add('EXT-42', 400, description)
  if (original === 'unknown') addFault('duplicate_of was not found.')
  if (original === 'cycle') addFault('duplicate_of would make the service request a duplicate of itself.')
  const originalId = typeof original === 'object' && original !== null ? original.id : null
  const isMerging = originalId !== null && patch.status === undefined && patch.detailed_status === undefined
  const code = isMerging ? findClosedStatus('duplicate', statuses) : patch.detailed_status
  const detailed = code == null ? undefined : statuses.get(code)
  const status = detailed?.status ?? patch.status ?? (isMerging ? 'closed' : current.status)
  // The detailed status refines the status: it stays only with it.
  const unchanged = status === current.status && code === undefined ? current.detailed_status : null
  const isOpen = status === 'open'
  if (isOpen && patch.closing_reason != null) addFault('closing_reason is for what is closed.')
  if (isOpen && originalId !== null) addFault('duplicate_of is for what is closed.')
  faults.refuse()
  return {
    status,
    detailed_status: detailed?.code ?? unchanged,
    ...(isOpen || patch.closing_reason !== undefined ? { closing_reason: patch.closing_reason ?? null } : {}),
    ...(isOpen || patch.duplicate_of !== undefined ? { duplicate_of: originalId } : {}),
  }
}

/** The detailed status `code`, if the jurisdiction has it and it means closed. */
function findClosedStatus(code: string, statuses: Jurisdiction['statuses']): string | undefined {
  return statuses.get(code)?.status === 'closed' ? code : undefined
}

/** Changes of location and address, compared with the exact ones, which blurring hides. */
function applyLocation(current: LockedServiceRequest, patch: ServiceRequestPatch) {
  const { exact_location } = current
  const exactValue = (name: (typeof ADDRESS_COLUMNS)[number]) => exact_location?.[name] ?? current[name]
  const address: ColumnChanges = {}
  const cleared: (typeof ADDRESS_COLUMNS)[number][] = []
  for (const name of ADDRESS_COLUMNS) {
    const value = patch[name]
    if (value === undefined || value === exactValue(name)) continue
    if (value === null && exact_location?.[name] !== undefined) cleared.push(name)
    else address[name] = value
  }
  const currentPoint = readPoint(exact_location) ?? readPoint(current)
  const point = readPoint(patch)
  const isMoved = point && (point.lat !== currentPoint?.lat || point.long !== currentPoint.long)
  return { address, cleared, newPoint: isMoved ? point : undefined, exactPoint: point ?? currentPoint }
}

function readPoint(
  location: { lat?: number | null | undefined; long?: number | null | undefined } | null,
): Point | null {
  return location?.lat != null && location.long != null ? { lat: location.lat, long: location.long } : null
}

/** Changes that follow from another service_code. Fields that the patch gives override them. */
function reclassify(
  current: LockedServiceRequest,
  patch: ServiceRequestPatch,
  jurisdiction: Jurisdiction,
  exactPoint: Point | null,
) {
  const { service_code } = patch
  if (service_code === undefined || service_code === current.service_code) return null
  const service = jurisdiction.services.get(service_code)!
  const { blur_metres, service_notice } = service
  // The agency must not reveal an exact location. With blur_metres, the store routes by the blurred
  // point; without, the published point decides, which an earlier service may have blurred.
  const point = blur_metres === null ? (readPoint(patch) ?? readPoint(current)) : exactPoint
  const route = { service_code, point, blur_metres }
  return {
    set: {
      service_code,
      service_notice,
      expected_datetime: computeExpectedDatetime(service, jurisdiction, current.requested_datetime),
    },
    ...(patch.agency_responsible === undefined ? { route } : {}),
  }
}

function omitUndefined<Values extends object>(values: Values): Partial<Values> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Partial<Values>
}

/** The entries of `set` that differ from `current`. */
function pickChanged(current: LockedServiceRequest, set: ColumnChanges): ColumnChanges {
  const values: Readonly<Record<string, unknown>> = current
  return Object.fromEntries(Object.entries(set).filter(([name, value]) => value !== values[name]))
}
