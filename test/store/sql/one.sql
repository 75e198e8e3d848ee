select "r"."service_request_id", "r"."status", "r"."status_notes", "s"."service_name", "r"."service_code", "r"."description", "r"."agency_responsible", "r"."service_notice", "r"."requested_datetime", "r"."updated_datetime", "r"."expected_datetime", "r"."address", "r"."address_id", "r"."zipcode", st_y("r"."geom") as "lat", st_x("r"."geom") as "long", r.media_urls[1] as "media_url", "r"."closed_datetime", "r"."channel", "r"."visibility"
from "service_request" as "r"
inner join "service" as "s" on "s"."jurisdiction_id" = "r"."jurisdiction_id"
and "s"."service_code" = "r"."service_code"
where "r"."jurisdiction_id" = $1
and "r"."endpoint" = $2
and "r"."service_request_id" is not null
and "r"."visibility" <> $3
and "r"."service_request_id" = $4
