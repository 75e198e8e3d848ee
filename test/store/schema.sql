CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

CREATE EXTENSION IF NOT EXISTS postgis WITH SCHEMA public;

CREATE EXTENSION IF NOT EXISTS unaccent WITH SCHEMA public;

CREATE TYPE public.attribute_datatype AS ENUM (
    'string',
    'number',
    'datetime',
    'text',
    'singlevaluelist',
    'multivaluelist'
);

CREATE TYPE public.change_type AS ENUM (
    'create',
    'change',
    'tombstone'
);

COMMENT ON TYPE public.change_type IS 'Effect of an event on the public view: create: published; change: changed; tombstone: no longer public.';

CREATE TYPE public.endpoint_type AS ENUM (
    'production',
    'test'
);

CREATE TYPE public.event_kind AS ENUM (
    'created',
    'resolved',
    'noted',
    'status',
    'closed',
    'reopened',
    'merged',
    'reclassified',
    'assigned',
    'media',
    'published',
    'hidden',
    'changed',
    'redacted',
    'erased'
);

COMMENT ON TYPE public.event_kind IS 'What happened. resolved: a token got its id; noted: an update without another change.';

CREATE TYPE public.service_type AS ENUM (
    'realtime',
    'batch',
    'blackbox'
);

CREATE TYPE public.visibility AS ENUM (
    'public',
    'moderated',
    'private'
);

CREATE TABLE public.area (
    jurisdiction_id text NOT NULL,
    area_type text NOT NULL,
    area_id text NOT NULL,
    name text NOT NULL,
    geom public.geometry(MultiPolygon,4326) NOT NULL,
    id integer NOT NULL,
    CONSTRAINT area_area_type_check CHECK ((area_type ~ '^[a-z][a-z0-9_-]*$'::text)),
    CONSTRAINT area_geom_check CHECK ((public.st_isvalid(geom) AND (NOT public.st_isempty(geom))))
);

COMMENT ON TABLE public.area IS 'Named polygon of a jurisdiction: a ward, a district, a neighbourhood.';

COMMENT ON COLUMN public.area.jurisdiction_id IS 'Jurisdiction of the area.';

COMMENT ON COLUMN public.area.area_type IS 'Kind of area, such as ward.';

COMMENT ON COLUMN public.area.area_id IS 'Unique in the jurisdiction and area_type.';

COMMENT ON COLUMN public.area.name IS 'Display name.';

COMMENT ON COLUMN public.area.geom IS 'Polygon in WGS 84.';

COMMENT ON COLUMN public.area.id IS 'Internal number, used in service_request.area_ids.';

CREATE FUNCTION public.areas_at(of_jurisdiction text, point public.geometry) RETURNS integer[]
    LANGUAGE sql STABLE
    RETURN (SELECT COALESCE(array_agg(a.id ORDER BY a.id), '{}'::integer[]) AS "coalesce" FROM public.area a WHERE ((a.jurisdiction_id = areas_at.of_jurisdiction) AND public.st_intersects(a.geom, areas_at.point)));

COMMENT ON FUNCTION public.areas_at(of_jurisdiction text, point public.geometry) IS 'area.id of all areas of a jurisdiction that contain a point.';

CREATE TABLE public.service_request (
    id bigint NOT NULL,
    jurisdiction_id text NOT NULL,
    endpoint public.endpoint_type NOT NULL,
    service_request_id text,
    service_code text NOT NULL,
    status text DEFAULT 'open'::text NOT NULL,
    status_notes text,
    description text,
    agency_responsible text,
    service_notice text,
    requested_datetime timestamp(0) with time zone NOT NULL,
    updated_datetime timestamp(0) with time zone NOT NULL,
    expected_datetime timestamp(0) with time zone,
    closed_datetime timestamp(0) with time zone,
    address text,
    address_id text,
    zipcode text,
    geom public.geometry(Point,4326),
    media_urls text[] DEFAULT '{}'::text[] NOT NULL,
    visibility public.visibility DEFAULT 'public'::public.visibility NOT NULL,
    origin text DEFAULT 'submission'::text NOT NULL,
    channel text,
    answers jsonb DEFAULT '{}'::jsonb NOT NULL,
    area_ids integer[] DEFAULT '{}'::integer[] NOT NULL,
    search_vector tsvector DEFAULT ''::tsvector NOT NULL,
    detailed_status text,
    closing_reason text,
    duplicate_of bigint,
    exact_location jsonb,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT service_request_closed_datetime_check CHECK (isfinite(closed_datetime)),
    CONSTRAINT service_request_closing_reason_check CHECK ((closing_reason <> ''::text)),
    CONSTRAINT service_request_datetime_order_check CHECK ((updated_datetime >= requested_datetime)),
    CONSTRAINT service_request_detailed_status_check CHECK ((detailed_status <> ''::text)),
    CONSTRAINT service_request_duplicate_of_check CHECK ((duplicate_of <> id)),
    CONSTRAINT service_request_expected_datetime_check CHECK (isfinite(expected_datetime)),
    CONSTRAINT service_request_geom_check CHECK ((((public.st_x(geom) >= ('-180'::integer)::double precision) AND (public.st_x(geom) <= (180)::double precision)) AND ((public.st_y(geom) >= ('-90'::integer)::double precision) AND (public.st_y(geom) <= (90)::double precision)))),
    CONSTRAINT service_request_origin_check CHECK ((origin = ANY (ARRAY['submission'::text, 'import'::text]))),
    CONSTRAINT service_request_requested_datetime_check CHECK (isfinite(requested_datetime)),
    CONSTRAINT service_request_service_request_id_check CHECK (((service_request_id <> ''::text) AND (service_request_id <> '0'::text))),
    CONSTRAINT service_request_status_check CHECK ((status = ANY (ARRAY['open'::text, 'closed'::text]))),
    CONSTRAINT service_request_updated_datetime_check CHECK (isfinite(updated_datetime))
);

COMMENT ON TABLE public.service_request IS 'A service request: one report.';

COMMENT ON COLUMN public.service_request.id IS 'Internal number; never published.';

COMMENT ON COLUMN public.service_request.jurisdiction_id IS 'Jurisdiction.';

COMMENT ON COLUMN public.service_request.endpoint IS 'production or test (DISC-10). Nobody acts on the test endpoint.';

COMMENT ON COLUMN public.service_request.service_request_id IS 'Public id. null: a batch service request that has none yet, or a blackbox service request (A-24).';

COMMENT ON COLUMN public.service_request.service_code IS 'Service.';

COMMENT ON COLUMN public.service_request.status IS 'open or closed.';

COMMENT ON COLUMN public.service_request.status_notes IS 'Latest public explanation of the status.';

COMMENT ON COLUMN public.service_request.description IS 'Description by the reporter.';

COMMENT ON COLUMN public.service_request.agency_responsible IS 'Agency that is responsible now.';

COMMENT ON COLUMN public.service_request.service_notice IS 'Copy of service.service_notice at submission.';

COMMENT ON COLUMN public.service_request.requested_datetime IS 'Time of submission, in whole seconds (GR-DT-02).';

COMMENT ON COLUMN public.service_request.updated_datetime IS 'Time of the last change that the public can see; other changes do not move it (A-44).';

COMMENT ON COLUMN public.service_request.expected_datetime IS 'Time by which the service is expected to be done.';

COMMENT ON COLUMN public.service_request.closed_datetime IS 'Time of closing. null: open, or unknown.';

COMMENT ON COLUMN public.service_request.address IS 'Address or description of the location. null if blurred.';

COMMENT ON COLUMN public.service_request.address_id IS 'Id of the address in the master address repository. null if blurred.';

COMMENT ON COLUMN public.service_request.zipcode IS 'Postal code. null if blurred.';

COMMENT ON COLUMN public.service_request.geom IS 'Published location in WGS 84: exact, or the centre of a grid cell if blurred.';

COMMENT ON COLUMN public.service_request.media_urls IS 'URLs of pictures. The first one is media_url of the standard (A-33).';

COMMENT ON COLUMN public.service_request.visibility IS 'public: published; moderated: only the status by id, until approved; private: not published.';

COMMENT ON COLUMN public.service_request.origin IS 'submission: filed here; import: a copy from another system, which later imports can change.';

COMMENT ON COLUMN public.service_request.channel IS 'How it was reported, such as phone or app. null: unknown.';

COMMENT ON COLUMN public.service_request.answers IS 'Attribute values: attribute code -> array of values, datetimes in UTC.';

COMMENT ON COLUMN public.service_request.area_ids IS 'area.id of all areas that contain the location. Derived.';

COMMENT ON COLUMN public.service_request.search_vector IS 'Text search vector of the description, the address and the service name, in configuration search. Derived.';

COMMENT ON COLUMN public.service_request.detailed_status IS 'Code of detailed_status. null: only open or closed.';

