import type { Jurisdiction } from '../standard/catalog.js'
import type { Datetime } from '../standard/datetime.js'
import type { ExtendedServiceRequest, NoteEvent } from './rows.js'

/** What happened, in the words of contract 4.1, as Chicago and Boston have them. */
interface Note {
  datetime: Datetime
  type: 'submitted' | 'opened' | 'closed' | 'activity'
  summary: string
  description: string | null
}

/**
 * EXT-34: what happened to a service request, from its submission on, the oldest first; nothing where it is not told.
 * What was closed before it came here, or before it could be seen, was closed when its `closed_datetime` says so.
 */
export function presentNotes(row: ExtendedServiceRequest, city: Jurisdiction): Note[] {
  if (!row.notes) return []
  const { requested_datetime, status, closed_datetime, status_notes } = row
  const story: Note[] = [
    { datetime: requested_datetime, type: 'submitted', summary: 'Submitted', description: null },
    ...row.notes.map((happened) => ({
      datetime: happened.datetime,
      type: noteType(happened),
      summary: noteSummary(happened, city),
      description: happened.description,
    })),
  ]
  if (status === 'closed' && closed_datetime && !story.some(({ type }) => type === 'closed')) {
    const summary = statusName(row, city) ?? 'Closed'
    const at = story.findIndex(({ datetime }, index) => index > 0 && datetime > closed_datetime)
    story.splice(at < 0 ? story.length : at, 0, {
      datetime: closed_datetime,
      type: 'closed',
      summary,
      description: status_notes,
    })
  }
  return story
}

function noteType({ kind, isStatusChange, status }: NoteEvent): Note['type'] {
  if (isStatusChange) return status === 'closed' ? 'closed' : 'opened'
  return kind === 'resolved' ? 'opened' : 'activity'
}

function noteSummary(happened: NoteEvent, city: Jurisdiction): string {
  const { kind, status, isStatusChange, agency_responsible, service_code } = happened
  if (isStatusChange) return statusName(happened, city) ?? (status === 'closed' ? 'Closed' : 'Reopened')
  switch (kind) {
    case 'status':
      return statusName(happened, city) ?? (status === 'closed' ? 'Closed' : 'Open')
    case 'resolved':
      return 'Opened'
    case 'assigned':
      return agency_responsible ? `Assigned to ${agency_responsible}` : 'Assigned to nobody'
    case 'reclassified':
      return `Now ${city.services.get(service_code ?? '')?.service_name ?? service_code}`
    case 'media':
      return 'Media'
    default:
      return 'Update'
  }
}

function statusName({ detailed_status }: { detailed_status: string | null }, { statuses }: Jurisdiction) {
  return detailed_status === null ? null : (statuses.get(detailed_status)?.name ?? detailed_status)
}
