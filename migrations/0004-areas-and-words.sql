-- Which areas a service request is in, who does what where, and search by words.

create extension if not exists unaccent;
create extension if not exists pg_trgm;

-- Areas are part of the catalog that every server holds in memory. Service requests name them by number.
alter table area add column id integer generated always as identity unique;
create trigger changed after insert or update or delete or truncate on area for each statement execute function tell_catalog_changed();

alter table service add column areas text[] not null default '{}' check (array_position(areas, null) is null);
comment on column service.areas is 'TYPE:ID of the areas in which it is offered; none: everywhere';

alter table attribute add column public boolean not null default false;
comment on column attribute.public is 'answers may be read by everyone';

-- Who is responsible for a service in an area, where that is not the agency of the service. The first that fits counts.
create table route (
  jurisdiction_id    text not null,
  service_code       text not null,
  position           integer not null,
  area_type          text not null,
  area_id            text not null,
  agency_responsible text not null check (agency_responsible <> ''),
  primary key (jurisdiction_id, service_code, position),
  foreign key (jurisdiction_id, service_code) references service on delete cascade,
  foreign key (jurisdiction_id, area_type, area_id) references area on delete cascade
);
create trigger changed after insert or update or delete or truncate on route for each statement execute function tell_catalog_changed();

alter table service_request add column area_ids integer[] not null default '{}';
comment on column service_request.area_ids is 'the areas it is in, found when it is written and again when areas change';

create function areas_at(of_jurisdiction text, point geometry) returns integer[]
language sql stable
return (
  select coalesce(array_agg(a.id order by a.id), '{}')
    from area as a
   where a.jurisdiction_id = of_jurisdiction and st_intersects(a.geom, point));

create function agency_for(of_jurisdiction text, of_service text, in_areas integer[]) returns text
language sql stable
return coalesce(
  (select r.agency_responsible
     from route as r
     join area as a using (jurisdiction_id, area_type, area_id)
    where r.jurisdiction_id = of_jurisdiction and r.service_code = of_service and a.id = any(in_areas)
    order by r.position
    limit 1),
  (select s.agency_responsible
     from service as s
    where s.jurisdiction_id = of_jurisdiction and s.service_code = of_service));
comment on function agency_for is 'who is responsible for a service in these areas';

-- Words as people search for them: whatever their case, their accents and what stands between them.
create text search configuration words (copy = simple);
alter text search configuration words alter mapping for word, numword, hword, numhword, hword_part, hword_numpart with unaccent, simple;

create function words_of(text text) returns tsvector
language sql stable
-- What joins words, as in lamp/pole and K-204, would make addresses and numbers of them.
return to_tsvector('words', translate(text, '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', repeat(' ', 32)));

alter table service_request add column words tsvector not null default '';
comment on column service_request.words is 'of its description, its address and the name of its service';

create function derive_service_request() returns trigger language plpgsql as $$
declare
  asked_for record;
begin
  -- For share: who renames or hides the service just now is waited for.
  select s.service_name, s.visibility into asked_for
    from service as s
   where s.jurisdiction_id = new.jurisdiction_id and s.service_code = new.service_code
     for share;
  new.area_ids := areas_at(new.jurisdiction_id, new.geom);
  new.words := words_of(concat_ws(' ', new.description, new.address, asked_for.service_name));
  if tg_op = 'INSERT' then
    new.visibility := greatest(new.visibility, asked_for.visibility);
    new.agency_responsible :=
      coalesce(new.agency_responsible, agency_for(new.jurisdiction_id, new.service_code, new.area_ids));
  end if;
  return new;
end $$;

create trigger derive before insert or update of geom, description, address, service_code on service_request
  for each row execute function derive_service_request();

-- What was written before.
update service_request set service_code = service_code;

create index service_request_words on service_request using gin (words)
  where visibility = 'public' and service_request_id is not null;

-- Newest of an agency or a channel: also for those that did little in a place where much happens.
create index service_request_newest_of_agency
  on service_request (jurisdiction_id, endpoint, agency_responsible, requested_datetime desc, id desc)
  where visibility = 'public' and service_request_id is not null;
create index service_request_newest_of_channel
  on service_request (jurisdiction_id, endpoint, channel, requested_datetime desc, id desc)
  where visibility = 'public' and service_request_id is not null;

-- Work that is left to do after areas changed, one row a jurisdiction.
create table area_assignment (
  jurisdiction_id text primary key references jurisdiction on delete cascade,
  place           geometry(Polygon, 4326) not null,
  round           integer not null default 1,
  done            bigint not null default 0,
  last            bigint
);
comment on column area_assignment.place is 'a box around all that changed';
comment on column area_assignment.round is 'grows when areas change again before the work is done';
comment on column area_assignment.done is 'service requests up to this id have their areas';
comment on column area_assignment.last is 'the last id to look at; null: not begun';

create function assign_areas_again() returns trigger language plpgsql as $$
declare
  changed constant geometry := st_expand(st_envelope(st_collect(old.geom, new.geom)), 1e-6);
begin
  insert into area_assignment as a (jurisdiction_id, place)
  values (coalesce(new.jurisdiction_id, old.jurisdiction_id), changed)
      on conflict (jurisdiction_id) do update
     set place = st_expand(st_envelope(st_collect(a.place, excluded.place)), 1e-6),
         round = a.round + 1, done = 0, last = null;
  return null;
end $$;

create trigger assign_again after insert or delete on area for each row execute function assign_areas_again();
create trigger assign_again_if_moved after update of geom on area for each row
  when (old.geom is distinct from new.geom) execute function assign_areas_again();