COMMENT ON COLUMN public.service_request.closing_reason IS 'Code of the reason of closing, chosen by the city.';

COMMENT ON COLUMN public.service_request.duplicate_of IS 'The original, if this service request is a duplicate.';

COMMENT ON COLUMN public.service_request.exact_location IS 'Exact location and address of a blurred service request, private: lat, long, address, address_id, zipcode, and metres, the width of the grid. null: not blurred.';

COMMENT ON COLUMN public.service_request.version IS 'Incremented by every change of the row. The ETag of the city API.';

CREATE FUNCTION public.blur_location(new_row public.service_request, old_row public.service_request, metres integer) RETURNS public.service_request
    LANGUAGE plpgsql
    AS $$
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

COMMENT ON FUNCTION public.blur_location(new_row public.service_request, old_row public.service_request, metres integer) IS 'Moves location and address of a row to exact_location and blurs geom.';

CREATE FUNCTION public.blur_point(point public.geometry, metres integer) RETURNS public.geometry
    LANGUAGE plpgsql IMMUTABLE STRICT
    AS $$
declare
  high constant float8 := metres / 111320.0;
  lat  constant float8 := greatest(-90, least(90, (floor(st_y(point) / high) + 0.5) * high));
  wide constant float8 := least(360, high / greatest(cos(radians(lat)), 1e-9));
  long constant float8 := greatest(-180, least(180, (floor(st_x(point) / wide) + 0.5) * wide));
begin
  return st_setsrid(st_makepoint(round(long::numeric, 6), round(lat::numeric, 6)), 4326);
end $$;

COMMENT ON FUNCTION public.blur_point(point public.geometry, metres integer) IS 'Centre of the grid cell, so many metres wide, that contains a point.';

CREATE FUNCTION public.bump_version() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

COMMENT ON FUNCTION public.bump_version() IS 'Trigger: increments the version and moves updated_datetime.';

CREATE FUNCTION public.derive_service_request() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

COMMENT ON FUNCTION public.derive_service_request() IS 'Trigger: sets derived columns of a service request.';

CREATE FUNCTION public.diff_service_request(o public.service_request, n public.service_request) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    RETURN (SELECT COALESCE(jsonb_object_agg(c.name, c.value), '{}'::jsonb) AS "coalesce" FROM (VALUES ('service_request_id'::text,to_jsonb((diff_service_request.n).service_request_id),((diff_service_request.n).service_request_id IS DISTINCT FROM (diff_service_request.o).service_request_id)), ('service_code'::text,to_jsonb((diff_service_request.n).service_code),((diff_service_request.n).service_code <> (diff_service_request.o).service_code)), ('status'::text,to_jsonb((diff_service_request.n).status),((diff_service_request.n).status <> (diff_service_request.o).status)), ('detailed_status'::text,to_jsonb((diff_service_request.n).detailed_status),((diff_service_request.n).detailed_status IS DISTINCT FROM (diff_service_request.o).detailed_status)), ('closing_reason'::text,to_jsonb((diff_service_request.n).closing_reason),((diff_service_request.n).closing_reason IS DISTINCT FROM (diff_service_request.o).closing_reason)), ('duplicate_of'::text,'true'::jsonb,((diff_service_request.n).duplicate_of IS DISTINCT FROM (diff_service_request.o).duplicate_of)), ('status_notes'::text,'true'::jsonb,((diff_service_request.n).status_notes IS DISTINCT FROM (diff_service_request.o).status_notes)), ('description'::text,'true'::jsonb,((diff_service_request.n).description IS DISTINCT FROM (diff_service_request.o).description)), ('agency_responsible'::text,to_jsonb((diff_service_request.n).agency_responsible),((diff_service_request.n).agency_responsible IS DISTINCT FROM (diff_service_request.o).agency_responsible)), ('service_notice'::text,'true'::jsonb,((diff_service_request.n).service_notice IS DISTINCT FROM (diff_service_request.o).service_notice)), ('requested_datetime'::text,to_jsonb((diff_service_request.n).requested_datetime),((diff_service_request.n).requested_datetime <> (diff_service_request.o).requested_datetime)), ('expected_datetime'::text,to_jsonb((diff_service_request.n).expected_datetime),((diff_service_request.n).expected_datetime IS DISTINCT FROM (diff_service_request.o).expected_datetime)), ('closed_datetime'::text,to_jsonb((diff_service_request.n).closed_datetime),((diff_service_request.n).closed_datetime IS DISTINCT FROM (diff_service_request.o).closed_datetime)), ('address'::text,'true'::jsonb,((((diff_service_request.n).address IS DISTINCT FROM (diff_service_request.o).address) OR ((diff_service_request.n).address_id IS DISTINCT FROM (diff_service_request.o).address_id)) OR ((diff_service_request.n).zipcode IS DISTINCT FROM (diff_service_request.o).zipcode))), ('place'::text,'true'::jsonb,(public.st_asbinary((diff_service_request.n).geom) IS DISTINCT FROM public.st_asbinary((diff_service_request.o).geom))), ('exact_location'::text,'true'::jsonb,((diff_service_request.n).exact_location IS DISTINCT FROM (diff_service_request.o).exact_location)), ('media_urls'::text,'true'::jsonb,((diff_service_request.n).media_urls <> (diff_service_request.o).media_urls)), ('answers'::text,'true'::jsonb,((diff_service_request.n).answers <> (diff_service_request.o).answers)), ('channel'::text,to_jsonb((diff_service_request.n).channel),((diff_service_request.n).channel IS DISTINCT FROM (diff_service_request.o).channel)), ('visibility'::text,to_jsonb((diff_service_request.n).visibility),((diff_service_request.n).visibility <> (diff_service_request.o).visibility))) c(name, value, is_different) WHERE c.is_different);

COMMENT ON FUNCTION public.diff_service_request(o public.service_request, n public.service_request) IS 'Changed columns between two states, in the form of event.changes.';

CREATE FUNCTION public.event_context() RETURNS jsonb
    LANGUAGE sql STABLE
    RETURN COALESCE((NULLIF(current_setting('georeport.event'::text, true), ''::text))::jsonb, '{}'::jsonb);

COMMENT ON FUNCTION public.event_context() IS 'Context of the events of this transaction, from set_config(''georeport.event'', …, true): key_id, kind, datetime, now, description, media_urls, said_status.';

CREATE FUNCTION public.new_service_request_id(of_jurisdiction text, of_endpoint public.endpoint_type, at timestamp with time zone) RETURNS text
    LANGUAGE plpgsql
    AS $$
declare
  form    text;
  zone    text;
  numbers text := service_request_id_sequence(of_jurisdiction, of_endpoint);
  letters constant text := '23456789abcdefghjkmnpqrstvwxyz';  -- none that look or sound alike
  part    text[];
  new_id  text;
begin
  select service_request_id_form, time_zone into strict form, zone
    from jurisdiction where jurisdiction_id = of_jurisdiction;
  loop
    new_id := replace(form, '{year}', to_char(at at time zone zone, 'YYYY'));
    for part in select regexp_matches(form, '(\{(number|random)(?::([0-9]+))?\})', 'g') loop
      new_id := replace(new_id, part[1], case part[2]
        when 'number' then (
          select lpad(n, greatest(length(n), coalesce(part[3], '1')::int), '0')
            from (select nextval(numbers::regclass)::text as n) as next)
        else (
          select string_agg(substr(letters, 1 + get_byte(b, i) % length(letters), 1), '')
            from (select sha256(uuid_send(gen_random_uuid())) as b) as random,
                 generate_series(0, least(coalesce(part[3], '8')::int, 32) - 1) as i)
        end);
    end loop;
    exit when not exists (
      select from service_request as r
       where r.jurisdiction_id = of_jurisdiction and r.endpoint = of_endpoint and r.service_request_id = new_id);
  end loop;
  return new_id;
end $$;

COMMENT ON FUNCTION public.new_service_request_id(of_jurisdiction text, of_endpoint public.endpoint_type, at timestamp with time zone) IS 'Next free service_request_id, by the template of the jurisdiction.';

CREATE FUNCTION public.notify_catalog_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  perform pg_notify('catalog', '');
  return null;
end $$;

COMMENT ON FUNCTION public.notify_catalog_changed() IS 'Trigger: notifies channel catalog; every server reloads its catalog.';

CREATE FUNCTION public.queue_area_assignment() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

COMMENT ON FUNCTION public.queue_area_assignment() IS 'Trigger: queues a new lookup of areas after an area changed.';

CREATE FUNCTION public.record_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

COMMENT ON FUNCTION public.record_changed() IS 'Trigger: adds an event for each changed service request.';

CREATE FUNCTION public.record_created() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

COMMENT ON FUNCTION public.record_created() IS 'Trigger: adds an event for each new service request.';

CREATE FUNCTION public.record_duplicates() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

COMMENT ON FUNCTION public.record_duplicates() IS 'Trigger: adds an event to duplicates of a service request that was published or hidden.';

