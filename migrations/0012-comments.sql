-- Comments of all tables and columns, for people who read the database with a client or in a dump.
-- Replaces every earlier comment.

-- Catalog --------------------------------------------------------------------------------------------------------

comment on table jurisdiction is 'A government that is served.';
comment on column jurisdiction.jurisdiction_id is 'The jurisdiction_id argument of GeoReport, usually a domain name.';
comment on column jurisdiction.name is 'Display name.';
comment on column jurisdiction.time_zone is 'IANA time zone, such as America/Chicago.';
comment on column jurisdiction.language is 'BCP 47 tag of the language of its own texts (A-59).';
comment on column jurisdiction.contact is 'Contact information in the discovery document.';
comment on column jurisdiction.key_service is 'How to get an API key, in the discovery document.';
comment on column jurisdiction.service_request_id_form is
  'Template of new service_request_ids: text with {number}, {number:WIDTH}, {random:LENGTH}, {year}.';
comment on column jurisdiction.boundary is 'Area that is served, in WGS 84. null: no boundary.';
comment on column jurisdiction.refuse_outside is 'true: a service request outside the boundary is refused (A-25).';
comment on column jurisdiction.changeset is
  'Time of the last change of the jurisdiction, its services or its definitions (DISC-07).';
comment on column jurisdiction.working_days is 'ISO weekdays for service levels: 1 is Monday, 7 is Sunday.';
comment on column jurisdiction.days_off is 'Public holidays: no working days.';

comment on table service is 'A service that a resident can request.';
comment on column service.jurisdiction_id is 'Jurisdiction that offers the service.';
comment on column service.service_code is 'Unique in the jurisdiction.';
comment on column service.service_name is 'Display name.';
comment on column service.description is 'Description for residents. Empty: none.';
comment on column service.type is 'realtime, batch or blackbox (GR-SVC-05).';
comment on column service.keywords is 'Keywords of the service list.';
comment on column service."group" is 'Main group of the service. Empty: none.';
comment on column service.position is 'Order in the service list.';
comment on column service.agency_responsible is 'Default agency; table route overrides it by area.';
comment on column service.service_notice is 'Text in the response to a submission.';
comment on column service.location_required is 'true: a submission needs a location (A-26).';
comment on column service.visibility is 'Least visibility of its new service requests: public, moderated or private.';
comment on column service.translations is 'Texts by language tag (A-59).';
comment on column service.origin is 'catalog: loaded from city files; import: created by an import of service requests.';
comment on column service.retired is 'true: no longer offered. Existing service requests keep it.';
comment on column service.areas is 'Areas in which it is offered, as TYPE:ID. Empty: everywhere.';
comment on column service.groups is 'All groups, if there are several; the first one is "group". Empty: at most one.';
comment on column service.target_hours is 'Service level: hours until the expected_datetime.';
comment on column service.target_days is 'Service level: working days until the expected_datetime.';
comment on column service.blur_metres is 'Width of the grid cells to which public locations are blurred. null: exact.';

comment on table attribute is 'Attribute of a service definition: an extra question (GR-DEF).';
comment on column attribute.jurisdiction_id is 'Jurisdiction of the service.';
comment on column attribute.service_code is 'Service of the definition.';
comment on column attribute.code is 'Unique in the service definition (GR-DEF-12).';
comment on column attribute."order" is 'Order in the service definition, from 1 (GR-DEF-07).';
comment on column attribute.variable is 'true: the client sends a value; false: a text to display (GR-DEF-04).';
comment on column attribute.datatype is 'Datatype of the value (GR-DEF-05).';
comment on column attribute.required is 'true: a submission needs a value.';
comment on column attribute.description is 'Question or text to display.';
comment on column attribute.datatype_description is 'Hint about the value.';
comment on column attribute.automated is
  'server_set: filled by the server; hidden_field: filled by client software; null: filled by the reporter (A-27).';
comment on column attribute.public is 'true: values are published.';

