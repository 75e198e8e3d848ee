import type { Row } from '../documents/document.js'
import type { Jurisdiction } from '../standard/catalog.js'
import type { Happened } from '../store/notes.js'
import type { ExtendedRow } from '../store/service-requests.js'

/** EXT-34: what happened to a service request, from its submission on, the oldest first; none of it where it is not told. */
export function storyOf({ requested_datetime, notes }: ExtendedRow, city: Jurisdiction): Row[] {
  if (!notes) return []
  const submitted = {
    datetime: requested_datetime,
    type: 'submitted',
    summary: 'Submitted',
    description: null,
  }
  return [submitted, ...notes.map((happened) => noteOf(happened, city))]
}

/** The words of contract 4.1, as Chicago and Boston have them. */
function noteOf(happened: Happened, city: Jurisdiction): Row {
  const { kind, datetime, status, isTurn, description } = happened
  const type =
    kind === 'resolved' ? 'opened' : isTurn ? (status === 'open' ? 'opened' : 'closed') : 'activity'
  return { datetime, type, summary: summaryOf(happened, city), description }
}

function summaryOf(happened: Happened, { statuses, services }: Jurisdiction): string {
  const { kind, status, detailed_status, isTurn, agency_responsible, service_code } = happened
  if (isTurn || kind === 'status') {
    if (detailed_status) return statuses.get(detailed_status)?.name ?? detailed_status
    return status === 'closed' ? 'Closed' : isTurn ? 'Reopened' : 'Open'
  }
  if (kind === 'resolved') return 'Opened'
  if (kind === 'assigned' && agency_responsible) return `Assigned to ${agency_responsible}`
  if (kind === 'assigned') return 'Assigned'
  if (kind === 'reclassified' && service_code)
    return `Now ${services.get(service_code)?.service_name ?? service_code}`
  return kind === 'media' ? 'Media' : 'Update'
}
