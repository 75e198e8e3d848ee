-- What happens to service requests. Every change is one row of event, written with the change by the database itself,
-- whoever changes it: status history, feeds, webhooks and the audit trail are views of this table.

-- The words a jurisdiction has for the statuses of its service requests; each stands for open or closed.
create table detailed_status (
  jurisdiction_id text not null references jurisdiction on delete cascade,
  code            text not null check (code ~ '^[a-z][a-z0-9_]*$'),
  name            text not null check (name <> ''),
  status          text not null check (status in ('open', 'closed')),
  position        integer not null,
  primary key (jurisdiction_id, code)
);
create trigger changed after insert or update or delete or truncate on detailed_status for each statement execute function tell_catalog_changed();

alter table jurisdiction
  add column working_days integer[] not null default '{1,2,3,4,5}' check (working_days <@ '{1,2,3,4,5,6,7}' and cardinality(working_days) > 0),
  add column days_off     date[]    not null default '{}' check (array_position(days_off, null) is null);
comment on column jurisdiction.working_days is 'Monday is 1';
comment on column jurisdiction.days_off is 'holidays';

alter table service
  add column groups       text[] not null default '{}' check (cardinality(groups) <> 1 and array_position(groups, null) is null),
  add column target_hours integer check (target_hours > 0),
  add column target_days  integer check (target_days > 0),
  add column blur_metres  integer check (blur_metres between 10 and 100000),
  add check (num_nonnulls(target_hours, target_days) <= 1);
comment on column service.groups is 'where it is in several groups: all of them; "group" is the first';
comment on column service.target_hours is 'service level: expected within so many hours';
comment on column service.target_days is 'service level: expected within so many working days of the jurisdiction';
comment on column service.blur_metres is 'places are told only as the middle of a cell of a grid this wide';

alter table service_request
  add column detailed_status text check (detailed_status <> ''),
  add column closing_reason  text check (closing_reason <> ''),
  add column duplicate_of    bigint references service_request check (duplicate_of <> id),
  add column exact           jsonb,
  add column version         integer not null default 1;
comment on column service_request.detailed_status is 'a code of its jurisdiction; null: just open or closed';
comment on column service_request.closing_reason is 'why it was closed, as a code';
comment on column service_request.exact is
  'place and address as they were given, where the public sees them blurred: lat, long, address, address_id, zipcode, and metres, how wide the grid is';
comment on column service_request.version is 'grows with every change of the row';
create index service_request_duplicates on service_request (duplicate_of) where duplicate_of is not null;

create type event_kind as enum (
  'created', 'resolved', 'noted', 'status', 'closed', 'reopened', 'merged', 'reclassified', 'assigned', 'media',
  'published', 'hidden', 'changed', 'redacted', 'erased');
comment on type event_kind is 'resolved: a token got its id; noted: something was said, and nothing else changed';

-- What an event means to those who know only what is public.
create type telling as enum ('create', 'change', 'tombstone');

create table event (
  event_id        bigint generated always as identity primary key,
  service_request bigint not null references service_request on delete cascade,
  jurisdiction_id text not null,
  endpoint        endpoint_type not null,
  kind            event_kind not null,
  tells           telling,
  datetime        timestamptz(0) not null check (isfinite(datetime)),
  key_id          integer,
  status          text not null,
  detailed_status text,
  description     text,
  media_urls      text[] not null default '{}',
  changes         jsonb not null default '{}',
  update_id       uuid not null default gen_random_uuid(),
  position        bigint check (position > 0),
  seq             bigint check (seq > 0),
  told            timestamptz(0),
  check ((position is null) = (told is null) and (seq is null or position is not null))
);
comment on table event is 'everything that happened to service requests; rows are added, numbered once, and stay';
comment on column event.tells is 'what it means to the public; null: nothing';
comment on column event.datetime is 'when it happened';
comment on column event.key_id is 'who did it; null: a command, an import, or the database''s own people';
comment on column event.status is 'of the service request after the event';
comment on column event.description is 'what was said with it: status notes, or the text of an update';
comment on column event.media_urls is 'what was shown with it';
comment on column event.changes is
  'column -> new value; true where the value is not kept in history: what people wrote, and where they were. said_status: what an update said of the status, heeded or not';