comment on table attribute_value is 'Option of an attribute with a list datatype (GR-DEF-08).';
comment on column attribute_value.jurisdiction_id is 'Jurisdiction of the service.';
comment on column attribute_value.service_code is 'Service of the definition.';
comment on column attribute_value.code is 'Code of the attribute.';
comment on column attribute_value.key is 'Value in a submission.';
comment on column attribute_value.name is 'Display name.';
comment on column attribute_value.position is 'Order of the options.';

comment on table area is 'Named polygon of a jurisdiction: a ward, a district, a neighbourhood.';
comment on column area.jurisdiction_id is 'Jurisdiction of the area.';
comment on column area.area_type is 'Kind of area, such as ward.';
comment on column area.area_id is 'Unique in the jurisdiction and area_type.';
comment on column area.name is 'Display name.';
comment on column area.geom is 'Polygon in WGS 84.';
comment on column area.id is 'Internal number, used in service_request.area_ids.';

comment on table route is 'Agency of a service in an area. The first matching row by position counts.';
comment on column route.jurisdiction_id is 'Jurisdiction of the service and the area.';
comment on column route.service_code is 'Service.';
comment on column route.position is 'Priority: the lowest matching position counts.';
comment on column route.area_type is 'Type of the area.';
comment on column route.area_id is 'Id of the area.';
comment on column route.agency_responsible is 'Agency of the service in the area.';

comment on table detailed_status is 'Detailed status of a jurisdiction; each stands for open or closed (EXT-30).';
comment on column detailed_status.jurisdiction_id is 'Jurisdiction that uses it.';
comment on column detailed_status.code is 'Unique in the jurisdiction.';
comment on column detailed_status.name is 'Display name.';
comment on column detailed_status.status is 'Status of the standard: open or closed.';
comment on column detailed_status.position is 'Display order.';

comment on table area_assignment is
  'Queue: a jurisdiction whose areas changed, and the progress of the new lookup of service_request.area_ids.';
comment on column area_assignment.jurisdiction_id is 'Jurisdiction of the changed areas.';
comment on column area_assignment.extent is 'Bounding box of all changed areas: only service requests in it are updated.';
comment on column area_assignment.generation is 'Incremented when areas change again before the work is done.';
comment on column area_assignment.done_id is 'Service requests up to this id are updated.';
comment on column area_assignment.last_id is 'Last id to update. null: not started.';

comment on table api_key is 'API keys.';
comment on column api_key.key_id is 'Number of the key.';
comment on column api_key.name is 'Name of the client.';
comment on column api_key.key_hash is 'SHA-256 of the key. The key itself is never stored.';
comment on column api_key.jurisdiction_id is 'Jurisdiction in which the key is valid. null: all.';
comment on column api_key.scopes is 'Scopes: report, update, read_private, manage.';
comment on column api_key.created_at is 'Creation time.';
comment on column api_key.revoked_at is 'Time of revocation. null: valid.';

-- Service requests -----------------------------------------------------------------------------------------------

comment on table service_request is 'A service request: one report.';
comment on column service_request.id is 'Internal number; never published.';
comment on column service_request.jurisdiction_id is 'Jurisdiction.';
comment on column service_request.endpoint is 'production or test (DISC-10). Nobody acts on the test endpoint.';
comment on column service_request.service_request_id is
  'Public id. null: a batch service request that has none yet, or a blackbox service request (A-24).';
comment on column service_request.service_code is 'Service.';
comment on column service_request.status is 'open or closed.';
comment on column service_request.status_notes is 'Latest public explanation of the status.';
comment on column service_request.description is 'Description by the reporter.';
comment on column service_request.agency_responsible is 'Agency that is responsible now.';
comment on column service_request.service_notice is 'Copy of service.service_notice at submission.';
comment on column service_request.requested_datetime is 'Time of submission, in whole seconds (GR-DT-02).';
comment on column service_request.updated_datetime is
  'Time of the last change that the public can see; other changes do not move it (A-44).';
