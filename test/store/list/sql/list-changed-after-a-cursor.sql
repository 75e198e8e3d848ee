select "r"."service_request_id" as "service_request_id", "r"."status" as "status", "r"."status_notes" as "status_notes", "s"."service_name" as "service_name", "r"."service_code" as "service_code", "r"."description" as "description", "r"."agency_responsible" as "agency_responsible", "r"."service_notice" as "service_notice", "r"."requested_datetime" as "requested_datetime", "r"."updated_datetime" as "updated_datetime", "r"."expected_datetime" as "expected_datetime", "r"."address" as "address", "r"."address_id" as "address_id", "r"."zipcode" as "zipcode", st_y("r"."geom") as "lat", st_x("r"."geom") as "long", r.media_urls[1] as "media_url", "r"."closed_datetime" as "closed_datetime", "r"."channel" as "channel"
from "service_request" as "r"
inner join "service" as "s" on "s"."jurisdiction_id" = "r"."jurisdiction_id"
and "s"."service_code" = "r"."service_code"
where ("r"."jurisdiction_id" = $1
and "r"."endpoint" = $2
and r.visibility = 'public'
and r.service_request_id is not null
and "r"."updated_datetime" <= $3::timestamptz
and ("r"."updated_datetime", r.id) < ($4::timestamptz, coalesce((
    select l.id
from service_request as l
    
where l.jurisdiction_id = $5
and l.endpoint = $6
      
and l.service_request_id = $7
and l.visibility = 'public'), 9223372036854775807)))
order by "r"."updated_datetime" desc, "r"."id" desc
limit 101 offset 0
