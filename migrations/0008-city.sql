-- What the city API asks for.

-- What is not public: the queue of who approves, batch service requests that wait for their id, blackbox ones.
create index service_request_withheld
  on service_request (jurisdiction_id, endpoint, requested_datetime desc, id desc)
  where visibility <> 'public' or service_request_id is null;

-- Whoever wants to be forgotten says an address.
create index reporter_by_email on reporter (lower(email)) where email is not null;

create index token_waiting on token (service_request) where resolved is null;