comment on column service_request.expected_datetime is 'Time by which the service is expected to be done.';
comment on column service_request.closed_datetime is 'Time of closing. null: open, or unknown.';
comment on column service_request.address is 'Address or description of the location. null if blurred.';
comment on column service_request.address_id is 'Id of the address in the master address repository. null if blurred.';
comment on column service_request.zipcode is 'Postal code. null if blurred.';
comment on column service_request.geom is 'Published location in WGS 84: exact, or the centre of a grid cell if blurred.';
comment on column service_request.media_urls is 'URLs of pictures. The first one is media_url of the standard (A-33).';
comment on column service_request.visibility is
  'public: published; moderated: only the status by id, until approved; private: not published.';
comment on column service_request.origin is
  'submission: filed here; import: a copy from another system, which later imports can change.';
comment on column service_request.channel is 'How it was reported, such as phone or app. null: unknown.';
comment on column service_request.answers is 'Attribute values: attribute code -> array of values, datetimes in UTC.';
comment on column service_request.area_ids is 'area.id of all areas that contain the location. Derived.';
comment on column service_request.search_vector is
  'Text search vector of the description, the address and the service name, in configuration search. Derived.';
comment on column service_request.detailed_status is 'Code of detailed_status. null: only open or closed.';
comment on column service_request.closing_reason is 'Code of the reason of closing, chosen by the city.';
comment on column service_request.duplicate_of is 'The original, if this service request is a duplicate.';
comment on column service_request.exact_location is
  'Exact location and address of a blurred service request, private: lat, long, address, address_id, zipcode, and metres, the width of the grid. null: not blurred.';
comment on column service_request.version is 'Incremented by every change of the row. The ETag of the city API.';

comment on table reporter is 'Personal data of the reporter. No public query reads it (GR-POST-10).';
comment on column reporter.service_request is 'The service request.';
comment on column reporter.email is 'E-mail address.';
comment on column reporter.first_name is 'First name.';
comment on column reporter.last_name is 'Last name.';
comment on column reporter.phone is 'Phone number.';
comment on column reporter.device_id is 'Id of the device that sent the submission.';
comment on column reporter.account_id is 'Id of the account in the client.';

comment on table token is 'Temporary handle of a batch service request until its service_request_id is assigned.';
comment on column token.token is 'Random and unguessable (A-23).';
comment on column token.service_request is 'The service request.';
comment on column token.resolved_at is
  'Time at which the id was assigned; the token can be exchanged for some days after it (GR-TOK-05). null: pending.';

comment on table submission is
  'Handles by which clients repeat a submission: a repetition gets the first response again (A-47).';
comment on column submission.key_id is 'API key of the client.';
comment on column submission.jurisdiction_id is 'Jurisdiction of the submission.';
comment on column submission.endpoint is 'Endpoint of the submission.';
comment on column submission.handle_type is 'Idempotency-Key, external_id or fixmystreet_id.';
comment on column submission.handle is 'Value of the handle.';
comment on column submission.fingerprint is
  'SHA-256 of the arguments, to detect a handle that is reused for something else. Empty after an erasure.';
comment on column submission.service_request is 'The service request that was created.';

comment on table media is
  'Pictures of service requests. The files ID.jpg and ID-thumbnail.jpg are in a folder or bucket. A row exists before its files are written and until they are removed.';
comment on column media.media_id is 'Random and unguessable: anyone who knows it sees the picture of a public service request.';
comment on column media.service_request is 'The service request. null: not attached yet, or detached.';
comment on column media.content_type is 'Type of the uploaded file. The stored files are JPEG.';
comment on column media.width is 'Width of the stored picture in pixels.';
comment on column media.height is 'Height of the stored picture in pixels.';
comment on column media.bytes is 'Size of the stored picture in bytes.';
comment on column media.thumbnail_bytes is 'Size of the stored thumbnail in bytes.';
comment on column media.created_at is 'Time of the upload.';
comment on column media.detached_at is
  'Time from which the picture belongs to nothing: its files, and then the row, are removed. null: not detached.';

