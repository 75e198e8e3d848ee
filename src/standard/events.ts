/** Kinds of events of a service request; type event_kind in test/store/schema.sql. */
export const EVENT_KINDS = [
  'created',
  'resolved',
  'noted',
  'status',
  'closed',
  'reopened',
  'merged',
  'reclassified',
  'assigned',
  'media',
  'published',
  'hidden',
  'changed',
  'redacted',
  'erased',
] as const
export type EventKind = (typeof EVENT_KINDS)[number]

/** The effect of an event on the public view of its service request. */
export const CHANGE_TYPES = ['create', 'change', 'tombstone'] as const
export type ChangeType = (typeof CHANGE_TYPES)[number]

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Whether an update_id is globally unique. Other ids are unique only per sender: many count from 1. */
export function isUuid(update_id: string): boolean {
  return UUID.test(update_id)
}