CREATE TABLE public.route (
    jurisdiction_id text NOT NULL,
    service_code text NOT NULL,
    "position" integer NOT NULL,
    area_type text NOT NULL,
    area_id text NOT NULL,
    agency_responsible text NOT NULL,
    CONSTRAINT route_agency_responsible_check CHECK ((agency_responsible <> ''::text))
);

COMMENT ON TABLE public.route IS 'Agency of a service in an area. The first matching row by position counts.';

COMMENT ON COLUMN public.route.jurisdiction_id IS 'Jurisdiction of the service and the area.';

COMMENT ON COLUMN public.route.service_code IS 'Service.';

COMMENT ON COLUMN public.route."position" IS 'Priority: the lowest matching position counts.';

COMMENT ON COLUMN public.route.area_type IS 'Type of the area.';

COMMENT ON COLUMN public.route.area_id IS 'Id of the area.';

COMMENT ON COLUMN public.route.agency_responsible IS 'Agency of the service in the area.';

CREATE TABLE public.service (
    jurisdiction_id text NOT NULL,
    service_code text NOT NULL,
    service_name text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    type public.service_type DEFAULT 'realtime'::public.service_type NOT NULL,
    keywords text[] DEFAULT '{}'::text[] NOT NULL,
    "group" text DEFAULT ''::text NOT NULL,
    "position" integer NOT NULL,
    agency_responsible text,
    service_notice text,
    location_required boolean DEFAULT true NOT NULL,
    visibility public.visibility DEFAULT 'public'::public.visibility NOT NULL,
    translations jsonb DEFAULT '{}'::jsonb NOT NULL,
    origin text DEFAULT 'catalog'::text NOT NULL,
    retired boolean DEFAULT false NOT NULL,
    areas text[] DEFAULT '{}'::text[] NOT NULL,
    groups text[] DEFAULT '{}'::text[] NOT NULL,
    target_hours integer,
    target_days integer,
    blur_metres integer,
    CONSTRAINT service_areas_check CHECK ((array_position(areas, NULL::text) IS NULL)),
    CONSTRAINT service_blur_metres_check CHECK (((blur_metres >= 10) AND (blur_metres <= 100000))),
    CONSTRAINT service_groups_check CHECK (((cardinality(groups) <> 1) AND (array_position(groups, NULL::text) IS NULL))),
    CONSTRAINT service_keywords_check CHECK ((array_position(keywords, NULL::text) IS NULL)),
    CONSTRAINT service_one_target_check CHECK ((num_nonnulls(target_hours, target_days) <= 1)),
    CONSTRAINT service_origin_check CHECK ((origin = ANY (ARRAY['catalog'::text, 'import'::text]))),
    CONSTRAINT service_service_code_check CHECK (((service_code <> ''::text) AND (service_code <> '0'::text) AND (service_code !~ ','::text))),
    CONSTRAINT service_service_name_check CHECK ((service_name <> ''::text)),
    CONSTRAINT service_target_days_check CHECK ((target_days > 0)),
    CONSTRAINT service_target_hours_check CHECK ((target_hours > 0))
);

COMMENT ON TABLE public.service IS 'A service that a resident can request.';

COMMENT ON COLUMN public.service.jurisdiction_id IS 'Jurisdiction that offers the service.';

COMMENT ON COLUMN public.service.service_code IS 'Unique in the jurisdiction.';

COMMENT ON COLUMN public.service.service_name IS 'Display name.';

COMMENT ON COLUMN public.service.description IS 'Description for residents. Empty: none.';

COMMENT ON COLUMN public.service.type IS 'realtime, batch or blackbox (GR-SVC-05).';

COMMENT ON COLUMN public.service.keywords IS 'Keywords of the service list.';

COMMENT ON COLUMN public.service."group" IS 'Main group of the service. Empty: none.';

COMMENT ON COLUMN public.service."position" IS 'Order in the service list.';

COMMENT ON COLUMN public.service.agency_responsible IS 'Default agency; table route overrides it by area.';

COMMENT ON COLUMN public.service.service_notice IS 'Text in the response to a submission.';

COMMENT ON COLUMN public.service.location_required IS 'true: a submission needs a location (A-26).';

COMMENT ON COLUMN public.service.visibility IS 'Least visibility of its new service requests: public, moderated or private.';

COMMENT ON COLUMN public.service.translations IS 'Texts by language tag (A-59).';

COMMENT ON COLUMN public.service.origin IS 'catalog: loaded from city files; import: created by an import of service requests.';

COMMENT ON COLUMN public.service.retired IS 'true: no longer offered. Existing service requests keep it.';

COMMENT ON COLUMN public.service.areas IS 'Areas in which it is offered, as TYPE:ID. Empty: everywhere.';

COMMENT ON COLUMN public.service.groups IS 'All groups, if there are several; the first one is "group". Empty: at most one.';

COMMENT ON COLUMN public.service.target_hours IS 'Service level: hours until the expected_datetime.';

COMMENT ON COLUMN public.service.target_days IS 'Service level: working days until the expected_datetime.';

COMMENT ON COLUMN public.service.blur_metres IS 'Width of the grid cells to which public locations are blurred. null: exact.';

CREATE FUNCTION public.route_agency(of_jurisdiction text, of_service text, in_areas integer[]) RETURNS text
    LANGUAGE sql STABLE
    RETURN COALESCE((SELECT r.agency_responsible FROM (public.route r JOIN public.area a USING (jurisdiction_id, area_type, area_id)) WHERE ((r.jurisdiction_id = route_agency.of_jurisdiction) AND (r.service_code = route_agency.of_service) AND (a.id = ANY (route_agency.in_areas))) ORDER BY r."position" LIMIT 1), (SELECT s.agency_responsible FROM public.service s WHERE ((s.jurisdiction_id = route_agency.of_jurisdiction) AND (s.service_code = route_agency.of_service))));

COMMENT ON FUNCTION public.route_agency(of_jurisdiction text, of_service text, in_areas integer[]) IS 'Agency of a service in these areas: the first matching route, or the default.';

CREATE FUNCTION public.service_request_id_sequence(jurisdiction_id text, endpoint public.endpoint_type) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT
    RETURN ((('number_of_'::text || substr(md5(jurisdiction_id), 1, 16)) || '_'::text) || endpoint);

COMMENT ON FUNCTION public.service_request_id_sequence(jurisdiction_id text, endpoint public.endpoint_type) IS 'Name of the sequence of new ids of a jurisdiction and endpoint.';

CREATE TEXT SEARCH CONFIGURATION public.search (
    PARSER = pg_catalog."default" );

ALTER TEXT SEARCH CONFIGURATION public.search
    ADD MAPPING FOR asciiword WITH simple;

ALTER TEXT SEARCH CONFIGURATION public.search
    ADD MAPPING FOR word WITH public.unaccent, simple;

ALTER TEXT SEARCH CONFIGURATION public.search
    ADD MAPPING FOR numword WITH public.unaccent, simple;

ALTER TEXT SEARCH CONFIGURATION public.search
    ADD MAPPING FOR email WITH simple;

ALTER TEXT SEARCH CONFIGURATION public.search
    ADD MAPPING FOR url WITH simple;

ALTER TEXT SEARCH CONFIGURATION public.search
    ADD MAPPING FOR host WITH simple;

ALTER TEXT SEARCH CONFIGURATION public.search
    ADD MAPPING FOR sfloat WITH simple;

ALTER TEXT SEARCH CONFIGURATION public.search
    ADD MAPPING FOR version WITH simple;

ALTER TEXT SEARCH CONFIGURATION public.search
    ADD MAPPING FOR hword_numpart WITH public.unaccent, simple;

ALTER TEXT SEARCH CONFIGURATION public.search
    ADD MAPPING FOR hword_part WITH public.unaccent, simple;

ALTER TEXT SEARCH CONFIGURATION public.search
    ADD MAPPING FOR hword_asciipart WITH simple;

ALTER TEXT SEARCH CONFIGURATION public.search
    ADD MAPPING FOR numhword WITH public.unaccent, simple;

ALTER TEXT SEARCH CONFIGURATION public.search
    ADD MAPPING FOR asciihword WITH simple;

ALTER TEXT SEARCH CONFIGURATION public.search
    ADD MAPPING FOR hword WITH public.unaccent, simple;

ALTER TEXT SEARCH CONFIGURATION public.search
    ADD MAPPING FOR url_path WITH simple;

ALTER TEXT SEARCH CONFIGURATION public.search
    ADD MAPPING FOR file WITH simple;

ALTER TEXT SEARCH CONFIGURATION public.search
    ADD MAPPING FOR "float" WITH simple;

ALTER TEXT SEARCH CONFIGURATION public.search
    ADD MAPPING FOR "int" WITH simple;

ALTER TEXT SEARCH CONFIGURATION public.search
    ADD MAPPING FOR uint WITH simple;

