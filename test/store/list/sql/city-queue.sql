select "r"."id" as "number", "r"."version", "r"."service_request_id", "t"."token", "r"."visibility", "r"."status", "r"."detailed_status", "r"."status_notes", "r"."closing_reason", "d"."service_request_id" as "duplicate_of", "r"."service_code", "s"."service_name", "r"."description", "r"."agency_responsible", "r"."service_notice", "r"."requested_datetime", "r"."updated_datetime", "r"."expected_datetime", "r"."closed_datetime", "r"."address", "r"."address_id", "r"."zipcode", st_y("r"."geom") as "lat", st_x("r"."geom") as "long", "r"."exact_location", "r"."area_ids", "r"."media_urls", "r"."answers", "r"."channel", "r"."origin", case when p.service_request is not null then jsonb_build_object('email', "p"."email", 'first_name', "p"."first_name", 'last_name', "p"."last_name", 'phone', "p"."phone", 'device_id', "p"."device_id", 'account_id', "p"."account_id") end as "reporter"
from "service_request" as "r"
inner join "service" as "s" on "s"."jurisdiction_id" = "r"."jurisdiction_id"
and "s"."service_code" = "r"."service_code" left join "service_request" as "d" on "d"."id" = "r"."duplicate_of" left join "token" as "t" on "t"."service_request" = "r"."id" left join "reporter" as "p" on "p"."service_request" = "r"."id"
where "r"."id" in (select "c"."id"
from (select *
from (select "r"."id", "r"."requested_datetime"
from "service_request" as "r"
where "r"."jurisdiction_id" = $1
and "r"."endpoint" = $2
and (r.visibility <> 'public' or r.service_request_id is null)
and "r"."visibility"::text = any($3)
and (r.requested_datetime, r.id) < ($4::timestamptz, $5::bigint)
order by "r"."requested_datetime" desc, "r"."id" desc
limit $6) as "s") as "c"
order by "c"."requested_datetime" desc, "c"."id" desc
limit $7)
order by "r"."requested_datetime" desc, "r"."id" desc
