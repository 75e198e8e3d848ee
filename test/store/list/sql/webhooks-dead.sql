select "d"."position", "e"."kind", "r"."service_request_id", "d"."state", "d"."attempts", "d"."ended_at", "last"."datetime", "last"."status", "last"."error"
from "delivery" as "d"
inner join "event" as "e" on "e"."event_id" = "d"."event_id"
inner join "service_request" as "r" on "r"."id" = "e"."service_request" left join lateral (select "a"."datetime", "a"."status", "a"."error"
from "delivery_attempt" as "a"
where "a"."webhook_id" = "d"."webhook_id"
and "a"."position" = "d"."position"
order by "a"."attempt_id" desc
limit $1) as "last" on true
where "d"."webhook_id" = $2
and "d"."state" = 'dead'
order by "d"."position" desc
limit $3
