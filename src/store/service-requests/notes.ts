import { sql } from 'kysely'
import type { NoteEvent } from '../../documents/rows.js'

/**
 * SQL that is true for public events `e` that are updates: they have a description, an image or a
 * new status.
 */
export const IS_UPDATE = sql<boolean>`e.kind <> 'created' and e.change_type in ('create', 'change')
  and (e.description is not null or e.changes ?| '{status,detailed_status}' or e.media_urls <> '{}')`

/** Limits per service request, because a list has up to a thousand; EXT-34 returns all. */
const MAX_NOTES = 100
const MAX_NOTES_LENGTH = 8000

/** SQL that is true for events `e` that are notes: updates and other public milestones. */
const IS_NOTE = sql<boolean>`(${IS_UPDATE} or e.kind = 'resolved' and e.change_type = 'create'
  or e.kind in ('reclassified', 'assigned', 'media') and e.change_type = 'change')`

/**
 * SQL for the newest notes of the service request whose number is in `column`, oldest first, as
 * JSON.
 */
export function selectNotes(column: string) {
  return sql<NoteEvent[]>`(
    select coalesce(json_agg(json_build_object(
             'kind', n.kind, 'datetime', to_char(n.datetime at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
             'status', n.status, 'detailed_status', n.detailed_status, 'isStatusChange', n.changes ? 'status',
             'agency_responsible', n.changes ->> 'agency_responsible', 'service_code', n.changes ->> 'service_code',
             'description', n.description) order by n.datetime, n.event_id), '[]')
      from (select e.*, sum(coalesce(length(e.description), 0)) over (order by e.event_id desc) as so_far
              from (select * from event as e
                     where e.service_request = ${sql.ref(column)} and ${IS_NOTE}
                     order by e.event_id desc limit ${sql.lit(MAX_NOTES)}) as e) as n
     where n.so_far <= ${sql.lit(MAX_NOTES_LENGTH)})`
}