comment on column event.update_id is 'its public name: nothing can be told from it';
comment on column event.position is 'place in the order of all events of the jurisdiction and endpoint, without gaps; given after its transaction ended';
comment on column event.seq is 'place in the order of those that tell something, without gaps';
comment on column event.told is 'when it was numbered: from then on it can be read';

create index event_waiting on event (event_id) where position is null;
create index event_of_service_request on event (service_request, event_id);
create unique index event_by_position on event (jurisdiction_id, endpoint, position) where position is not null;
create unique index event_by_seq on event (jurisdiction_id, endpoint, seq) where seq is not null;
create index event_by_time on event (jurisdiction_id, endpoint, told, seq) where seq is not null and kind <> 'created';

-- The last numbers that were given; they stay when events go, so that none is given twice.
create table numbered (
  jurisdiction_id text not null,
  endpoint        endpoint_type not null,
  position        bigint not null,
  seq             bigint not null,
  primary key (jurisdiction_id, endpoint)
);

-- Who sent an update. Personal data is kept apart here as well: no public read ever names this table.
create table update_author (
  event_id   bigint primary key references event on delete cascade,
  email      text,
  first_name text,
  last_name  text,
  phone      text,
  account_id text,
  check (num_nonnulls(email, first_name, last_name, phone, account_id) > 0)
);

-- Updates that were sent here, by the ids of their senders: one that is sent again gets its first answer again.
create table sent_update (
  key_id          integer not null references api_key,
  jurisdiction_id text not null references jurisdiction,
  endpoint        endpoint_type not null,
  update_id       text not null check (update_id <> ''),
  event_id        bigint not null references event on delete cascade,
  primary key (key_id, jurisdiction_id, endpoint, update_id)
);
create index sent_update_of_event on sent_update (event_id);

-- The middle of the cell of a grid, so many metres wide, that a point is in.
create function blurred(point geometry, metres integer) returns geometry
language plpgsql immutable strict as $$
declare
  high constant float8 := metres / 111320.0;
  lat  constant float8 := greatest(-90, least(90, (floor(st_y(point) / high) + 0.5) * high));
  wide constant float8 := least(360, high / greatest(cos(radians(lat)), 1e-9));
  long constant float8 := greatest(-180, least(180, (floor(st_x(point) / wide) + 0.5) * wide));
begin
  return st_setsrid(st_makepoint(round(long::numeric, 6), round(lat::numeric, 6)), 4326);
end $$;

create or replace function derive_service_request() returns trigger language plpgsql as $$
declare
  asked_for record;
begin
  -- For share: who renames or hides the service just now is waited for.
  select s.service_name, s.visibility, s.blur_metres into asked_for
    from service as s
   where s.jurisdiction_id = new.jurisdiction_id and s.service_code = new.service_code
     for share;
  if asked_for.blur_metres is not null or new.exact is not null then
    new := kept_exact(new, case when tg_op = 'UPDATE' then old end, coalesce(asked_for.blur_metres, 0));
  end if;
  new.area_ids := areas_at(new.jurisdiction_id, new.geom);
  new.words := words_of(concat_ws(' ', new.description, new.address, asked_for.service_name));
  if tg_op = 'INSERT' then
    new.visibility := greatest(new.visibility, asked_for.visibility);
    new.agency_responsible :=
      coalesce(new.agency_responsible, agency_for(new.jurisdiction_id, new.service_code, new.area_ids));
  elsif new.service_code <> old.service_code then
    new.visibility := greatest(new.visibility, asked_for.visibility);
  end if;
  return new;
end $$;

-- Puts the place and the address of a row aside, and the middle of a grid cell in their place. What is blurred once
-- stays so when its service blurs no more (metres = 0), or less: loosening publishes nothing.
create function kept_exact(new service_request, old service_request, metres integer) returns service_request
language plpgsql as $$
declare
  given jsonb := '{}';
  -- Once told by a wide grid, a place is not told by a narrower one.
  wide constant integer := greatest(metres, (old.exact ->> 'metres')::integer);
