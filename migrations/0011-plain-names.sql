-- Plain names: tables, columns, types, states, indexes, triggers and functions are named by the terms of the field.
-- Data stay as they are, except recorded texts of webhook targets, which are deleted.
--
-- Renames change the catalog of PostgreSQL only; no table is rewritten. Three tables are read once, and only the rows
-- that hold an old value are written: event (key "exact" in changes), delivery (two states) and delivery_attempt
-- (texts of targets).
-- Stop every server of an earlier version before this migration: it uses the old names.

-- Tables ---------------------------------------------------------------------------------------------------------

alter table numbered rename to event_sequence;
alter table sent_update rename to received_update;

-- Types ----------------------------------------------------------------------------------------------------------

alter type telling rename to change_type;

-- Columns --------------------------------------------------------------------------------------------------------

alter table api_key rename column created to created_at;
alter table api_key rename column revoked to revoked_at;

alter table service_request rename column words to search_vector;
alter table service_request rename column exact to exact_location;

alter table token rename column resolved to resolved_at;

alter table media rename column created to created_at;
alter table media rename column forgotten to detached_at;

alter table area_assignment rename column place to extent;
alter table area_assignment rename column round to generation;
alter table area_assignment rename column done to done_id;
alter table area_assignment rename column last to last_id;

alter table event rename column tells to change_type;
alter table event rename column told to published_at;

alter table webhook rename column form to format;
alter table webhook rename column sees_private to include_private;
alter table webhook rename column target_key to target_api_key;
alter table webhook rename column created to created_at;
alter table webhook rename column paused to paused_at;
alter table webhook rename column due to next_attempt_at;
alter table webhook rename column claim to lease_id;
alter table webhook rename column claimed_until to leased_until;

alter table delivery rename column ended to ended_at;

alter table delivery_attempt rename column fault to error;
alter table delivery_attempt rename column milliseconds to duration_ms;

alter table migration rename column applied to applied_at;

-- States of a delivery -------------------------------------------------------------------------------------------

drop index delivery_waiting;

alter table delivery
  drop constraint delivery_state_check,
  drop constraint delivery_check,
  alter column state set default 'pending';

update delivery
   set state = case state when 'waiting' then 'pending' else 'skipped' end
 where state in ('waiting', 'void');

alter table delivery
  add constraint delivery_state_check
    check (state in ('pending', 'delivered', 'dead', 'skipped')),
  add constraint delivery_ended_at_check
    check ((state = 'pending') = (ended_at is null));

create index delivery_pending
    on delivery (webhook_id, position)
 where state = 'pending';

-- Delivery log ---------------------------------------------------------------------------------------------------

-- Earlier versions recorded texts of targets. They are deleted (spec/decisions/0004). Without a status there was no
-- response, and the error is one of our own codes.
update delivery_attempt
   set error = null
 where status is not null
   and error is not null;

-- Recorded changes -----------------------------------------------------------------------------------------------

-- Reads event once; writes only the rows with the key, those of service requests whose location is blurred.
update event
   set changes = (changes - 'exact') || jsonb_build_object('exact_location', changes -> 'exact')
 where changes ? 'exact';

-- Indexes --------------------------------------------------------------------------------------------------------

alter index area_place rename to area_by_geom;
alter index service_request_words rename to service_request_by_search_vector;
alter index service_request_withheld rename to service_request_newest_not_public;
alter index service_request_changed rename to service_request_by_update;
alter index service_request_duplicates rename to service_request_by_duplicate_of;
alter index token_waiting rename to token_pending;
alter index media_without_service_request rename to media_unattached;
alter index event_waiting rename to event_unsequenced;
alter index event_by_time rename to event_by_publication;
alter index delivery_ended rename to delivery_by_end;
alter index sent_update_of_event rename to received_update_of_event;

-- Constraints ----------------------------------------------------------------------------------------------------

alter table service rename constraint service_check to service_one_target_check;
alter table attribute rename constraint attribute_check to attribute_required_check;

alter table service_request rename constraint service_request_check to service_request_datetime_order_check;
alter table service_request rename constraint service_request_check1 to service_request_duplicate_of_check;

