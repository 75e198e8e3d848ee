select "r"."service_request_id" as "service_request_id", "r"."status" as "status", "r"."status_notes" as "status_notes", "s"."service_name" as "service_name", "r"."service_code" as "service_code", "r"."description" as "description", "r"."agency_responsible" as "agency_responsible", "r"."service_notice" as "service_notice", "r"."requested_datetime" as "requested_datetime", "r"."updated_datetime" as "updated_datetime", "r"."expected_datetime" as "expected_datetime", "r"."address" as "address", "r"."address_id" as "address_id", "r"."zipcode" as "zipcode", st_y("r"."geom") as "lat", st_x("r"."geom") as "long", r.media_urls[1] as "media_url", "r"."closed_datetime" as "closed_datetime", "r"."channel" as "channel", "r"."media_urls" as "media_urls", "r"."area_ids" as "area_ids", "r"."answers" as "answers", "r"."detailed_status" as "detailed_status", "r"."closing_reason" as "closing_reason", (
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
    
where n.so_far <= 8000) as "notes", "r"."visibility"
from "service_request" as "r"
inner join "service" as "s" on "s"."jurisdiction_id" = "r"."jurisdiction_id"
and "s"."service_code" = "r"."service_code"
where "r"."jurisdiction_id" = $1
and "r"."endpoint" = $2
and r.visibility <> 'private'
and "r"."service_request_id" = $3