-- Events ---------------------------------------------------------------------------------------------------------

comment on type event_kind is
  'What happened. resolved: a token got its id; noted: an update without another change.';
comment on type change_type is
  'Effect of an event on the public view: create: published; change: changed; tombstone: no longer public.';

comment on table event is
  'Event log: one row for each change of a service request, written by triggers in the same transaction. Rows are sequenced once, and removed only with the service request.';
comment on column event.event_id is 'Internal number, in the order of insertion.';
comment on column event.service_request is 'The service request.';
comment on column event.jurisdiction_id is 'Jurisdiction of the service request.';
comment on column event.endpoint is 'Endpoint of the service request.';
comment on column event.kind is 'What happened.';
comment on column event.change_type is 'Effect on the public view. null: none.';
comment on column event.datetime is 'Time at which it happened.';
comment on column event.key_id is 'API key that caused it. null: a command, an import, or SQL.';
comment on column event.status is 'Status of the service request after the event.';
comment on column event.detailed_status is 'Detailed status after the event.';
comment on column event.description is 'Text of the event: status notes, or the text of an update.';
comment on column event.media_urls is 'URLs of the pictures of the event.';
comment on column event.changes is
  'Changed columns: name -> new value, or true for texts and locations, whose values are not kept. place: geom. said_status: status that an update requested, applied or not.';
comment on column event.update_id is 'Public id of the event; reveals nothing about its order.';
comment on column event.position is
  'Position among all events of the jurisdiction and endpoint, without gaps. Assigned after commit. null: not sequenced yet.';
comment on column event.seq is
  'Position among the events with a change_type, without gaps: the seq of the change feed (EXT-35).';
comment on column event.published_at is 'Time of sequencing: from then on the event can be read. null: not yet.';

comment on table event_sequence is
  'Last position and seq assigned in a jurisdiction and endpoint. Numbers of removed events are not assigned again.';
comment on column event_sequence.jurisdiction_id is 'Jurisdiction.';
comment on column event_sequence.endpoint is 'Endpoint.';
comment on column event_sequence.position is 'Last event.position.';
comment on column event_sequence.seq is 'Last event.seq.';

comment on table update_author is 'Personal data of the author of an update. No public query reads it.';
comment on column update_author.event_id is 'Event of the update.';
comment on column update_author.email is 'E-mail address.';
comment on column update_author.first_name is 'First name.';
comment on column update_author.last_name is 'Last name.';
comment on column update_author.phone is 'Phone number.';
comment on column update_author.account_id is 'Id of the account in the client.';

comment on table received_update is
  'Updates received from other systems, by the id of the sender: a repetition gets the first response again (A-47).';
comment on column received_update.key_id is 'API key of the sender.';
comment on column received_update.jurisdiction_id is 'Jurisdiction of the update.';
comment on column received_update.endpoint is 'Endpoint of the update.';
comment on column received_update.update_id is 'Id of the update at the sender.';
comment on column received_update.event_id is 'Event of the update.';

-- Webhooks -------------------------------------------------------------------------------------------------------

comment on table webhook is 'Webhook: a target to which events are delivered (EXT-37).';
comment on column webhook.webhook_id is 'Number of the webhook.';
comment on column webhook.jurisdiction_id is 'Jurisdiction of the events.';
comment on column webhook.endpoint is 'Endpoint of the events.';
comment on column webhook.url is 'URL of the target.';
comment on column webhook.format is
  'standard: Standard Webhooks; fixmystreet: a service request update to another Open311 server.';
comment on column webhook.service_codes is 'Filter by service. Empty: all.';
comment on column webhook.areas is 'Filter by area, as TYPE:ID. Empty: everywhere.';
comment on column webhook.service_request is 'Filter by service request. null: all.';
comment on column webhook.peer_key_id is
  'API key that the target uses here: it gets events of its own submissions, except those it caused. null: no filter.';
