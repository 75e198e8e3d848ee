-- Where and when: the indexes of geographic lists, of lists by change, and of crawls.

-- Times beside shapes in one GiST index.
create extension if not exists btree_gist;

-- Newest within a place: the box narrows, and time orders (requested_datetime <-> the far future), so that a dense
-- place stops early and a sparse one never looks far.
create index service_request_newest_near on service_request using gist (geom, requested_datetime)
  where visibility = 'public' and service_request_id is not null;

create index area_place on area using gist (geom);

-- What changed since: for who keeps a copy.
create index service_request_changed on service_request (jurisdiction_id, endpoint, updated_datetime, id)
  where visibility = 'public' and service_request_id is not null;