begin
  if old.id is null or old.exact is null or new.geom is distinct from old.geom then
    given := given || jsonb_build_object('lat', st_y(new.geom), 'long', st_x(new.geom));
  end if;
  given := given || jsonb_strip_nulls(jsonb_build_object(
    'address', new.address, 'address_id', new.address_id, 'zipcode', new.zipcode, 'metres', nullif(wide, 0)));
  -- Given as null on purpose, as by an erasure, it is forgotten.
  new.exact := case when new.exact is null and old.exact is not null then null
                    else coalesce(new.exact, '{}') || given end;
  if new.exact is not null and wide > 0 then
    new.geom := blurred(st_setsrid(st_makepoint((new.exact ->> 'long')::float8, (new.exact ->> 'lat')::float8), 4326), wide);
  elsif new.geom is distinct from old.geom then
    new.geom := blurred(new.geom, greatest(wide, 100));
  end if;
  new.address := null;
  new.address_id := null;
  new.zipcode := null;
  return new;
end $$;

drop trigger derive on service_request;
create trigger derive before insert or update of geom, description, address, address_id, zipcode, exact, service_code on service_request
  for each row execute function derive_service_request();

-- What is known of an event besides the change itself: {"key_id", "kind", "datetime", "now", "description", "media_urls", "said_status"}, said with
-- set_config('georeport.event', …, true) in the same statement or transaction.
create function told_of_event() returns jsonb
language sql stable
return coalesce(nullif(current_setting('georeport.event', true), '')::jsonb, '{}');

create function record_created() returns trigger language plpgsql as $$
begin
  insert into event (service_request, jurisdiction_id, endpoint, kind, tells, datetime, key_id, status, detailed_status, media_urls)
  select n.id, n.jurisdiction_id, n.endpoint, 'created',
         case when n.visibility = 'public' and n.service_request_id is not null then 'create'::telling end,
         n.requested_datetime, (told_of_event() ->> 'key_id')::integer, n.status, n.detailed_status, n.media_urls
    from written as n
   order by n.id;
  return null;
end $$;
create trigger record_created after insert on service_request referencing new table as written
  for each statement execute function record_created();

-- What differs between two states of a service request, as the column event.changes tells it.
create function changes_between(o service_request, n service_request) returns jsonb
language sql immutable
return (
  select coalesce(jsonb_object_agg(c.name, c.value), '{}')
    from (values
      ('service_request_id', to_jsonb(n.service_request_id), n.service_request_id is distinct from o.service_request_id),
      ('service_code', to_jsonb(n.service_code), n.service_code <> o.service_code),
      ('status', to_jsonb(n.status), n.status <> o.status),
      ('detailed_status', to_jsonb(n.detailed_status), n.detailed_status is distinct from o.detailed_status),
      ('closing_reason', to_jsonb(n.closing_reason), n.closing_reason is distinct from o.closing_reason),
      ('duplicate_of', 'true', n.duplicate_of is distinct from o.duplicate_of),
      ('status_notes', 'true', n.status_notes is distinct from o.status_notes),
      ('description', 'true', n.description is distinct from o.description),
      ('agency_responsible', to_jsonb(n.agency_responsible), n.agency_responsible is distinct from o.agency_responsible),
      ('service_notice', 'true', n.service_notice is distinct from o.service_notice),
      ('requested_datetime', to_jsonb(n.requested_datetime), n.requested_datetime <> o.requested_datetime),
      ('expected_datetime', to_jsonb(n.expected_datetime), n.expected_datetime is distinct from o.expected_datetime),
      ('closed_datetime', to_jsonb(n.closed_datetime), n.closed_datetime is distinct from o.closed_datetime),
      ('address', 'true', (n.address, n.address_id, n.zipcode) is distinct from (o.address, o.address_id, o.zipcode)),
      ('place', 'true', st_asbinary(n.geom) is distinct from st_asbinary(o.geom)),
      ('exact', 'true', n.exact is distinct from o.exact),
      ('media_urls', 'true', n.media_urls <> o.media_urls),
      ('answers', 'true', n.answers <> o.answers),
      ('channel', to_jsonb(n.channel), n.channel is distinct from o.channel),
      ('visibility', to_jsonb(n.visibility), n.visibility <> o.visibility)
    ) as c (name, value, differs)
   where c.differs);