CREATE FUNCTION public.to_search_vector(text text) RETURNS tsvector
    LANGUAGE sql STABLE
    RETURN to_tsvector('public.search'::regconfig, translate(text, '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~'::text, repeat(' '::text, 32)));

COMMENT ON FUNCTION public.to_search_vector(text text) IS 'Text search vector; punctuation separates words, so that K-204 does not become a negative number.';

CREATE TABLE public.api_key (
    key_id integer NOT NULL,
    name text NOT NULL,
    key_hash bytea NOT NULL,
    jurisdiction_id text,
    scopes text[] NOT NULL,
    created_at timestamp(0) with time zone NOT NULL,
    revoked_at timestamp(0) with time zone,
    CONSTRAINT api_key_key_hash_check CHECK ((length(key_hash) = 32)),
    CONSTRAINT api_key_name_check CHECK ((name <> ''::text)),
    CONSTRAINT api_key_scopes_check CHECK ((cardinality(scopes) > 0))
);

COMMENT ON TABLE public.api_key IS 'API keys.';

COMMENT ON COLUMN public.api_key.key_id IS 'Number of the key.';

COMMENT ON COLUMN public.api_key.name IS 'Name of the client.';

COMMENT ON COLUMN public.api_key.key_hash IS 'SHA-256 of the key. The key itself is never stored.';

COMMENT ON COLUMN public.api_key.jurisdiction_id IS 'Jurisdiction in which the key is valid. null: all.';

COMMENT ON COLUMN public.api_key.scopes IS 'Scopes: report, update, read_private, manage.';

COMMENT ON COLUMN public.api_key.created_at IS 'Creation time.';

COMMENT ON COLUMN public.api_key.revoked_at IS 'Time of revocation. null: valid.';

ALTER TABLE public.api_key ALTER COLUMN key_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.api_key_key_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.area_assignment (
    jurisdiction_id text NOT NULL,
    extent public.geometry(Polygon,4326) NOT NULL,
    generation integer DEFAULT 1 NOT NULL,
    done_id bigint DEFAULT 0 NOT NULL,
    last_id bigint
);

COMMENT ON TABLE public.area_assignment IS 'Queue: a jurisdiction whose areas changed, and the progress of the new lookup of service_request.area_ids.';

COMMENT ON COLUMN public.area_assignment.jurisdiction_id IS 'Jurisdiction of the changed areas.';

COMMENT ON COLUMN public.area_assignment.extent IS 'Bounding box of all changed areas: only service requests in it are updated.';

COMMENT ON COLUMN public.area_assignment.generation IS 'Incremented when areas change again before the work is done.';

COMMENT ON COLUMN public.area_assignment.done_id IS 'Service requests up to this id are updated.';

COMMENT ON COLUMN public.area_assignment.last_id IS 'Last id to update. null: not started.';

ALTER TABLE public.area ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.area_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.attribute (
    jurisdiction_id text NOT NULL,
    service_code text NOT NULL,
    code text NOT NULL,
    "order" integer NOT NULL,
    variable boolean NOT NULL,
    datatype public.attribute_datatype NOT NULL,
    required boolean NOT NULL,
    description text NOT NULL,
    datatype_description text NOT NULL,
    automated text,
    public boolean DEFAULT false NOT NULL,
    CONSTRAINT attribute_automated_check CHECK ((automated = ANY (ARRAY['server_set'::text, 'hidden_field'::text]))),
    CONSTRAINT attribute_code_check CHECK ((code ~ '^[A-Za-z0-9_]+$'::text)),
    CONSTRAINT attribute_order_check CHECK (("order" > 0)),
    CONSTRAINT attribute_required_check CHECK ((variable OR (NOT required) OR (automated IS NOT NULL)))
);

COMMENT ON TABLE public.attribute IS 'Attribute of a service definition: an extra question (GR-DEF).';

COMMENT ON COLUMN public.attribute.jurisdiction_id IS 'Jurisdiction of the service.';

COMMENT ON COLUMN public.attribute.service_code IS 'Service of the definition.';

COMMENT ON COLUMN public.attribute.code IS 'Unique in the service definition (GR-DEF-12).';

COMMENT ON COLUMN public.attribute."order" IS 'Order in the service definition, from 1 (GR-DEF-07).';

COMMENT ON COLUMN public.attribute.variable IS 'true: the client sends a value; false: a text to display (GR-DEF-04).';

COMMENT ON COLUMN public.attribute.datatype IS 'Datatype of the value (GR-DEF-05).';

COMMENT ON COLUMN public.attribute.required IS 'true: a submission needs a value.';

COMMENT ON COLUMN public.attribute.description IS 'Question or text to display.';

COMMENT ON COLUMN public.attribute.datatype_description IS 'Hint about the value.';

COMMENT ON COLUMN public.attribute.automated IS 'server_set: filled by the server; hidden_field: filled by client software; null: filled by the reporter (A-27).';

COMMENT ON COLUMN public.attribute.public IS 'true: values are published.';

CREATE TABLE public.attribute_value (
    jurisdiction_id text NOT NULL,
    service_code text NOT NULL,
    code text NOT NULL,
    key text NOT NULL,
    name text NOT NULL,
    "position" integer NOT NULL,
    CONSTRAINT attribute_value_key_check CHECK ((key <> ''::text)),
    CONSTRAINT attribute_value_name_check CHECK ((name <> ''::text))
);

COMMENT ON TABLE public.attribute_value IS 'Option of an attribute with a list datatype (GR-DEF-08).';

COMMENT ON COLUMN public.attribute_value.jurisdiction_id IS 'Jurisdiction of the service.';

COMMENT ON COLUMN public.attribute_value.service_code IS 'Service of the definition.';

COMMENT ON COLUMN public.attribute_value.code IS 'Code of the attribute.';

COMMENT ON COLUMN public.attribute_value.key IS 'Value in a submission.';

COMMENT ON COLUMN public.attribute_value.name IS 'Display name.';

COMMENT ON COLUMN public.attribute_value."position" IS 'Order of the options.';

CREATE TABLE public.delivery (
    webhook_id integer NOT NULL,
    "position" bigint NOT NULL,
    event_id bigint NOT NULL,
    state text DEFAULT 'pending'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    ended_at timestamp(0) with time zone,
    CONSTRAINT delivery_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT delivery_ended_at_check CHECK (((state = 'pending'::text) = (ended_at IS NULL))),
    CONSTRAINT delivery_position_check CHECK (("position" > 0)),
    CONSTRAINT delivery_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'delivered'::text, 'dead'::text, 'skipped'::text])))
);

COMMENT ON TABLE public.delivery IS 'Outbox: an event for a webhook. Deliveries of a webhook are sent in the order of position, one at a time.';

COMMENT ON COLUMN public.delivery.webhook_id IS 'The webhook.';

COMMENT ON COLUMN public.delivery."position" IS 'event.position of the event.';

COMMENT ON COLUMN public.delivery.event_id IS 'The event.';

COMMENT ON COLUMN public.delivery.state IS 'pending; delivered: accepted by the target; dead: given up after many attempts; skipped: nothing left that the target may see.';

COMMENT ON COLUMN public.delivery.attempts IS 'Attempts since the delivery was created or replayed.';

COMMENT ON COLUMN public.delivery.ended_at IS 'Time of the last change of state. null: pending.';

CREATE TABLE public.delivery_attempt (
    webhook_id integer NOT NULL,
    "position" bigint NOT NULL,
    attempt_id bigint NOT NULL,
    datetime timestamp(0) with time zone NOT NULL,
    status integer,
    error text,
    duration_ms integer NOT NULL,
    CONSTRAINT delivery_attempt_duration_ms_check CHECK ((duration_ms >= 0))
);

COMMENT ON TABLE public.delivery_attempt IS 'Attempts at a delivery.';

COMMENT ON COLUMN public.delivery_attempt.webhook_id IS 'The webhook.';

COMMENT ON COLUMN public.delivery_attempt."position" IS 'Position of the delivery.';

COMMENT ON COLUMN public.delivery_attempt.attempt_id IS 'Order of the attempts.';

COMMENT ON COLUMN public.delivery_attempt.datetime IS 'Time of the attempt.';

COMMENT ON COLUMN public.delivery_attempt.status IS 'HTTP status of the response. null: no response.';

COMMENT ON COLUMN public.delivery_attempt.error IS 'Reason of the failure, one of our own phrases or codes, never text of the target. null: none.';

COMMENT ON COLUMN public.delivery_attempt.duration_ms IS 'Milliseconds until the response or the failure.';

ALTER TABLE public.delivery_attempt ALTER COLUMN attempt_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.delivery_attempt_attempt_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.detailed_status (
    jurisdiction_id text NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    status text NOT NULL,
    "position" integer NOT NULL,
    CONSTRAINT detailed_status_code_check CHECK ((code ~ '^[a-z][a-z0-9_]*$'::text)),
    CONSTRAINT detailed_status_name_check CHECK ((name <> ''::text)),
    CONSTRAINT detailed_status_status_check CHECK ((status = ANY (ARRAY['open'::text, 'closed'::text])))
);