alter table reporter rename constraint reporter_check to reporter_not_empty_check;
alter table update_author rename constraint update_author_check to update_author_not_empty_check;

alter table media rename constraint media_check to media_detached_at_check;

alter table event rename constraint event_check to event_published_at_check;
alter table event_sequence rename constraint numbered_pkey to event_sequence_pkey;

alter table received_update rename constraint sent_update_pkey to received_update_pkey;
alter table received_update rename constraint sent_update_update_id_check to received_update_update_id_check;
alter table received_update rename constraint sent_update_event_id_fkey to received_update_event_id_fkey;
alter table received_update rename constraint sent_update_key_id_fkey to received_update_key_id_fkey;
alter table received_update rename constraint sent_update_jurisdiction_id_fkey to received_update_jurisdiction_id_fkey;

alter table webhook rename constraint webhook_form_check to webhook_format_check;
alter table webhook rename constraint webhook_target_key_check to webhook_target_api_key_check;
alter table webhook rename constraint webhook_created_check to webhook_created_at_check;
alter table webhook rename constraint webhook_check to webhook_secret_format_check;
alter table webhook rename constraint webhook_check1 to webhook_target_format_check;
alter table webhook rename constraint webhook_check2 to webhook_fixmystreet_check;
alter table webhook rename constraint webhook_check3 to webhook_lease_check;

alter table delivery_attempt rename constraint delivery_attempt_milliseconds_check to delivery_attempt_duration_ms_check;

-- Text search ----------------------------------------------------------------------------------------------------

alter text search configuration words rename to search;

-- Functions ------------------------------------------------------------------------------------------------------

-- Bodies of the form `return …` are stored parsed and follow all renames.
alter function tell_catalog_changed rename to notify_catalog_changed;
alter function agency_for rename to route_agency;
alter function words_of rename to to_search_vector;
alter function blurred rename to blur_point;
alter function told_of_event rename to event_context;
alter function count_version rename to bump_version;
alter function assign_areas_again rename to queue_area_assignment;

drop function kept_exact;
drop function changes_between;

-- Triggers -------------------------------------------------------------------------------------------------------

alter trigger changed on jurisdiction rename to notify_catalog_changed;
alter trigger changed on service rename to notify_catalog_changed;
alter trigger changed on attribute rename to notify_catalog_changed;
alter trigger changed on attribute_value rename to notify_catalog_changed;
alter trigger changed on area rename to notify_catalog_changed;
alter trigger changed on route rename to notify_catalog_changed;
alter trigger changed on detailed_status rename to notify_catalog_changed;
alter trigger changed on api_key rename to notify_catalog_changed;

alter trigger assign_again on area rename to queue_area_assignment;
alter trigger assign_again_if_moved on area rename to queue_area_assignment_if_moved;

-- Triggers of one table fire in the order of their names: derived columns come before the version.
alter trigger derive on service_request rename to set_derived_columns;
alter trigger versioned on service_request rename to set_version;

-- Areas of service requests --------------------------------------------------------------------------------------

-- Queues the service requests of a jurisdiction for a new lookup of their areas, after an area changed.
create or replace function queue_area_assignment() returns trigger
language plpgsql as $$
declare
  changed constant geometry := st_expand(st_envelope(st_collect(old.geom, new.geom)), 1e-6);
begin
  insert into area_assignment as a (jurisdiction_id, extent)
  values (coalesce(new.jurisdiction_id, old.jurisdiction_id), changed)
      on conflict (jurisdiction_id) do update
     set extent = st_expand(st_envelope(st_collect(a.extent, excluded.extent)), 1e-6),
         generation = a.generation + 1,
         done_id = 0,
         last_id = null;
  return null;
end $$;

-- Derived columns of a service request ---------------------------------------------------------------------------

-- Moves the location and the address of a row to exact_location, and sets geom to the centre of a grid cell.
-- A blurred row stays blurred with the widest grid it ever had, also when its service no longer blurs (metres = 0).
create function blur_location(new_row service_request, old_row service_request, metres integer) returns service_request
language plpgsql as $$
declare
  grid     constant integer := greatest(metres, (old_row.exact_location ->> 'metres')::integer);
  location jsonb := '{}';
