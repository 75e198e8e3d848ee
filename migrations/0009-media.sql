-- Pictures that came with service requests. Each has a row before its files are written and until they are removed, so
-- that no file is ever without one, whenever a process dies.

create table media (
  media_id        text primary key check (media_id ~ '^[0-9a-f]{32}$'),
  service_request bigint references service_request on delete set null,
  content_type    text not null check (content_type in ('image/jpeg', 'image/png', 'image/webp', 'image/gif')),
  width           integer not null check (width > 0),
  height          integer not null check (height > 0),
  bytes           integer not null check (bytes > 0),
  thumbnail_bytes integer not null check (thumbnail_bytes > 0),
  created         timestamptz(0) not null,
  forgotten       timestamptz(0),
  check (service_request is null or forgotten is null)
);
comment on table media is 'pictures, kept as JPEG files ID.jpg and ID-thumbnail.jpg in the folder or bucket of pictures';
comment on column media.media_id is 'unguessable: whoever knows it sees the picture while its service request is public';
comment on column media.service_request is 'null: not yet, or no more';
comment on column media.content_type is 'as it was sent; kept are JPEGs';
comment on column media.bytes is 'as it is kept; so are width and height';
comment on column media.forgotten is 'its files are to be removed, and then this row; no service request gets it any more';

create index media_of_service_request on media (service_request) where service_request is not null;
create index media_without_service_request on media (created) where service_request is null;