COMMENT ON TABLE public.detailed_status IS 'Detailed status of a jurisdiction; each stands for open or closed (EXT-30).';

COMMENT ON COLUMN public.detailed_status.jurisdiction_id IS 'Jurisdiction that uses it.';

COMMENT ON COLUMN public.detailed_status.code IS 'Unique in the jurisdiction.';

COMMENT ON COLUMN public.detailed_status.name IS 'Display name.';

COMMENT ON COLUMN public.detailed_status.status IS 'Status of the standard: open or closed.';

COMMENT ON COLUMN public.detailed_status."position" IS 'Display order.';

CREATE TABLE public.event (
    event_id bigint NOT NULL,
    service_request bigint NOT NULL,
    jurisdiction_id text NOT NULL,
    endpoint public.endpoint_type NOT NULL,
    kind public.event_kind NOT NULL,
    change_type public.change_type,
    datetime timestamp(0) with time zone NOT NULL,
    key_id integer,
    status text NOT NULL,
    detailed_status text,
    description text,
    media_urls text[] DEFAULT '{}'::text[] NOT NULL,
    changes jsonb DEFAULT '{}'::jsonb NOT NULL,
    update_id uuid DEFAULT gen_random_uuid() NOT NULL,
    "position" bigint,
    seq bigint,
    published_at timestamp(0) with time zone,
    CONSTRAINT event_datetime_check CHECK (isfinite(datetime)),
    CONSTRAINT event_position_check CHECK (("position" > 0)),
    CONSTRAINT event_published_at_check CHECK (((("position" IS NULL) = (published_at IS NULL)) AND ((seq IS NULL) OR ("position" IS NOT NULL)))),
    CONSTRAINT event_seq_check CHECK ((seq > 0))
);

COMMENT ON TABLE public.event IS 'Event log: one row for each change of a service request, written by triggers in the same transaction. Rows are sequenced once, and removed only with the service request.';

COMMENT ON COLUMN public.event.event_id IS 'Internal number, in the order of insertion.';

COMMENT ON COLUMN public.event.service_request IS 'The service request.';

COMMENT ON COLUMN public.event.jurisdiction_id IS 'Jurisdiction of the service request.';

COMMENT ON COLUMN public.event.endpoint IS 'Endpoint of the service request.';

COMMENT ON COLUMN public.event.kind IS 'What happened.';

COMMENT ON COLUMN public.event.change_type IS 'Effect on the public view. null: none.';

COMMENT ON COLUMN public.event.datetime IS 'Time at which it happened.';

COMMENT ON COLUMN public.event.key_id IS 'API key that caused it. null: a command, an import, or SQL.';

COMMENT ON COLUMN public.event.status IS 'Status of the service request after the event.';

COMMENT ON COLUMN public.event.detailed_status IS 'Detailed status after the event.';

COMMENT ON COLUMN public.event.description IS 'Text of the event: status notes, or the text of an update.';

COMMENT ON COLUMN public.event.media_urls IS 'URLs of the pictures of the event.';

COMMENT ON COLUMN public.event.changes IS 'Changed columns: name -> new value, or true for texts and locations, whose values are not kept. place: geom. said_status: status that an update requested, applied or not.';

COMMENT ON COLUMN public.event.update_id IS 'Public id of the event; reveals nothing about its order.';

COMMENT ON COLUMN public.event."position" IS 'Position among all events of the jurisdiction and endpoint, without gaps. Assigned after commit. null: not sequenced yet.';

COMMENT ON COLUMN public.event.seq IS 'Position among the events with a change_type, without gaps: the seq of the change feed (EXT-35).';

COMMENT ON COLUMN public.event.published_at IS 'Time of sequencing: from then on the event can be read. null: not yet.';

ALTER TABLE public.event ALTER COLUMN event_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.event_event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.event_sequence (
    jurisdiction_id text NOT NULL,
    endpoint public.endpoint_type NOT NULL,
    "position" bigint NOT NULL,
    seq bigint NOT NULL
);

COMMENT ON TABLE public.event_sequence IS 'Last position and seq assigned in a jurisdiction and endpoint. Numbers of removed events are not assigned again.';

COMMENT ON COLUMN public.event_sequence.jurisdiction_id IS 'Jurisdiction.';

COMMENT ON COLUMN public.event_sequence.endpoint IS 'Endpoint.';

COMMENT ON COLUMN public.event_sequence."position" IS 'Last event.position.';

COMMENT ON COLUMN public.event_sequence.seq IS 'Last event.seq.';

CREATE TABLE public.jurisdiction (
    jurisdiction_id text NOT NULL,
    name text NOT NULL,
    time_zone text NOT NULL,
    language text NOT NULL,
    contact text NOT NULL,
    key_service text NOT NULL,
    service_request_id_form text NOT NULL,
    boundary public.geometry(MultiPolygon,4326),
    refuse_outside boolean NOT NULL,
    changeset timestamp(0) with time zone NOT NULL,
    working_days integer[] DEFAULT '{1,2,3,4,5}'::integer[] NOT NULL,
    days_off date[] DEFAULT '{}'::date[] NOT NULL,
    CONSTRAINT jurisdiction_boundary_check CHECK ((public.st_isvalid(boundary) AND (NOT public.st_isempty(boundary)))),
    CONSTRAINT jurisdiction_days_off_check CHECK ((array_position(days_off, NULL::date) IS NULL)),
    CONSTRAINT jurisdiction_jurisdiction_id_check CHECK ((jurisdiction_id ~ '^[A-Za-z0-9._-]{1,128}$'::text)),
    CONSTRAINT jurisdiction_service_request_id_form_check CHECK ((service_request_id_form ~ '\{(number|random)(:[0-9]+)?\}'::text)),
    CONSTRAINT jurisdiction_working_days_check CHECK (((working_days <@ '{1,2,3,4,5,6,7}'::integer[]) AND (cardinality(working_days) > 0)))
);

COMMENT ON TABLE public.jurisdiction IS 'A government that is served.';

COMMENT ON COLUMN public.jurisdiction.jurisdiction_id IS 'The jurisdiction_id argument of GeoReport, usually a domain name.';

COMMENT ON COLUMN public.jurisdiction.name IS 'Display name.';

COMMENT ON COLUMN public.jurisdiction.time_zone IS 'IANA time zone, such as America/Chicago.';

COMMENT ON COLUMN public.jurisdiction.language IS 'BCP 47 tag of the language of its own texts (A-59).';

COMMENT ON COLUMN public.jurisdiction.contact IS 'Contact information in the discovery document.';

COMMENT ON COLUMN public.jurisdiction.key_service IS 'How to get an API key, in the discovery document.';

COMMENT ON COLUMN public.jurisdiction.service_request_id_form IS 'Template of new service_request_ids: text with {number}, {number:WIDTH}, {random:LENGTH}, {year}.';

COMMENT ON COLUMN public.jurisdiction.boundary IS 'Area that is served, in WGS 84. null: no boundary.';

COMMENT ON COLUMN public.jurisdiction.refuse_outside IS 'true: a service request outside the boundary is refused (A-25).';

COMMENT ON COLUMN public.jurisdiction.changeset IS 'Time of the last change of the jurisdiction, its services or its definitions (DISC-07).';

COMMENT ON COLUMN public.jurisdiction.working_days IS 'ISO weekdays for service levels: 1 is Monday, 7 is Sunday.';

COMMENT ON COLUMN public.jurisdiction.days_off IS 'Public holidays: no working days.';

CREATE TABLE public.media (
    media_id text NOT NULL,
    service_request bigint,
    content_type text NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    bytes integer NOT NULL,
    thumbnail_bytes integer NOT NULL,
    created_at timestamp(0) with time zone NOT NULL,
    detached_at timestamp(0) with time zone,
    CONSTRAINT media_bytes_check CHECK ((bytes > 0)),
    CONSTRAINT media_content_type_check CHECK ((content_type = ANY (ARRAY['image/jpeg'::text, 'image/png'::text, 'image/webp'::text, 'image/gif'::text]))),
    CONSTRAINT media_detached_at_check CHECK (((service_request IS NULL) OR (detached_at IS NULL))),
    CONSTRAINT media_height_check CHECK ((height > 0)),
    CONSTRAINT media_media_id_check CHECK ((media_id ~ '^[0-9a-f]{32}$'::text)),
    CONSTRAINT media_thumbnail_bytes_check CHECK ((thumbnail_bytes > 0)),
    CONSTRAINT media_width_check CHECK ((width > 0))
);

COMMENT ON TABLE public.media IS 'Pictures of service requests. The files ID.jpg and ID-thumbnail.jpg are in a folder or bucket. A row exists before its files are written and until they are removed.';

