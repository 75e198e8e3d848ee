import { sql } from 'kysely'
import { IS_UPDATE } from '../service-requests/notes.js'

/** SQL that is true for events that change the service or the location. */
const MOVED_OUT = sql<boolean>`e.changes ?| '{service_code,place}'`

/**
 * SQL for the number of events per batch: fewer with more webhooks, to bound the duration of the
 * statement.
 */
export const batchSize = (maxEvents: number) =>
  sql<number>`(select greatest(50, ${sql.lit(maxEvents)} / greatest(count(*), 1)) from webhook)`

/**
 * Common table expressions that insert the deliveries of the events in the CTE `sequenced` (EXT-37). If
 * a service request leaves the services or areas of a webhook, that event is delivered too:
 * otherwise the target would keep an outdated state.
 */
export const fanOutDeliveries = sql`
  subscribed as materialized (
    select w.*, array(select a.id from area as a
                       where a.jurisdiction_id = w.jurisdiction_id and a.area_type || ':' || a.area_id = any(w.areas)) as area_ids
      from webhook as w
  ), delivering as (
    insert into delivery (webhook_id, position, event_id)
    select w.webhook_id, e.position, e.event_id
      from sequenced as e
      join subscribed as w using (jurisdiction_id, endpoint)
      join service_request as r on r.id = e.service_request
     where (e.change_type is not null or w.include_private)
       and (w.format <> 'fixmystreet' or (${IS_UPDATE}))
       and (w.service_request is null or w.service_request = e.service_request)
       and (w.peer_key_id is null
            or (e.key_id is distinct from w.peer_key_id
                and exists (select from event as c
                             where c.service_request = e.service_request and c.kind = 'created' and c.key_id = w.peer_key_id)))
       and ((w.service_codes = '{}' or r.service_code = any(w.service_codes)) and (w.areas = '{}' or w.area_ids && r.area_ids)
            or (${MOVED_OUT} and exists (select from event as p
                                       join delivery as d using (event_id)
                                      where p.service_request = e.service_request and d.webhook_id = w.webhook_id)))
  )`
