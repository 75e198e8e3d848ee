select "r"."service_request_id" as "service_request_id", "r"."status" as "status", "r"."status_notes" as "status_notes", "s"."service_name" as "service_name", "r"."service_code" as "service_code", "r"."description" as "description", "r"."agency_responsible" as "agency_responsible", "r"."service_notice" as "service_notice", "r"."requested_datetime" as "requested_datetime", "r"."updated_datetime" as "updated_datetime", "r"."expected_datetime" as "expected_datetime", "r"."address" as "address", "r"."address_id" as "address_id", "r"."zipcode" as "zipcode", st_y("r"."geom") as "lat", st_x("r"."geom") as "long", r.media_urls[1] as "media_url", "r"."closed_datetime" as "closed_datetime", "r"."channel" as "channel", "r"."media_urls" as "media_urls", "r"."area_ids" as "area_ids", "r"."answers" as "answers", "r"."detailed_status" as "detailed_status", "r"."closing_reason" as "closing_reason", (
    select case when d.jurisdiction_id = r.jurisdiction_id
and d.endpoint = r.endpoint
and d.visibility = 'public'
                then d.service_request_id end
     
from service_request as d
where d.id = r.duplicate_of) as "duplicate_of", "r"."visibility", (
    select coalesce(json_agg(json_build_object(
             'kind', n.kind, 'datetime', to_char(n.datetime at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
             'status', n.status, 'detailed_status', n.detailed_status, 'isStatusChange', n.changes ? 'status',
             'agency_responsible', n.changes ->> 'agency_responsible', 'service_code', n.changes ->> 'service_code',
             'description', n.description)
order by n.datetime, n.event_id), '[]')
     
from (select e.*, sum(coalesce(length(e.description), 0)) over (order by e.event_id desc) as so_far
             
from (select *
from event as e
                    
where e.service_request = "r"."id"
and (e.kind <> 'created'
and e.change_type in ('create', 'change')
 
and (e.description is not null or e.changes ?| '{status,detailed_status}' or e.media_urls <> '{}') or e.kind = 'resolved'
and e.change_type = 'create'
  or e.kind in ('reclassified', 'assigned', 'media')
and e.change_type = 'change')
                    
order by e.event_id desc
limit 100) as e) as n
    
where n.so_far <= 8000) as "notes", "d"."position", "d"."attempts", "w"."webhook_id", "w"."jurisdiction_id", "w"."endpoint", "w"."url", "w"."format", "w"."include_private", "w"."secret", "w"."target_api_key", "w"."target_jurisdiction_id", "e"."kind" as "event_kind", "e"."change_type" as "event_change_type", "e"."seq" as "event_seq", "e"."datetime" as "event_datetime", "e"."update_id" as "event_update_id", (select u.update_id
from received_update as u
where u.event_id = e.event_id
limit 1) as "event_sent_id", "e"."status" as "event_status", "e"."detailed_status" as "event_detailed_status", "e"."description" as "event_description", "e"."media_urls" as "event_media_urls", "e"."published_at" as "event_published_at", "e"."changes" as "event_changes"
from "service_request" as "r"
inner join "service" as "s" on "s"."jurisdiction_id" = "r"."jurisdiction_id"
and "s"."service_code" = "r"."service_code"
inner join "event" as "e" on "e"."service_request" = "r"."id"
inner join "delivery" as "d" on "d"."event_id" = "e"."event_id"
inner join "webhook" as "w" on "w"."webhook_id" = "d"."webhook_id"
where "d"."webhook_id" = $1
and "d"."state" = 'pending'
and "w"."lease_id" = $2
and "w"."leased_until" >= now() + $3::float8 * interval '1 millisecond'
and "w"."paused_at" is null
order by "d"."position"
limit 1