COMMENT ON COLUMN public.media.media_id IS 'Random and unguessable: anyone who knows it sees the picture of a public service request.';

COMMENT ON COLUMN public.media.service_request IS 'The service request. null: not attached yet, or detached.';

COMMENT ON COLUMN public.media.content_type IS 'Type of the uploaded file. The stored files are JPEG.';

COMMENT ON COLUMN public.media.width IS 'Width of the stored picture in pixels.';

COMMENT ON COLUMN public.media.height IS 'Height of the stored picture in pixels.';

COMMENT ON COLUMN public.media.bytes IS 'Size of the stored picture in bytes.';

COMMENT ON COLUMN public.media.thumbnail_bytes IS 'Size of the stored thumbnail in bytes.';

COMMENT ON COLUMN public.media.created_at IS 'Time of the upload.';

COMMENT ON COLUMN public.media.detached_at IS 'Time from which the picture belongs to nothing: its files, and then the row, are removed. null: not detached.';

CREATE TABLE public.migration (
    number integer NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamp(0) with time zone NOT NULL
);

COMMENT ON TABLE public.migration IS 'Migrations that were applied.';

COMMENT ON COLUMN public.migration.number IS 'Number of the migration.';

COMMENT ON COLUMN public.migration.name IS 'File name.';

COMMENT ON COLUMN public.migration.sha256 IS 'SHA-256 of the file; an applied file must not change.';

COMMENT ON COLUMN public.migration.applied_at IS 'Time of the migration.';

CREATE TABLE public.received_update (
    key_id integer NOT NULL,
    jurisdiction_id text NOT NULL,
    endpoint public.endpoint_type NOT NULL,
    update_id text NOT NULL,
    event_id bigint NOT NULL,
    CONSTRAINT received_update_update_id_check CHECK ((update_id <> ''::text))
);

COMMENT ON TABLE public.received_update IS 'Updates received from other systems, by the id of the sender: a repetition gets the first response again (A-47).';

COMMENT ON COLUMN public.received_update.key_id IS 'API key of the sender.';

COMMENT ON COLUMN public.received_update.jurisdiction_id IS 'Jurisdiction of the update.';

COMMENT ON COLUMN public.received_update.endpoint IS 'Endpoint of the update.';

COMMENT ON COLUMN public.received_update.update_id IS 'Id of the update at the sender.';

COMMENT ON COLUMN public.received_update.event_id IS 'Event of the update.';

CREATE TABLE public.reporter (
    service_request bigint NOT NULL,
    email text,
    first_name text,
    last_name text,
    phone text,
    device_id text,
    account_id text,
    CONSTRAINT reporter_not_empty_check CHECK ((num_nonnulls(email, first_name, last_name, phone, device_id, account_id) > 0))
);

COMMENT ON TABLE public.reporter IS 'Personal data of the reporter. No public query reads it (GR-POST-10).';

COMMENT ON COLUMN public.reporter.service_request IS 'The service request.';

COMMENT ON COLUMN public.reporter.email IS 'E-mail address.';

COMMENT ON COLUMN public.reporter.first_name IS 'First name.';

COMMENT ON COLUMN public.reporter.last_name IS 'Last name.';

COMMENT ON COLUMN public.reporter.phone IS 'Phone number.';

COMMENT ON COLUMN public.reporter.device_id IS 'Id of the device that sent the submission.';

COMMENT ON COLUMN public.reporter.account_id IS 'Id of the account in the client.';

ALTER TABLE public.service_request ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.service_request_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.submission (
    key_id integer NOT NULL,
    jurisdiction_id text NOT NULL,
    endpoint public.endpoint_type NOT NULL,
    handle_type text NOT NULL,
    handle text NOT NULL,
    fingerprint bytea NOT NULL,
    service_request bigint NOT NULL,
    CONSTRAINT submission_handle_check CHECK ((handle <> ''::text)),
    CONSTRAINT submission_handle_type_check CHECK ((handle_type = ANY (ARRAY['Idempotency-Key'::text, 'external_id'::text, 'fixmystreet_id'::text])))
);

COMMENT ON TABLE public.submission IS 'Handles by which clients repeat a submission: a repetition gets the first response again (A-47).';

COMMENT ON COLUMN public.submission.key_id IS 'API key of the client.';

COMMENT ON COLUMN public.submission.jurisdiction_id IS 'Jurisdiction of the submission.';

COMMENT ON COLUMN public.submission.endpoint IS 'Endpoint of the submission.';

COMMENT ON COLUMN public.submission.handle_type IS 'Idempotency-Key, external_id or fixmystreet_id.';

COMMENT ON COLUMN public.submission.handle IS 'Value of the handle.';

COMMENT ON COLUMN public.submission.fingerprint IS 'SHA-256 of the arguments, to detect a handle that is reused for something else. Empty after an erasure.';

COMMENT ON COLUMN public.submission.service_request IS 'The service request that was created.';

CREATE TABLE public.token (
    token text NOT NULL,
    service_request bigint NOT NULL,
    resolved_at timestamp(0) with time zone,
    CONSTRAINT token_token_check CHECK ((length(token) >= 20))
);

COMMENT ON TABLE public.token IS 'Temporary handle of a batch service request until its service_request_id is assigned.';

COMMENT ON COLUMN public.token.token IS 'Random and unguessable (A-23).';

COMMENT ON COLUMN public.token.service_request IS 'The service request.';

COMMENT ON COLUMN public.token.resolved_at IS 'Time at which the id was assigned; the token can be exchanged for some days after it (GR-TOK-05). null: pending.';

CREATE TABLE public.update_author (
    event_id bigint NOT NULL,
    email text,
    first_name text,
    last_name text,
    phone text,
    account_id text,
    CONSTRAINT update_author_not_empty_check CHECK ((num_nonnulls(email, first_name, last_name, phone, account_id) > 0))
);

COMMENT ON TABLE public.update_author IS 'Personal data of the author of an update. No public query reads it.';

COMMENT ON COLUMN public.update_author.event_id IS 'Event of the update.';

COMMENT ON COLUMN public.update_author.email IS 'E-mail address.';

COMMENT ON COLUMN public.update_author.first_name IS 'First name.';

COMMENT ON COLUMN public.update_author.last_name IS 'Last name.';

COMMENT ON COLUMN public.update_author.phone IS 'Phone number.';

COMMENT ON COLUMN public.update_author.account_id IS 'Id of the account in the client.';

CREATE TABLE public.webhook (
    webhook_id integer NOT NULL,
    jurisdiction_id text NOT NULL,
    endpoint public.endpoint_type NOT NULL,
    url text NOT NULL,
    format text NOT NULL,
    service_codes text[] DEFAULT '{}'::text[] NOT NULL,
    areas text[] DEFAULT '{}'::text[] NOT NULL,
    service_request bigint,
    peer_key_id integer,
    include_private boolean DEFAULT false NOT NULL,
    secret text,
    target_api_key text,
    target_jurisdiction_id text,
    created_at timestamp(0) with time zone NOT NULL,
    paused_at timestamp(0) with time zone,
    next_attempt_at timestamp with time zone DEFAULT now() NOT NULL,
    lease_id uuid,
    leased_until timestamp with time zone,
    key_id integer,
    CONSTRAINT webhook_areas_check CHECK ((array_position(areas, NULL::text) IS NULL)),
    CONSTRAINT webhook_created_at_check CHECK (isfinite(created_at)),
    CONSTRAINT webhook_fixmystreet_check CHECK (((format <> 'fixmystreet'::text) OR ((target_api_key IS NOT NULL) AND (NOT include_private)))),
    CONSTRAINT webhook_format_check CHECK ((format = ANY (ARRAY['standard'::text, 'fixmystreet'::text]))),
    CONSTRAINT webhook_lease_check CHECK (((lease_id IS NULL) = (leased_until IS NULL))),
    CONSTRAINT webhook_secret_check CHECK ((secret ~ '^whsec_'::text)),
    CONSTRAINT webhook_secret_format_check CHECK (((format = 'standard'::text) = (secret IS NOT NULL))),
    CONSTRAINT webhook_service_codes_check CHECK ((array_position(service_codes, NULL::text) IS NULL)),
    CONSTRAINT webhook_target_api_key_check CHECK ((target_api_key <> ''::text)),
    CONSTRAINT webhook_target_format_check CHECK (((format = 'fixmystreet'::text) OR (num_nonnulls(target_api_key, target_jurisdiction_id) = 0))),
    CONSTRAINT webhook_target_jurisdiction_id_check CHECK ((target_jurisdiction_id <> ''::text)),
    CONSTRAINT webhook_url_check CHECK ((url ~ '^https?://'::text))
);

COMMENT ON TABLE public.webhook IS 'Webhook: a target to which events are delivered (EXT-37).';

COMMENT ON COLUMN public.webhook.webhook_id IS 'Number of the webhook.';

