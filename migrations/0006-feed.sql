-- History and the feed of changes: that every change which the public can see is told, and a finer word than open and
-- closed can be asked for.

create index service_request_newest_of_detailed_status
  on service_request (jurisdiction_id, endpoint, detailed_status, requested_datetime desc, id desc)
  where visibility = 'public' and service_request_id is not null and detailed_status is not null;

-- A duplicate tells the id of what it duplicates as long as that is public: when this begins or ends, it has changed too.
create function record_duplicates() returns trigger language plpgsql as $$
begin
  insert into event (service_request, jurisdiction_id, endpoint, kind, tells, datetime, status, detailed_status, changes)
  select d.id, d.jurisdiction_id, d.endpoint, 'changed', 'change', n.updated_datetime, d.status, d.detailed_status,
         '{"duplicate_of": true}'
    from after as n
    join before as o using (id)
    join service_request as d on d.duplicate_of = n.id
   where (n.visibility = 'public' and n.service_request_id is not null)
         <> (o.visibility = 'public' and o.service_request_id is not null)
     and d.visibility = 'public' and d.service_request_id is not null
   order by d.id;
  return null;
end $$;
create trigger record_duplicates after update on service_request referencing old table as before new table as after
  for each statement execute function record_duplicates();
