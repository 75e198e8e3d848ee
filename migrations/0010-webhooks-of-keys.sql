-- A key may make so many webhooks and no more: each makes every event dearer.

alter table webhook add column key_id integer references api_key;
comment on column webhook.key_id is 'who made it; null: a command, or nobody knows any more';
create index webhook_of_key on webhook (key_id) where key_id is not null;