COMMENT ON COLUMN public.webhook.jurisdiction_id IS 'Jurisdiction of the events.';

COMMENT ON COLUMN public.webhook.endpoint IS 'Endpoint of the events.';

COMMENT ON COLUMN public.webhook.url IS 'URL of the target.';

COMMENT ON COLUMN public.webhook.format IS 'standard: Standard Webhooks; fixmystreet: a service request update to another Open311 server.';

COMMENT ON COLUMN public.webhook.service_codes IS 'Filter by service. Empty: all.';

COMMENT ON COLUMN public.webhook.areas IS 'Filter by area, as TYPE:ID. Empty: everywhere.';

COMMENT ON COLUMN public.webhook.service_request IS 'Filter by service request. null: all.';

COMMENT ON COLUMN public.webhook.peer_key_id IS 'API key that the target uses here: it gets events of its own submissions, except those it caused. null: no filter.';

COMMENT ON COLUMN public.webhook.include_private IS 'true: also events and service requests that are not public.';

COMMENT ON COLUMN public.webhook.secret IS 'Signing secret, stored in plain text: anyone who reads this column can sign. null: format fixmystreet.';

COMMENT ON COLUMN public.webhook.target_api_key IS 'The api_key argument that the target needs, stored in plain text.';

COMMENT ON COLUMN public.webhook.target_jurisdiction_id IS 'The jurisdiction_id argument that the target needs.';

COMMENT ON COLUMN public.webhook.created_at IS 'Creation time.';

COMMENT ON COLUMN public.webhook.paused_at IS 'Time from which nothing is sent; deliveries stay pending. null: active.';

COMMENT ON COLUMN public.webhook.next_attempt_at IS 'Nothing is sent before this time: backoff after a failure.';

COMMENT ON COLUMN public.webhook.lease_id IS 'Worker that sends now. null: none.';

COMMENT ON COLUMN public.webhook.leased_until IS 'End of the lease; after it another worker can take over.';

COMMENT ON COLUMN public.webhook.key_id IS 'API key that created the webhook. null: a command.';

ALTER TABLE public.webhook ALTER COLUMN webhook_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.webhook_webhook_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT api_key_key_hash_key UNIQUE (key_hash);

ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT api_key_pkey PRIMARY KEY (key_id);

ALTER TABLE ONLY public.area_assignment
    ADD CONSTRAINT area_assignment_pkey PRIMARY KEY (jurisdiction_id);

ALTER TABLE ONLY public.area
    ADD CONSTRAINT area_id_key UNIQUE (id);

ALTER TABLE ONLY public.area
    ADD CONSTRAINT area_pkey PRIMARY KEY (jurisdiction_id, area_type, area_id);

ALTER TABLE ONLY public.attribute
    ADD CONSTRAINT attribute_jurisdiction_id_service_code_order_key UNIQUE (jurisdiction_id, service_code, "order");

ALTER TABLE ONLY public.attribute
    ADD CONSTRAINT attribute_pkey PRIMARY KEY (jurisdiction_id, service_code, code);

ALTER TABLE ONLY public.attribute_value
    ADD CONSTRAINT attribute_value_pkey PRIMARY KEY (jurisdiction_id, service_code, code, key);

ALTER TABLE ONLY public.delivery_attempt
    ADD CONSTRAINT delivery_attempt_pkey PRIMARY KEY (webhook_id, "position", attempt_id);

ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT delivery_pkey PRIMARY KEY (webhook_id, "position");

ALTER TABLE ONLY public.detailed_status
    ADD CONSTRAINT detailed_status_pkey PRIMARY KEY (jurisdiction_id, code);

ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (event_id);

ALTER TABLE ONLY public.event_sequence
    ADD CONSTRAINT event_sequence_pkey PRIMARY KEY (jurisdiction_id, endpoint);

ALTER TABLE ONLY public.jurisdiction
    ADD CONSTRAINT jurisdiction_pkey PRIMARY KEY (jurisdiction_id);

ALTER TABLE ONLY public.media
    ADD CONSTRAINT media_pkey PRIMARY KEY (media_id);

ALTER TABLE ONLY public.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.received_update
    ADD CONSTRAINT received_update_pkey PRIMARY KEY (key_id, jurisdiction_id, endpoint, update_id);

ALTER TABLE ONLY public.reporter
    ADD CONSTRAINT reporter_pkey PRIMARY KEY (service_request);

ALTER TABLE ONLY public.route
    ADD CONSTRAINT route_pkey PRIMARY KEY (jurisdiction_id, service_code, "position");

ALTER TABLE ONLY public.service
    ADD CONSTRAINT service_pkey PRIMARY KEY (jurisdiction_id, service_code);

ALTER TABLE ONLY public.service_request
    ADD CONSTRAINT service_request_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.submission
    ADD CONSTRAINT submission_pkey PRIMARY KEY (key_id, jurisdiction_id, endpoint, handle_type, handle);

ALTER TABLE ONLY public.token
    ADD CONSTRAINT token_pkey PRIMARY KEY (token);

ALTER TABLE ONLY public.token
    ADD CONSTRAINT token_service_request_key UNIQUE (service_request);

ALTER TABLE ONLY public.update_author
    ADD CONSTRAINT update_author_pkey PRIMARY KEY (event_id);

ALTER TABLE ONLY public.webhook
    ADD CONSTRAINT webhook_pkey PRIMARY KEY (webhook_id);

CREATE INDEX area_by_geom ON public.area USING gist (geom);

CREATE INDEX delivery_by_end ON public.delivery USING btree (ended_at) WHERE (ended_at IS NOT NULL);

CREATE INDEX delivery_dead ON public.delivery USING btree (webhook_id, "position") WHERE (state = 'dead'::text);

CREATE INDEX delivery_of_event ON public.delivery USING btree (event_id, webhook_id);

CREATE INDEX delivery_pending ON public.delivery USING btree (webhook_id, "position") WHERE (state = 'pending'::text);

CREATE UNIQUE INDEX event_by_position ON public.event USING btree (jurisdiction_id, endpoint, "position") WHERE ("position" IS NOT NULL);

CREATE INDEX event_by_publication ON public.event USING btree (jurisdiction_id, endpoint, published_at, seq) WHERE ((seq IS NOT NULL) AND (kind <> 'created'::public.event_kind));

CREATE UNIQUE INDEX event_by_seq ON public.event USING btree (jurisdiction_id, endpoint, seq) WHERE (seq IS NOT NULL);

CREATE INDEX event_of_service_request ON public.event USING btree (service_request, event_id);

CREATE INDEX event_unsequenced ON public.event USING btree (event_id) WHERE ("position" IS NULL);

CREATE INDEX media_of_service_request ON public.media USING btree (service_request) WHERE (service_request IS NOT NULL);

CREATE INDEX media_unattached ON public.media USING btree (created_at) WHERE (service_request IS NULL);

CREATE INDEX received_update_of_event ON public.received_update USING btree (event_id);

CREATE INDEX reporter_by_email ON public.reporter USING btree (lower(email)) WHERE (email IS NOT NULL);

CREATE INDEX service_request_by_duplicate_of ON public.service_request USING btree (duplicate_of) WHERE (duplicate_of IS NOT NULL);

CREATE UNIQUE INDEX service_request_by_id ON public.service_request USING btree (jurisdiction_id, endpoint, service_request_id);

CREATE INDEX service_request_by_search_vector ON public.service_request USING gin (search_vector) WHERE ((visibility = 'public'::public.visibility) AND (service_request_id IS NOT NULL));

CREATE INDEX service_request_by_update ON public.service_request USING btree (jurisdiction_id, endpoint, updated_datetime, id) WHERE ((visibility = 'public'::public.visibility) AND (service_request_id IS NOT NULL));

CREATE INDEX service_request_newest ON public.service_request USING btree (jurisdiction_id, endpoint, requested_datetime DESC, id DESC) WHERE ((visibility = 'public'::public.visibility) AND (service_request_id IS NOT NULL));

CREATE INDEX service_request_newest_near ON public.service_request USING gist (geom, requested_datetime) WHERE ((visibility = 'public'::public.visibility) AND (service_request_id IS NOT NULL));

CREATE INDEX service_request_newest_not_public ON public.service_request USING btree (jurisdiction_id, endpoint, requested_datetime DESC, id DESC) WHERE ((visibility <> 'public'::public.visibility) OR (service_request_id IS NULL));

CREATE INDEX service_request_newest_of_agency ON public.service_request USING btree (jurisdiction_id, endpoint, agency_responsible, requested_datetime DESC, id DESC) WHERE ((visibility = 'public'::public.visibility) AND (service_request_id IS NOT NULL));

CREATE INDEX service_request_newest_of_channel ON public.service_request USING btree (jurisdiction_id, endpoint, channel, requested_datetime DESC, id DESC) WHERE ((visibility = 'public'::public.visibility) AND (service_request_id IS NOT NULL));

