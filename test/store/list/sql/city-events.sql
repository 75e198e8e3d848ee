select "e"."position", "e"."seq", "r"."id" as "number", "r"."service_request_id", "e"."endpoint", "e"."update_id", "e"."kind", "e"."change_type", "e"."datetime", "e"."published_at", "e"."key_id", "k"."name" as "key_name", "e"."status", "e"."detailed_status", "e"."description", "e"."media_urls", "e"."changes", case when a.event_id is not null then jsonb_build_object('email', "a"."email", 'first_name', "a"."first_name", 'last_name', "a"."last_name", 'phone', "a"."phone", 'account_id', "a"."account_id") end as "author"
from "event" as "e"
inner join "service_request" as "r" on "r"."id" = "e"."service_request" left join "api_key" as "k" on "k"."key_id" = "e"."key_id" left join "update_author" as "a" on "a"."event_id" = "e"."event_id"
where "e"."jurisdiction_id" = $1
and "e"."endpoint" = $2
and "e"."position" > $3
order by "e"."position"
limit $4
