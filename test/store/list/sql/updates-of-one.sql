select "e"."update_id" as "update_id", "r"."service_request_id" as "service_request_id", coalesce(e.detailed_status, e.status) as "status", "e"."description" as "description", e.media_urls[1] as "media_url", "e"."datetime" as "updated_datetime", "e"."so_far"
from "service_request" as "r" left join lateral (select "n".*
from (select "e".*, coalesce(octet_length(e.description), 0) + coalesce(octet_length(e.media_urls[1]), 0) as "bytes", row_number() over (order by e.datetime desc, e.event_id desc) as "nth", sum(coalesce(octet_length(e.description), 0) + coalesce(octet_length(e.media_urls[1]), 0)) over (order by e.datetime desc, e.event_id desc) as "so_far"
from "event" as "e"
where "e"."service_request" = "r"."id"
and e.kind <> 'created'
and e.change_type in ('create', 'change')
 
and (e.description is not null or e.changes ?| '{status,detailed_status}' or e.media_urls <> '{}')
and ($1::uuid is null or (e.datetime, e.event_id) <
                  (select b.datetime, b.event_id
from event as b
                   
where b.service_request = r.id
and b.update_id = $2::uuid))
order by "e"."datetime" desc, "e"."event_id" desc
limit 1001) as "n"
where ("n"."nth" <= 2 or "n"."so_far" - "n"."bytes" <= 1000000)) as "e" on true
where "r"."jurisdiction_id" = $3
and "r"."endpoint" = $4
and "r"."service_request_id" = $5
and r.visibility = 'public'
and r.service_request_id is not null
order by "e"."datetime" desc, "e"."event_id" desc
