-- Service requests: what was reported, by whom (kept apart), and which submissions were seen before.

create table service_request (
  id                 bigint generated always as identity primary key,
  jurisdiction_id    text not null,
  endpoint           endpoint_type not null,
  -- A-24: null while a batch service request waits for its id, and for ever in blackbox services.
  service_request_id text check (service_request_id <> '' and service_request_id <> '0'),
  service_code       text not null,
  status             text not null default 'open' check (status in ('open', 'closed')),
  status_notes       text,
  description        text,
  agency_responsible text,
  service_notice     text,
  -- GR-DT-02: the standard's clock ticks in whole seconds, so does ours; bounds are inclusive without tricks.
  requested_datetime timestamptz(0) not null check (isfinite(requested_datetime)),
  updated_datetime   timestamptz(0) not null check (isfinite(updated_datetime)),
  expected_datetime  timestamptz(0) check (isfinite(expected_datetime)),
  closed_datetime    timestamptz(0) check (isfinite(closed_datetime)),
  address            text,
  address_id         text,
  zipcode            text,
  geom               geometry(Point, 4326)
    check (st_x(geom) between -180 and 180 and st_y(geom) between -90 and 90),
  media_urls         text[] not null default '{}',
  visibility         visibility not null default 'public',
  origin             text not null default 'submission' check (origin in ('submission', 'import')),
  channel            text,
  answers            jsonb not null default '{}',
  foreign key (jurisdiction_id, service_code) references service,
  check (updated_datetime >= requested_datetime)                                 -- A-18
);
comment on table service_request is 'one report: a service that somebody asked for at a place and time';
comment on column service_request.updated_datetime is
  'the last change that the public can see, closing included; internal edits do not move it (A-44)';
comment on column service_request.endpoint is 'production, or the test endpoint on which nobody acts';
comment on column service_request.visibility is 'public: everywhere; moderated: by id only, until approved; private: nowhere';
comment on column service_request.media_urls is 'the first one is the media_url of the standard (A-33)';
comment on column service_request.origin is 'submission: filed here; import: kept for another system, whose imports may change it';
comment on column service_request.answers is 'attribute code -> array of values as the reporter gave them, times in UTC';
comment on column service_request.closed_datetime is 'when it was closed, as far as known';

create unique index service_request_by_id on service_request (jurisdiction_id, endpoint, service_request_id);

-- GR-LIST-08: newest first, ties by arrival; only what a public list may show.
create index service_request_newest on service_request (jurisdiction_id, endpoint, requested_datetime desc, id desc)
  where visibility = 'public' and service_request_id is not null;
create index service_request_newest_of_service
  on service_request (jurisdiction_id, endpoint, service_code, requested_datetime desc, id desc)
  where visibility = 'public' and service_request_id is not null;

-- Personal data is in a table of its own: no public read ever names it (GR-POST-10).
create table reporter (
  service_request bigint primary key references service_request on delete cascade,
  email           text,
  first_name      text,
  last_name       text,
  phone           text,
  device_id       text,
  account_id      text,
  check (num_nonnulls(email, first_name, last_name, phone, device_id, account_id) > 0)
);

create table token (
  token           text primary key check (length(token) >= 20),                  -- A-23: unguessable
  service_request bigint not null unique references service_request on delete cascade,
  resolved        timestamptz(0)
);
comment on table token is 'temporary handle of a batch service request until its service_request_id is known';
comment on column token.resolved is 'when the id was assigned; the token stays exchangeable for some days after (GR-TOK-05)';

-- A-47: a submission that is sent again gets its first answer again.
create table submission (
  key_id          integer not null references api_key,
  jurisdiction_id text not null references jurisdiction,
  endpoint        endpoint_type not null,
  handle_type     text not null check (handle_type in ('Idempotency-Key', 'external_id', 'fixmystreet_id')),
  handle          text not null check (handle <> ''),
  fingerprint     bytea not null,
  service_request bigint not null references service_request on delete cascade,
  primary key (key_id, jurisdiction_id, endpoint, handle_type, handle)
);
comment on column submission.handle is 'what the client named its submission by';
comment on column submission.fingerprint is 'sha-256 of the arguments, to tell a repetition from a mistake';
create index submission_of_service_request on submission (service_request);

-- New ids. Each jurisdiction and endpoint has a sequence of its own, made when the jurisdiction is loaded, so that
-- submissions never wait for each other. Ids that were imported are stepped over.
create function service_request_id_sequence(jurisdiction_id text, endpoint endpoint_type) returns text
language sql immutable strict
return 'number_of_' || substr(md5(jurisdiction_id), 1, 16) || '_' || endpoint;

create function new_service_request_id(of_jurisdiction text, of_endpoint endpoint_type, at timestamptz) returns text
language plpgsql as $$
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
comment on function new_service_request_id is 'the next free tracking id, in the form the jurisdiction chose';
