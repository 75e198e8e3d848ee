-- Webhooks (EXT-37): what happens to service requests is sent to those who subscribed. The transaction that numbers
-- events also writes one delivery for each webhook that wants to hear of one, so that nothing can be passed over; the
-- order of the deliveries of a webhook is that of the positions of the events.

create table webhook (
  webhook_id             integer generated always as identity primary key,
  jurisdiction_id        text not null references jurisdiction on delete cascade,
  endpoint               endpoint_type not null,
  url                    text not null check (url ~ '^https?://'),
  form                   text not null check (form in ('standard', 'fixmystreet')),
  service_codes          text[] not null default '{}' check (array_position(service_codes, null) is null),
  areas                  text[] not null default '{}' check (array_position(areas, null) is null),
  service_request        bigint references service_request on delete cascade,
  peer_key_id            integer references api_key,
  sees_private           boolean not null default false,
  secret                 text check (secret ~ '^whsec_'),
  target_key             text check (target_key <> ''),
  target_jurisdiction_id text check (target_jurisdiction_id <> ''),
  created                timestamptz(0) not null check (isfinite(created)),
  paused                 timestamptz(0),
  due                    timestamptz not null default now(),
  claim                  uuid,
  claimed_until          timestamptz,
  check ((form = 'standard') = (secret is not null)),
  check (form = 'fixmystreet' or num_nonnulls(target_key, target_jurisdiction_id) = 0),
  check (form <> 'fixmystreet' or (target_key is not null and not sees_private)),
  check ((claim is null) = (claimed_until is null))
);
comment on table webhook is 'who is told what happens to service requests, and how';
comment on column webhook.form is 'standard: Standard Webhooks; fixmystreet: posted as a service request update to another server';
comment on column webhook.service_codes is 'only of these services; none: of all';
comment on column webhook.areas is 'only in these areas, as TYPE:ID; none: everywhere';
comment on column webhook.service_request is 'only of this one';
comment on column webhook.peer_key_id is
  'the key with which the target itself calls here: it is told of what it filed, and not of what it did';
comment on column webhook.sees_private is 'it is told of what is not public, too';
comment on column webhook.secret is 'signs what is sent, and so is kept as it is: whoever reads this column can sign as well';
comment on column webhook.target_key is 'the api_key that the target wants, kept as it is';
comment on column webhook.target_jurisdiction_id is 'what the target calls us';
comment on column webhook.paused is 'since then nothing is sent; deliveries wait';
comment on column webhook.due is 'nothing is sent before; after a failure it lies ahead';
comment on column webhook.claim is 'the worker that sends just now; nobody else does until claimed_until';
create index webhook_of_service_request on webhook (service_request) where service_request is not null;
create index webhook_of_peer on webhook (peer_key_id) where peer_key_id is not null;

create table delivery (
  webhook_id integer not null references webhook on delete cascade,
  position   bigint not null check (position > 0),
  event_id   bigint not null references event on delete cascade,
  state      text not null default 'waiting' check (state in ('waiting', 'delivered', 'dead', 'void')),
  attempts   integer not null default 0 check (attempts >= 0),
  ended      timestamptz(0),
  primary key (webhook_id, position),
  check ((state = 'waiting') = (ended is null))
);
comment on table delivery is 'what a webhook is told of, in the order of position; the oldest that waits is sent, the others wait for it';
comment on column delivery.position is 'of the event';
comment on column delivery.state is
  'delivered: the target said so; dead: given up after many attempts; void: nothing was left that it may know';
comment on column delivery.attempts is 'since it began to wait';
comment on column delivery.ended is 'when it was delivered or given up';
create index delivery_waiting on delivery (webhook_id, position) where state = 'waiting';
create index delivery_dead on delivery (webhook_id, position) where state = 'dead';
create index delivery_of_event on delivery (event_id, webhook_id);
create index delivery_ended on delivery (ended) where ended is not null;

create table delivery_attempt (
  webhook_id   integer not null,
  position     bigint not null,
  attempt_id   bigint generated always as identity,
  datetime     timestamptz(0) not null,
  status       integer,
  fault        text,
  milliseconds integer not null check (milliseconds >= 0),
  primary key (webhook_id, position, attempt_id),
  foreign key (webhook_id, position) references delivery on delete cascade
);
comment on table delivery_attempt is 'every time that something was sent, and what came of it';
comment on column delivery_attempt.status is 'of HTTP; null: there was no answer';
comment on column delivery_attempt.fault is 'why it does not count as delivered, in short';
