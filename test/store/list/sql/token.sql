select "r"."service_request_id"
from "token" as "t"
inner join "service_request" as "r" on "r"."id" = "t"."service_request"
where "t"."token" = $1
and "r"."jurisdiction_id" = $2
and "r"."endpoint" = $3
and ("t"."resolved_at" is null or "t"."resolved_at" >= $4)
