import type { Jurisdiction } from '../standard/catalog.js'
import type { Datetime } from '../standard/datetime.js'
import type { ExtendedServiceRequest, NoteEvent } from './rows.js'

/** A note of a service request (EXT-34), in the form that Chicago and Boston use. */
interface Note {
  datetime: Datetime
  type: 'submitted' | 'opened' | 'closed' | 'activity'
  summary: string
  description: string | null
}

/**
 * EXT-34: presents the history of a service request, oldest first; empty if the notes are withheld. If no
 * event closed it (it was closed before its import or before it became public), `closed_datetime` gives a
 * closing note.
 */
export function presentNotes(row: ExtendedServiceRequest, jurisdiction: Jurisdiction): Note[] {
  if (!row.notes) return []
  const { requested_datetime, status, closed_datetime, status_notes } = row
  const notes: Note[] = [
    { datetime: requested_datetime, type: 'submitted', summary: 'Submitted', description: null },
    ...row.notes.map((event) => ({
      datetime: event.datetime,
      type: noteType(event),
      summary: noteSummary(event, jurisdiction),
      description: event.description,
    })),
  ]
  if (status === 'closed' && closed_datetime && !notes.some(({ type }) => type === 'closed')) {
    const summary = statusName(row, jurisdiction) ?? 'Closed'
    const position = notes.findIndex(({ datetime }, index) => index > 0 && datetime > closed_datetime)
    notes.splice(position < 0 ? notes.length : position, 0, {
      datetime: closed_datetime,
      type: 'closed',
      summary,
      description: status_notes,
    })
  }
  return notes
}

function noteType({ kind, isStatusChange, status }: NoteEvent): Note['type'] {
  if (isStatusChange) return status === 'closed' ? 'closed' : 'opened'
  return kind === 'resolved' ? 'opened' : 'activity'
}

function noteSummary(event: NoteEvent, jurisdiction: Jurisdiction): string {
  const { kind, status, isStatusChange, agency_responsible, service_code } = event
  if (isStatusChange) return statusName(event, jurisdiction) ?? (status === 'closed' ? 'Closed' : 'Reopened')
  switch (kind) {
    case 'status':
      return statusName(event, jurisdiction) ?? (status === 'closed' ? 'Closed' : 'Open')
    case 'resolved':
      return 'Opened'
    case 'assigned':
      return agency_responsible ? `Assigned to ${agency_responsible}` : 'Assigned to nobody'
    case 'reclassified':
      return `Now ${jurisdiction.services.get(service_code ?? '')?.service_name ?? service_code}`
    case 'media':
      return 'Media'
    default:
      return 'Update'
  }
}

function statusName({ detailed_status }: { detailed_status: string | null }, { statuses }: Jurisdiction) {
  return detailed_status === null ? null : (statuses.get(detailed_status)?.name ?? detailed_status)
}
