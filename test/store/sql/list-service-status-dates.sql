select "r"."service_request_id", "r"."status", "r"."status_notes", "s"."service_name", "r"."service_code", "r"."description", "r"."agency_responsible", "r"."service_notice", "r"."requested_datetime", "r"."updated_datetime", "r"."expected_datetime", "r"."address", "r"."address_id", "r"."zipcode", st_y("r"."geom") as "lat", st_x("r"."geom") as "long", r.media_urls[1] as "media_url", "r"."closed_datetime", "r"."channel"
from "service_request" as "r"
inner join "service" as "s" on "s"."jurisdiction_id" = "r"."jurisdiction_id"
and "s"."service_code" = "r"."service_code"
where "r"."jurisdiction_id" = $1
and "r"."endpoint" = $2
and "r"."service_request_id" is not null
and ("r"."jurisdiction_id" = $3
and "r"."endpoint" = $4
and "r"."service_request_id" is not null
and "r"."visibility" = $5
and "r"."requested_datetime" >= $6
and "r"."requested_datetime" <= $7
and "r"."service_code" = $8
and "r"."status" = $9)
order by "r"."requested_datetime" desc, "r"."id" desc
limit $10 offset $11
