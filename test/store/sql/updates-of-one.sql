select "e"."update_id" as "update_id", "r"."service_request_id" as "service_request_id", coalesce(e.detailed_status, e.status) as "status", "e"."description" as "description", e.media_urls[1] as "media_url", "e"."datetime" as "updated_datetime"
from "service_request" as "r" left join "event" as "e" on "e"."service_request" = "r"."id"
and e.kind <> 'created'
and e.tells in ('create', 'change')
 
and (e.description is not null or e.changes ?| '{status,detailed_status}' or e.media_urls <> '{}')
where "r"."jurisdiction_id" = $1
and "r"."endpoint" = $2
and "r"."service_request_id" = $3
and r.visibility = 'public'
and r.service_request_id is not null
order by "e"."datetime", "e"."event_id"