-- Whoever says `now` with what is told leaves it to the database whether updated_datetime moves (A-44): what is behind a
-- blur is nobody's business. After `derive`, by its name.
create function count_version() returns trigger language plpgsql as $$
declare
  told constant jsonb := told_of_event();
begin
  new.version := old.version + 1;
  -- A finer word belongs to its status, a reason and what it duplicates to what is closed, whoever forgets to say so.
  if new.status <> old.status then
    if new.detailed_status is not distinct from old.detailed_status then
      new.detailed_status := null;
    end if;
    if new.status = 'open' then
      new.closing_reason := null;
      new.duplicate_of := null;
    end if;
  end if;
  if told ? 'now' and (told ?| '{kind,description,media_urls}'
                       or changes_between(old, new) - case when new.visibility = 'public' then 'exact' else '' end <> '{}') then
    new.updated_datetime := greatest(old.updated_datetime, (told ->> 'now')::timestamptz);
  end if;
  return new;
end $$;
create trigger versioned before update on service_request for each row execute function count_version();

create function record_changed() returns trigger language plpgsql as $$
declare
  told constant jsonb := told_of_event();
begin
  insert into event (service_request, jurisdiction_id, endpoint, kind, tells, datetime, key_id, status, detailed_status,
                     description, media_urls, changes)
  select n.id, n.jurisdiction_id, n.endpoint,
         coalesce(
           (told ->> 'kind')::event_kind,
           case when d.changes ? 'service_request_id' then 'resolved'
                when n.duplicate_of is not null and d.changes ? 'duplicate_of' then 'merged'
                when d.changes ? 'service_code' then 'reclassified'
                when d.changes ? 'visibility' and n.visibility = 'public' then 'published'
                when d.changes ? 'visibility' then 'hidden'
                when d.changes ? 'status' then case n.status when 'closed' then 'closed' else 'reopened' end
                when d.changes ? 'detailed_status' then 'status'
                when d.changes ? 'status_notes' or p.is_said and d.changes = '{}' then 'noted'
                when d.changes ? 'agency_responsible' then 'assigned'
                when d.changes ? 'media_urls' then 'media'
                else 'changed' end::event_kind),
         case when not p.is_news then null
              when p.is_public and p.was_public then 'change'
              when p.is_public then 'create'
              when p.was_public then 'tombstone' end::telling,
         coalesce((told ->> 'datetime')::timestamptz, n.updated_datetime),
         (told ->> 'key_id')::integer, n.status, n.detailed_status,
         coalesce(told ->> 'description', case when d.changes ? 'status_notes' then n.status_notes end),
         coalesce(array(select jsonb_array_elements_text(told -> 'media_urls')), '{}'),
         d.changes || case when told ? 'said_status' then jsonb_build_object('said_status', told -> 'said_status') else '{}' end
    from after as n
    join before as o using (id),
         lateral (select changes_between(o, n) as changes offset 0) as d,  -- offset 0: once a row, not once a mention
         lateral (select o.visibility = 'public' and o.service_request_id is not null as was_public,
                         n.visibility = 'public' and n.service_request_id is not null as is_public,
                         s.is_said,
                         -- The time of the last change is public too.
                         s.is_said or d.changes - 'exact' <> '{}' or n.updated_datetime <> o.updated_datetime as is_news
                    from (select told ?| '{kind,description,media_urls}' as is_said) as s) as p
   -- Areas, words and the like follow from other things; they are no news.
   where d.changes <> '{}' or p.is_news
   order by n.id;
  return null;
end $$;
create trigger record_changed after update on service_request referencing old table as before new table as after
  for each statement execute function record_changed();

-- What was there before events were kept.
insert into event (service_request, jurisdiction_id, endpoint, kind, tells, datetime, status, media_urls)
select r.id, r.jurisdiction_id, r.endpoint, 'created',
       case when r.visibility = 'public' and r.service_request_id is not null then 'create'::telling end,
       r.requested_datetime, r.status, r.media_urls
  from service_request as r
 order by r.id;