comment on column webhook.include_private is 'true: also events and service requests that are not public.';
comment on column webhook.secret is
  'Signing secret, stored in plain text: anyone who reads this column can sign. null: format fixmystreet.';
comment on column webhook.target_api_key is 'The api_key argument that the target needs, stored in plain text.';
comment on column webhook.target_jurisdiction_id is 'The jurisdiction_id argument that the target needs.';
comment on column webhook.created_at is 'Creation time.';
comment on column webhook.paused_at is 'Time from which nothing is sent; deliveries stay pending. null: active.';
comment on column webhook.next_attempt_at is 'Nothing is sent before this time: backoff after a failure.';
comment on column webhook.lease_id is 'Worker that sends now. null: none.';
comment on column webhook.leased_until is 'End of the lease; after it another worker can take over.';
comment on column webhook.key_id is 'API key that created the webhook. null: a command.';

comment on table delivery is
  'Outbox: an event for a webhook. Deliveries of a webhook are sent in the order of position, one at a time.';
comment on column delivery.webhook_id is 'The webhook.';
comment on column delivery.position is 'event.position of the event.';
comment on column delivery.event_id is 'The event.';
comment on column delivery.state is
  'pending; delivered: accepted by the target; dead: given up after many attempts; skipped: nothing left that the target may see.';
comment on column delivery.attempts is 'Attempts since the delivery was created or replayed.';
comment on column delivery.ended_at is 'Time of the last change of state. null: pending.';

comment on table delivery_attempt is 'Attempts at a delivery.';
comment on column delivery_attempt.webhook_id is 'The webhook.';
comment on column delivery_attempt.position is 'Position of the delivery.';
comment on column delivery_attempt.attempt_id is 'Order of the attempts.';
comment on column delivery_attempt.datetime is 'Time of the attempt.';
comment on column delivery_attempt.status is 'HTTP status of the response. null: no response.';
comment on column delivery_attempt.error is 'Reason of the failure, one of our own phrases or codes, never text of the target. null: none.';
comment on column delivery_attempt.duration_ms is 'Milliseconds until the response or the failure.';

-- Migrations -----------------------------------------------------------------------------------------------------

comment on table migration is 'Migrations that were applied.';
comment on column migration.number is 'Number of the migration.';
comment on column migration.name is 'File name.';
comment on column migration.sha256 is 'SHA-256 of the file; an applied file must not change.';
comment on column migration.applied_at is 'Time of the migration.';

-- Functions ------------------------------------------------------------------------------------------------------

comment on function service_request_id_sequence is 'Name of the sequence of new ids of a jurisdiction and endpoint.';
comment on function new_service_request_id is 'Next free service_request_id, by the template of the jurisdiction.';
comment on function areas_at is 'area.id of all areas of a jurisdiction that contain a point.';
comment on function route_agency is 'Agency of a service in these areas: the first matching route, or the default.';
comment on function to_search_vector is
  'Text search vector; punctuation separates words, so that K-204 does not become a negative number.';
comment on function blur_point is 'Centre of the grid cell, so many metres wide, that contains a point.';
comment on function blur_location is 'Moves location and address of a row to exact_location and blurs geom.';
comment on function derive_service_request is 'Trigger: sets derived columns of a service request.';
comment on function diff_service_request is 'Changed columns between two states, in the form of event.changes.';
comment on function event_context is
  'Context of the events of this transaction, from set_config(''georeport.event'', …, true): key_id, kind, datetime, now, description, media_urls, said_status.';
comment on function bump_version is 'Trigger: increments the version and moves updated_datetime.';
comment on function record_created is 'Trigger: adds an event for each new service request.';
comment on function record_changed is 'Trigger: adds an event for each changed service request.';
comment on function record_duplicates is 'Trigger: adds an event to duplicates of a service request that was published or hidden.';
comment on function queue_area_assignment is 'Trigger: queues a new lookup of areas after an area changed.';
comment on function notify_catalog_changed is 'Trigger: notifies channel catalog; every server reloads its catalog.';