begin
  if old_row.id is null or old_row.exact_location is null or new_row.geom is distinct from old_row.geom then
    location := location || jsonb_build_object(
      'lat', st_y(new_row.geom),
      'long', st_x(new_row.geom));
  end if;
  location := location || jsonb_strip_nulls(jsonb_build_object(
    'address', new_row.address,
    'address_id', new_row.address_id,
    'zipcode', new_row.zipcode,
    'metres', nullif(grid, 0)));
  -- An update that sets exact_location to null, such as an erasure, removes it for good.
  new_row.exact_location :=
    case when new_row.exact_location is null and old_row.exact_location is not null then null
         else coalesce(new_row.exact_location, '{}') || location end;
  if new_row.exact_location is not null and grid > 0 then
    new_row.geom := blur_point(
      st_setsrid(
        st_makepoint(
          (new_row.exact_location ->> 'long')::float8,
          (new_row.exact_location ->> 'lat')::float8),
        4326),
      grid);
  elsif new_row.geom is distinct from old_row.geom then
    new_row.geom := blur_point(new_row.geom, greatest(grid, 100));
  end if;
  new_row.address := null;
  new_row.address_id := null;
  new_row.zipcode := null;
  return new_row;
end $$;

-- Sets the columns that follow from others: the blurred location, the areas, the text search vector, the least
-- visibility that the service allows, and the agency of a new row.
create or replace function derive_service_request() returns trigger
language plpgsql as $$
declare
  service record;
begin
  -- The lock waits for a transaction that renames, hides or blurs the service.
  select s.service_name, s.visibility, s.blur_metres
    into service
    from service as s
   where s.jurisdiction_id = new.jurisdiction_id
     and s.service_code = new.service_code
     for share;
  if service.blur_metres is not null or new.exact_location is not null then
    new := blur_location(new, case when tg_op = 'UPDATE' then old end, coalesce(service.blur_metres, 0));
  end if;
  new.area_ids := areas_at(new.jurisdiction_id, new.geom);
  new.search_vector := to_search_vector(concat_ws(' ', new.description, new.address, service.service_name));
  if tg_op = 'INSERT' then
    new.visibility := greatest(new.visibility, service.visibility);
    new.agency_responsible := coalesce(
      new.agency_responsible,
      route_agency(new.jurisdiction_id, new.service_code, new.area_ids));
  elsif new.service_code <> old.service_code then
    new.visibility := greatest(new.visibility, service.visibility);
  end if;
  return new;
end $$;

-- The difference of two states of a service request, in the form of event.changes: o is the old row, n the new one.
create function diff_service_request(o service_request, n service_request) returns jsonb
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
      ('exact_location', 'true', n.exact_location is distinct from o.exact_location),
      ('media_urls', 'true', n.media_urls <> o.media_urls),
      ('answers', 'true', n.answers <> o.answers),
      ('channel', to_jsonb(n.channel), n.channel is distinct from o.channel),
      ('visibility', to_jsonb(n.visibility), n.visibility <> o.visibility)
    ) as c (name, value, is_different)
   where c.is_different);

-- Increments the version, clears columns that do not fit the new status, and moves updated_datetime.
-- With "now" in the event context, updated_datetime moves only for a change that the public can see (A-44): the exact
-- location of a public service request is not visible.
create or replace function bump_version() returns trigger
language plpgsql as $$
declare
  context constant jsonb := event_context();
  ignored constant text  := case when new.visibility = 'public' then 'exact_location' else '' end;
begin
  new.version := old.version + 1;
  if new.status <> old.status then
    if new.detailed_status is not distinct from old.detailed_status then
      new.detailed_status := null;
    end if;
    if new.status = 'open' then
      new.closing_reason := null;
      new.duplicate_of := null;
    end if;
  end if;
  if context ? 'now'
     and (context ?| '{kind,description,media_urls}'
          or diff_service_request(old, new) - ignored <> '{}') then
    new.updated_datetime := greatest(old.updated_datetime, (context ->> 'now')::timestamptz);
  end if;
  return new;
end $$;

-- Events of service requests -------------------------------------------------------------------------------------

