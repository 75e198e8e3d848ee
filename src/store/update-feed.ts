import { sql } from 'kysely'
import type { Row } from '../documents/document.js'
import type { Datetime } from '../standard/datetime.js'
import type { Store } from './database.js'
import { IS_UPDATE } from './notes.js'
import { IS_PUBLIC, type Place } from './service-requests.js'
import { updateFields } from './updates.js'

/**
 * Updates of public service requests that became known from `start` to `end`, both included, the oldest first; at most
 * `most`. By the time at which they can be read, not that at which they happened: who asks again and again for what is
 * new misses nothing.
 */
export async function listUpdates(
  store: Store,
  { jurisdiction_id, endpoint, start, end }: Place & { start: Datetime; end: Datetime | null },
  most: number,
): Promise<Row[]> {
  return updateFields(store)
    .clearSelect()
    .select(['e.update_id', 'r.service_request_id', 'e.told as updated_datetime', 'e.description'])
    .where('e.jurisdiction_id', '=', jurisdiction_id)
    .where('e.endpoint', '=', endpoint)
    .where('e.seq', 'is not', null)
    .where(IS_UPDATE)
    .where(IS_PUBLIC)
    .where('e.told', '>=', start)
    .$if(end !== null, (select) => select.where('e.told', '<=', end))
    .select(sql<string>`coalesce(e.detailed_status, e.status)`.as('status'))
    .select(sql<string | null>`e.media_urls[1]`.as('media_url'))
    .select(
      sql<
        string | null
      >`(select id from jsonb_array_elements_text(r.answers -> 'fixmystreet_id') as given (id)
         where id ~ '^[0-9]+$' limit 1)`.as('fixmystreet_id'),
    )
    .orderBy('e.told')
    .orderBy('e.seq')
    .limit(most)
    .execute()
}
