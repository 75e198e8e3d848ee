import type { Jurisdiction } from '../standard/catalog.js'
import type { Point } from '../standard/geography.js'
import { Faults, truncate } from '../standard/refusal.js'
import { findOutsideReason } from '../standard/service-area.js'
import { computeExpectedDatetime } from '../standard/service-level.js'
import type { LockedServiceRequest } from '../store/service-requests/locked-service-request.js'
import {
  ADDRESS_COLUMNS,
  type OriginalResult,
  type ServiceRequestChange,
} from '../store/service-requests/update-service-request.js'
import type { ServiceRequestPatch } from './service-request-patch.js'

type ColumnChanges = ServiceRequestChange['set']

/** EXT-42: what can be seen to be wrong with a change whatever it is to change. */
export function validatePatch(wanted: ServiceRequestPatch, jurisdiction: Jurisdiction, faults: Faults): void {
  const fault = (description: string) => faults.add('EXT-42', 400, description)
  const { status, detailed_status, service_code, lat, long } = wanted
  if (Object.keys(wanted).every((name) => name === 'redact')) fault('Nothing to change was provided.')
  // They are told in the history as well, which redacting them there clears too.
  if (wanted.redact && wanted.status_notes !== undefined)
    fault('status_notes are redacted by POST …/redact, with their history.')
  const word = detailed_status == null ? undefined : jurisdiction.statuses.get(detailed_status)
  if (detailed_status != null && !word) {
    const known = [...jurisdiction.statuses.keys()].join(', ')
    fault(`detailed_status ${truncate(detailed_status)} is not known here; there are ${known}.`)
  }
  if (word && status !== undefined && word.status !== status)
    fault(`status has to be ${word.status}: that is what detailed_status ${word.code} stands for.`)
  if (service_code !== undefined && !jurisdiction.services.has(service_code))
    fault('service_code was not found.')
  if ((lat === undefined) !== (long === undefined)) fault('lat and long are needed together.')
  else if (lat !== undefined) {
    const why = findOutsideReason({ lat, long: long! }, jurisdiction)
    if (why) faults.add(why.rule, 400, why.description)
  }
}

/**
 * EXT-42: what a change is to a service request as it is; null: nothing. `original` is what it is to become a duplicate
 * of. Refuses what does not go together.
 */
export function applyPatch(
  current: LockedServiceRequest,
  wanted: ServiceRequestPatch,
  original: OriginalResult | null,
  { jurisdiction, key_id }: { jurisdiction: Jurisdiction; key_id: number },
): ServiceRequestChange | null {
  const place = applyLocation(current, wanted)
  const reclassified = reclassify(current, wanted, jurisdiction, place.now)
  const plain = pickPlainFields(wanted)
  const set = pickChanged(current, {
    ...applyStatus(current, wanted, original, jurisdiction),
    ...reclassified?.set,
    ...plain,
    ...place.address,
  })
  const isMoved = place.point !== undefined || place.forgotten.length > 0
  if (Object.keys(set).length === 0 && !isMoved && !reclassified?.route) return null
  const said = wanted.status_notes ? { description: wanted.status_notes } : {}
  return {
    set,
    ...(place.point ? { point: place.point } : {}),
    clearedExact: place.forgotten,
    ...(reclassified?.route ? { route: reclassified.route } : {}),
    event: { key_id, ...said, ...(wanted.redact ? { kind: 'redacted' as const } : {}) },
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

/** Status, its word, and what goes with being closed. */
function applyStatus(
  current: LockedServiceRequest,
  wanted: ServiceRequestPatch,
  original: OriginalResult | null,
  { statuses }: Jurisdiction,
): ColumnChanges {
  const faults = new Faults()
  const fault = (description: string) => faults.add('EXT-42', 400, description)
  if (original === 'unknown') fault('duplicate_of was not found.')
  if (original === 'circle') fault('duplicate_of would make the service request a duplicate of itself.')
  const merged = typeof original === 'object' && original !== null ? original.id : null
  const isMerging = merged !== null && wanted.status === undefined && wanted.detailed_status === undefined
  const asked = isMerging ? findClosedStatus('duplicate', statuses) : wanted.detailed_status
  const word = asked == null ? undefined : statuses.get(asked)
  const status = word?.status ?? wanted.status ?? (isMerging ? 'closed' : current.status)
  // A word that is not given anew stands for the status that was.
  const kept = status === current.status && asked === undefined ? current.detailed_status : null
  const isOpen = status === 'open'
  if (isOpen && wanted.closing_reason != null) fault('closing_reason is for what is closed.')
  if (isOpen && merged !== null) fault('duplicate_of is for what is closed.')
  faults.refuse()
  return {
    status,
    detailed_status: word?.code ?? kept,
    ...(isOpen || wanted.closing_reason !== undefined
      ? { closing_reason: wanted.closing_reason ?? null }
      : {}),
    ...(isOpen || wanted.duplicate_of !== undefined ? { duplicate_of: merged } : {}),
  }
}

/** A word of that code for what is closed, if the jurisdiction has it. */
function findClosedStatus(code: string, statuses: Jurisdiction['statuses']): string | undefined {
  return statuses.get(code)?.status === 'closed' ? code : undefined
}

/** What is to be different about the place, held against what is really known of it. */
function applyLocation(current: LockedServiceRequest, wanted: ServiceRequestPatch) {
  const { exact_location } = current
  const known = (name: (typeof ADDRESS_COLUMNS)[number]) => exact_location?.[name] ?? current[name]
  const address: ColumnChanges = {}
  const forgotten: (typeof ADDRESS_COLUMNS)[number][] = []
  for (const name of ADDRESS_COLUMNS) {
    const value = wanted[name]
    if (value === undefined || value === known(name)) continue
    if (value === null && exact_location?.[name] !== undefined) forgotten.push(name)
    else address[name] = value
  }
  const before = readPoint(exact_location) ?? readPoint(current)
  const point = readPoint(wanted)
  const isMoved = point && (point.lat !== before?.lat || point.long !== before.long)
  return { address, forgotten, point: isMoved ? point : undefined, now: point ?? before }
}

function readPoint(
  place: { lat?: number | null | undefined; long?: number | null | undefined } | null,
): Point | null {
  return place?.lat != null && place.long != null ? { lat: place.lat, long: place.long } : null
}

/** What follows from another service; what is given counts more. */
function reclassify(
  current: LockedServiceRequest,
  wanted: ServiceRequestPatch,
  jurisdiction: Jurisdiction,
  point: Point | null,
) {
  const { service_code } = wanted
  if (service_code === undefined || service_code === current.service_code) return null
  const service = jurisdiction.services.get(service_code)!
  const { blur_metres, service_notice } = service
  // Nobody is to learn from the agency where it was, if that is told more coarsely.
  const seen = blur_metres === null ? (readPoint(wanted) ?? readPoint(current)) : point
  const route = { service_code, point: seen, blur_metres }
  return {
    set: {
      service_code,
      service_notice,
      expected_datetime: computeExpectedDatetime(service, jurisdiction, current.requested_datetime),
    },
    ...(wanted.agency_responsible === undefined ? { route } : {}),
  }
}

function omitUndefined<Values extends object>(values: Values): Partial<Values> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Partial<Values>
}

/** Of `set`, what is not so already. */
function pickChanged(current: LockedServiceRequest, set: ColumnChanges): ColumnChanges {
  const now: Readonly<Record<string, unknown>> = current
  return Object.fromEntries(Object.entries(set).filter(([name, value]) => value !== now[name]))
}
