select "r"."service_request_id" as "service_request_id", "r"."status" as "status", "r"."status_notes" as "status_notes", "s"."service_name" as "service_name", "r"."service_code" as "service_code", "r"."description" as "description", "r"."agency_responsible" as "agency_responsible", "r"."service_notice" as "service_notice", "r"."requested_datetime" as "requested_datetime", "r"."updated_datetime" as "updated_datetime", "r"."expected_datetime" as "expected_datetime", "r"."address" as "address", "r"."address_id" as "address_id", "r"."zipcode" as "zipcode", st_y("r"."geom") as "lat", st_x("r"."geom") as "long", r.media_urls[1] as "media_url", "r"."closed_datetime" as "closed_datetime", "r"."channel" as "channel", st_distance("r"."geom"::geography, st_setsrid(st_makepoint($1::float8, $2::float8), 4326)::geography) as "distance"
from "service_request" as "r"
inner join "service" as "s" on "s"."jurisdiction_id" = "r"."jurisdiction_id"
and "s"."service_code" = "r"."service_code"
where r.id = any(array(with chosen as materialized ((select "r"."id"
from "service_request" as "r"
where ("r"."jurisdiction_id" = $3
and "r"."endpoint" = $4
and r.visibility = 'public'
and r.service_request_id is not null
and "r"."requested_datetime" >= $5
and "r"."geom" && st_makeenvelope($6::float8, $7::float8, $8::float8, $9::float8, 4326)
and st_distance("r"."geom"::geography, st_setsrid(st_makepoint($10::float8, $11::float8), 4326)::geography) <= $12)
order by r.requested_datetime <-> timestamptz '9999-01-01' fetch first (51) rows with ties)) select chosen.id
from chosen))
order by "r"."requested_datetime" desc, "r"."id" desc
limit 51 offset 0