-- Adds an event of kind created for every new service request.
create or replace function record_created() returns trigger
language plpgsql as $$
begin
  insert into event (
           service_request, jurisdiction_id, endpoint, kind, change_type, datetime, key_id, status, detailed_status,
           media_urls)
  select n.id,
         n.jurisdiction_id,
         n.endpoint,
         'created',
         case when n.visibility = 'public' and n.service_request_id is not null then 'create'::change_type end,
         n.requested_datetime,
         (event_context() ->> 'key_id')::integer,
         n.status,
         n.detailed_status,
         n.media_urls
    from written as n
   order by n.id;
  return null;
end $$;

-- Adds an event for every changed service request. The event context overrides what the difference shows.
create or replace function record_changed() returns trigger
language plpgsql as $$
declare
  context constant jsonb := event_context();
begin
  insert into event (
           service_request, jurisdiction_id, endpoint, kind, change_type, datetime, key_id, status, detailed_status,
           description, media_urls, changes)
  select n.id,
         n.jurisdiction_id,
         n.endpoint,
         coalesce(
           (context ->> 'kind')::event_kind,
           case when d.changes ? 'service_request_id' then 'resolved'
                when n.duplicate_of is not null and d.changes ? 'duplicate_of' then 'merged'
                when d.changes ? 'service_code' then 'reclassified'
                when d.changes ? 'visibility' and n.visibility = 'public' then 'published'
                when d.changes ? 'visibility' then 'hidden'
                when d.changes ? 'status' and n.status = 'closed' then 'closed'
                when d.changes ? 'status' then 'reopened'
                when d.changes ? 'detailed_status' then 'status'
                when d.changes ? 'status_notes' or p.has_content and d.changes = '{}' then 'noted'
                when d.changes ? 'agency_responsible' then 'assigned'
                when d.changes ? 'media_urls' then 'media'
                else 'changed' end::event_kind),
         case when not p.is_visible_change then null
              when p.is_public and p.was_public then 'change'
              when p.is_public then 'create'
              when p.was_public then 'tombstone' end::change_type,
         coalesce((context ->> 'datetime')::timestamptz, n.updated_datetime),
         (context ->> 'key_id')::integer,
         n.status,
         n.detailed_status,
         coalesce(context ->> 'description', case when d.changes ? 'status_notes' then n.status_notes end),
         coalesce(array(select jsonb_array_elements_text(context -> 'media_urls')), '{}'),
         d.changes || case when context ? 'said_status'
                           then jsonb_build_object('said_status', context -> 'said_status')
                           else '{}' end
    from after as n
    join before as o using (id),
         -- offset 0: evaluated once for each row, not once for each reference.
         lateral (select diff_service_request(o, n) as changes offset 0) as d,
         lateral (select o.visibility = 'public' and o.service_request_id is not null as was_public,
                         n.visibility = 'public' and n.service_request_id is not null as is_public,
                         c.has_content,
                         c.has_content
                         or d.changes - 'exact_location' <> '{}'
                         or n.updated_datetime <> o.updated_datetime as is_visible_change
                    from (select context ?| '{kind,description,media_urls}' as has_content) as c) as p
   -- A change of derived columns alone, such as area_ids, is no event.
   where d.changes <> '{}'
      or p.is_visible_change
   order by n.id;
  return null;
end $$;

-- A public duplicate shows the id of its original while that is public. When the original becomes or stops being
-- public, the duplicate has changed too.
create or replace function record_duplicates() returns trigger
language plpgsql as $$
begin
  insert into event (
           service_request, jurisdiction_id, endpoint, kind, change_type, datetime, status, detailed_status, changes)
  select d.id,
         d.jurisdiction_id,
         d.endpoint,
         'changed',
         'change',
         n.updated_datetime,
         d.status,
         d.detailed_status,
         '{"duplicate_of": true}'
    from after as n
    join before as o using (id)
    join service_request as d on d.duplicate_of = n.id
   where (n.visibility = 'public' and n.service_request_id is not null)
         <> (o.visibility = 'public' and o.service_request_id is not null)
     and d.visibility = 'public'
     and d.service_request_id is not null
   order by d.id;
  return null;
end $$;
