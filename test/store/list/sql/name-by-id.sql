select "r"."id", "r"."version"
from "service_request" as "r"
where "r"."jurisdiction_id" = $1
and "r"."endpoint" = $2
and r.visibility = 'public'
and r.service_request_id is not null
and "r"."service_request_id" = $3
