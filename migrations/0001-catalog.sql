-- The catalog: who is served (jurisdiction), what can be asked for (service), and the extra questions each
-- service asks (attribute, attribute_value). It changes rarely and is held in memory by every server.

create extension if not exists postgis;

create type endpoint_type as enum ('production', 'test');                        -- DISC-10
create type service_type as enum ('realtime', 'batch', 'blackbox');              -- GR-SVC-05
create type attribute_datatype as enum
  ('string', 'number', 'datetime', 'text', 'singlevaluelist', 'multivaluelist'); -- GR-DEF-05
create type visibility as enum ('public', 'moderated', 'private');               -- GR-POST-17, A-61

create table jurisdiction (
  jurisdiction_id         text primary key check (jurisdiction_id ~ '^[A-Za-z0-9._-]{1,128}$'),
  name                    text not null,
  time_zone               text not null,
  language                text not null,                                          -- A-59: of its own texts
  contact                 text not null,
  key_service             text not null,
  service_request_id_form text not null check (service_request_id_form ~ '\{(number|random)(:[0-9]+)?\}'),
  boundary                geometry(MultiPolygon, 4326) check (st_isvalid(boundary) and not st_isempty(boundary)),
  refuse_outside          boolean not null,
  -- DISC-07: grows with every change of this jurisdiction, its services or its definitions.
  changeset               timestamptz(0) not null
);
comment on column jurisdiction.refuse_outside is 'a service request placed outside the boundary is refused (A-25)';
comment on column jurisdiction.service_request_id_form is
  'how new ids look: text with {number}, {number:WIDTH}, {random:LENGTH}, {year}';

create table service (
  jurisdiction_id    text not null references jurisdiction,
  service_code       text not null check (service_code <> '' and service_code <> '0' and service_code !~ ','),
  service_name       text not null check (service_name <> ''),
  description        text not null default '',
  type               service_type not null default 'realtime',
  keywords           text[] not null default '{}' check (array_position(keywords, null) is null),
  "group"            text not null default '',
  position           integer not null,
  agency_responsible text,
  service_notice     text,
  location_required  boolean not null default true,                              -- A-26
  visibility         visibility not null default 'public',
  translations       jsonb not null default '{}',                                -- A-59
  origin             text not null default 'catalog' check (origin in ('catalog', 'import')),
  retired            boolean not null default false,
  primary key (jurisdiction_id, service_code)
);
comment on column service.origin is 'catalog: from the files of georeport load; import: met in imported service requests';
comment on column service.retired is 'no longer offered; its service requests keep their service_name';

create table attribute (
  jurisdiction_id      text not null,
  service_code         text not null,
  code                 text not null check (code ~ '^[A-Za-z0-9_]+$'),           -- GR-DEF-12
  "order"              integer not null check ("order" > 0),                     -- GR-DEF-07
  variable             boolean not null,                                         -- GR-DEF-04
  datatype             attribute_datatype not null,
  required             boolean not null,
  description          text not null,
  datatype_description text not null,
  automated            text check (automated in ('server_set', 'hidden_field')), -- A-27
  primary key (jurisdiction_id, service_code, code),
  unique (jurisdiction_id, service_code, "order"),
  foreign key (jurisdiction_id, service_code) references service on delete cascade,
  -- A-27: nobody can answer a note, so it is never required, unless the client's software fills it.
  check (variable or not required or automated is not null)
);

create table attribute_value (
  jurisdiction_id text not null,
  service_code    text not null,
  code            text not null,
  key             text not null check (key <> ''),
  name            text not null check (name <> ''),
  position        integer not null,
  primary key (jurisdiction_id, service_code, code, key),                        -- GR-DEF-08
  foreign key (jurisdiction_id, service_code, code) references attribute on delete cascade
);

create table area (
  jurisdiction_id text not null references jurisdiction,
  area_type       text not null check (area_type ~ '^[a-z][a-z0-9_-]*$'),
  area_id         text not null,
  name            text not null,
  geom            geometry(MultiPolygon, 4326) not null check (st_isvalid(geom) and not st_isempty(geom)),
  primary key (jurisdiction_id, area_type, area_id)
);
comment on table area is 'named polygons of a jurisdiction: wards, neighbourhoods, districts';

create table api_key (
  key_id          integer generated always as identity primary key,
  name            text not null check (name <> ''),
  key_hash        bytea not null unique check (length(key_hash) = 32),
  jurisdiction_id text references jurisdiction,
  scopes          text[] not null check (cardinality(scopes) > 0),
  created         timestamptz(0) not null,
  revoked         timestamptz(0)
);
comment on column api_key.key_hash is 'sha-256 of the key; the key itself is shown once and never stored';
comment on column api_key.jurisdiction_id is 'null: the key is good in every jurisdiction';

-- Every server holds the catalog in memory and reloads it when one of its tables changes.
create function tell_catalog_changed() returns trigger language plpgsql as $$
begin
  perform pg_notify('catalog', '');
  return null;
end $$;

create trigger changed after insert or update or delete or truncate on jurisdiction for each statement execute function tell_catalog_changed();
create trigger changed after insert or update or delete or truncate on service for each statement execute function tell_catalog_changed();
create trigger changed after insert or update or delete or truncate on attribute for each statement execute function tell_catalog_changed();
create trigger changed after insert or update or delete or truncate on attribute_value for each statement execute function tell_catalog_changed();
create trigger changed after insert or update or delete or truncate on api_key for each statement execute function tell_catalog_changed();
