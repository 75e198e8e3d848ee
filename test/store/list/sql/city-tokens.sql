select "t"."token", "r"."id" as "number", "r"."service_code", "r"."requested_datetime"
from "token" as "t"
inner join "service_request" as "r" on "r"."id" = "t"."service_request"
where "t"."resolved_at" is null
and "r"."jurisdiction_id" = $1
and "r"."endpoint" = $2
and "t"."service_request" > $3
order by "t"."service_request"
limit $4