CREATE INDEX service_request_newest_of_detailed_status ON public.service_request USING btree (jurisdiction_id, endpoint, detailed_status, requested_datetime DESC, id DESC) WHERE ((visibility = 'public'::public.visibility) AND (service_request_id IS NOT NULL) AND (detailed_status IS NOT NULL));

CREATE INDEX service_request_newest_of_service ON public.service_request USING btree (jurisdiction_id, endpoint, service_code, requested_datetime DESC, id DESC) WHERE ((visibility = 'public'::public.visibility) AND (service_request_id IS NOT NULL));

CREATE INDEX submission_of_service_request ON public.submission USING btree (service_request);

CREATE INDEX token_pending ON public.token USING btree (service_request) WHERE (resolved_at IS NULL);

CREATE INDEX webhook_of_key ON public.webhook USING btree (key_id) WHERE (key_id IS NOT NULL);

CREATE INDEX webhook_of_peer ON public.webhook USING btree (peer_key_id) WHERE (peer_key_id IS NOT NULL);

CREATE INDEX webhook_of_service_request ON public.webhook USING btree (service_request) WHERE (service_request IS NOT NULL);

CREATE TRIGGER notify_catalog_changed AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.api_key FOR EACH STATEMENT EXECUTE FUNCTION public.notify_catalog_changed();

CREATE TRIGGER notify_catalog_changed AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.area FOR EACH STATEMENT EXECUTE FUNCTION public.notify_catalog_changed();

CREATE TRIGGER notify_catalog_changed AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.attribute FOR EACH STATEMENT EXECUTE FUNCTION public.notify_catalog_changed();

CREATE TRIGGER notify_catalog_changed AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.attribute_value FOR EACH STATEMENT EXECUTE FUNCTION public.notify_catalog_changed();

CREATE TRIGGER notify_catalog_changed AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.detailed_status FOR EACH STATEMENT EXECUTE FUNCTION public.notify_catalog_changed();

CREATE TRIGGER notify_catalog_changed AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.jurisdiction FOR EACH STATEMENT EXECUTE FUNCTION public.notify_catalog_changed();

CREATE TRIGGER notify_catalog_changed AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.route FOR EACH STATEMENT EXECUTE FUNCTION public.notify_catalog_changed();

CREATE TRIGGER notify_catalog_changed AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.service FOR EACH STATEMENT EXECUTE FUNCTION public.notify_catalog_changed();

CREATE TRIGGER queue_area_assignment AFTER INSERT OR DELETE ON public.area FOR EACH ROW EXECUTE FUNCTION public.queue_area_assignment();

CREATE TRIGGER queue_area_assignment_if_moved AFTER UPDATE OF geom ON public.area FOR EACH ROW WHEN ((old.geom IS DISTINCT FROM new.geom)) EXECUTE FUNCTION public.queue_area_assignment();

CREATE TRIGGER record_changed AFTER UPDATE ON public.service_request REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION public.record_changed();

CREATE TRIGGER record_created AFTER INSERT ON public.service_request REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION public.record_created();

CREATE TRIGGER record_duplicates AFTER UPDATE ON public.service_request REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION public.record_duplicates();

CREATE TRIGGER set_derived_columns BEFORE INSERT OR UPDATE OF geom, description, address, address_id, zipcode, exact_location, service_code ON public.service_request FOR EACH ROW EXECUTE FUNCTION public.derive_service_request();

CREATE TRIGGER set_version BEFORE UPDATE ON public.service_request FOR EACH ROW EXECUTE FUNCTION public.bump_version();

ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT api_key_jurisdiction_id_fkey FOREIGN KEY (jurisdiction_id) REFERENCES public.jurisdiction(jurisdiction_id);

ALTER TABLE ONLY public.area_assignment
    ADD CONSTRAINT area_assignment_jurisdiction_id_fkey FOREIGN KEY (jurisdiction_id) REFERENCES public.jurisdiction(jurisdiction_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.area
    ADD CONSTRAINT area_jurisdiction_id_fkey FOREIGN KEY (jurisdiction_id) REFERENCES public.jurisdiction(jurisdiction_id);

ALTER TABLE ONLY public.attribute
    ADD CONSTRAINT attribute_jurisdiction_id_service_code_fkey FOREIGN KEY (jurisdiction_id, service_code) REFERENCES public.service(jurisdiction_id, service_code) ON DELETE CASCADE;

ALTER TABLE ONLY public.attribute_value
    ADD CONSTRAINT attribute_value_jurisdiction_id_service_code_code_fkey FOREIGN KEY (jurisdiction_id, service_code, code) REFERENCES public.attribute(jurisdiction_id, service_code, code) ON DELETE CASCADE;

ALTER TABLE ONLY public.delivery_attempt
    ADD CONSTRAINT delivery_attempt_webhook_id_position_fkey FOREIGN KEY (webhook_id, "position") REFERENCES public.delivery(webhook_id, "position") ON DELETE CASCADE;

ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT delivery_event_id_fkey FOREIGN KEY (event_id) REFERENCES public.event(event_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT delivery_webhook_id_fkey FOREIGN KEY (webhook_id) REFERENCES public.webhook(webhook_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.detailed_status
    ADD CONSTRAINT detailed_status_jurisdiction_id_fkey FOREIGN KEY (jurisdiction_id) REFERENCES public.jurisdiction(jurisdiction_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_service_request_fkey FOREIGN KEY (service_request) REFERENCES public.service_request(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.media
    ADD CONSTRAINT media_service_request_fkey FOREIGN KEY (service_request) REFERENCES public.service_request(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.received_update
    ADD CONSTRAINT received_update_event_id_fkey FOREIGN KEY (event_id) REFERENCES public.event(event_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.received_update
    ADD CONSTRAINT received_update_jurisdiction_id_fkey FOREIGN KEY (jurisdiction_id) REFERENCES public.jurisdiction(jurisdiction_id);

ALTER TABLE ONLY public.received_update
    ADD CONSTRAINT received_update_key_id_fkey FOREIGN KEY (key_id) REFERENCES public.api_key(key_id);

ALTER TABLE ONLY public.reporter
    ADD CONSTRAINT reporter_service_request_fkey FOREIGN KEY (service_request) REFERENCES public.service_request(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.route
    ADD CONSTRAINT route_jurisdiction_id_area_type_area_id_fkey FOREIGN KEY (jurisdiction_id, area_type, area_id) REFERENCES public.area(jurisdiction_id, area_type, area_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.route
    ADD CONSTRAINT route_jurisdiction_id_service_code_fkey FOREIGN KEY (jurisdiction_id, service_code) REFERENCES public.service(jurisdiction_id, service_code) ON DELETE CASCADE;

ALTER TABLE ONLY public.service
    ADD CONSTRAINT service_jurisdiction_id_fkey FOREIGN KEY (jurisdiction_id) REFERENCES public.jurisdiction(jurisdiction_id);

ALTER TABLE ONLY public.service_request
    ADD CONSTRAINT service_request_duplicate_of_fkey FOREIGN KEY (duplicate_of) REFERENCES public.service_request(id);

ALTER TABLE ONLY public.service_request
    ADD CONSTRAINT service_request_jurisdiction_id_service_code_fkey FOREIGN KEY (jurisdiction_id, service_code) REFERENCES public.service(jurisdiction_id, service_code);

ALTER TABLE ONLY public.submission
    ADD CONSTRAINT submission_jurisdiction_id_fkey FOREIGN KEY (jurisdiction_id) REFERENCES public.jurisdiction(jurisdiction_id);

ALTER TABLE ONLY public.submission
    ADD CONSTRAINT submission_key_id_fkey FOREIGN KEY (key_id) REFERENCES public.api_key(key_id);

ALTER TABLE ONLY public.submission
    ADD CONSTRAINT submission_service_request_fkey FOREIGN KEY (service_request) REFERENCES public.service_request(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.token
    ADD CONSTRAINT token_service_request_fkey FOREIGN KEY (service_request) REFERENCES public.service_request(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.update_author
    ADD CONSTRAINT update_author_event_id_fkey FOREIGN KEY (event_id) REFERENCES public.event(event_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.webhook
    ADD CONSTRAINT webhook_jurisdiction_id_fkey FOREIGN KEY (jurisdiction_id) REFERENCES public.jurisdiction(jurisdiction_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.webhook
    ADD CONSTRAINT webhook_key_id_fkey FOREIGN KEY (key_id) REFERENCES public.api_key(key_id);

ALTER TABLE ONLY public.webhook
    ADD CONSTRAINT webhook_peer_key_id_fkey FOREIGN KEY (peer_key_id) REFERENCES public.api_key(key_id);

ALTER TABLE ONLY public.webhook
    ADD CONSTRAINT webhook_service_request_fkey FOREIGN KEY (service_request) REFERENCES public.service_request(id) ON DELETE CASCADE;

