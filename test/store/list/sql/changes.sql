select "e"."seq", "e"."change_type", "e"."kind", "of"."service_request_id", "e"."datetime", "e"."published_at", "e"."changes", "s"."service_request_id" as "now_service_request_id", "s"."status" as "now_status", "s"."status_notes" as "now_status_notes", "s"."service_name" as "now_service_name", "s"."service_code" as "now_service_code", "s"."description" as "now_description", "s"."agency_responsible" as "now_agency_responsible", "s"."service_notice" as "now_service_notice", "s"."requested_datetime" as "now_requested_datetime", "s"."updated_datetime" as "now_updated_datetime", "s"."expected_datetime" as "now_expected_datetime", "s"."address" as "now_address", "s"."address_id" as "now_address_id", "s"."zipcode" as "now_zipcode", "s"."lat" as "now_lat", "s"."long" as "now_long", "s"."media_url" as "now_media_url", "s"."closed_datetime" as "now_closed_datetime", "s"."channel" as "now_channel", "s"."media_urls" as "now_media_urls", "s"."area_ids" as "now_area_ids", "s"."answers" as "now_answers", "s"."detailed_status" as "now_detailed_status", "s"."closing_reason" as "now_closing_reason", "s"."duplicate_of" as "now_duplicate_of", "s"."notes" as "now_notes"
from "event" as "e"
inner join "service_request" as "of" on "of"."id" = "e"."service_request" left join lateral (select "r"."service_request_id" as "service_request_id", "r"."status" as "status", "r"."status_notes" as "status_notes", "s"."service_name" as "service_name", "r"."service_code" as "service_code", "r"."description" as "description", "r"."agency_responsible" as "agency_responsible", "r"."service_notice" as "service_notice", "r"."requested_datetime" as "requested_datetime", "r"."updated_datetime" as "updated_datetime", "r"."expected_datetime" as "expected_datetime", "r"."address" as "address", "r"."address_id" as "address_id", "r"."zipcode" as "zipcode", st_y("r"."geom") as "lat", st_x("r"."geom") as "long", r.media_urls[1] as "media_url", "r"."closed_datetime" as "closed_datetime", "r"."channel" as "channel", "r"."media_urls" as "media_urls", "r"."area_ids" as "area_ids", "r"."answers" as "answers", "r"."detailed_status" as "detailed_status", "r"."closing_reason" as "closing_reason", (
    select case when d.jurisdiction_id = r.jurisdiction_id
and d.endpoint = r.endpoint
and d.visibility = 'public'
                then d.service_request_id end
     
from service_request as d
where d.id = r.duplicate_of) as "duplicate_of", (
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
    
where n.so_far <= 8000) as "notes"
from "service_request" as "r"
inner join "service" as "s" on "s"."jurisdiction_id" = "r"."jurisdiction_id"
and "s"."service_code" = "r"."service_code"
where r.visibility = 'public'
and r.service_request_id is not null
and r.id = e.service_request) as "s" on true
where "e"."jurisdiction_id" = $1
and "e"."endpoint" = $2
and "e"."seq" > $3
order by "e"."seq"
limit $4::bigint
