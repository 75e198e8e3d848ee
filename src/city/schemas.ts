import { z } from 'zod'
import { CHANGE_TYPES, EVENT_KINDS } from '../standard/events.js'
import { ENDPOINTS, REPORTER_FIELDS, STATUSES, VISIBILITIES } from '../standard/terms.js'
import { WEBHOOK_FORMATS } from '../standard/webhooks.js'

// Schemas of the responses of the city API, also for the OpenAPI document (EXT-46).

const textOrNull = z.string().nullable()
export const datetime = z.string().meta({ format: 'date-time' })
const datetimeOrNull = datetime.nullable()
const degreesOrNull = z.number().nullable()

const address = { address: textOrNull, address_id: textOrNull, zipcode: textOrNull }
const point = { lat: degreesOrNull, long: degreesOrNull }

const area = z.object({ area_type: z.string(), area_id: z.string(), name: z.string() }).meta({ id: 'Area' })

const reporter = z
  .object(
    Object.fromEntries(REPORTER_FIELDS.map((name) => [name, textOrNull])) as Record<
      (typeof REPORTER_FIELDS)[number],
      typeof textOrNull
    >,
  )
  .meta({ id: 'Reporter' })

export const serviceRequest = z
  .object({
    number: z.int().meta({ description: 'Internal number, also without a service_request_id.' }),
    version: z.int().meta({ description: 'Grows with every change. The ETag is made of it.' }),
    service_request_id: textOrNull.meta({
      description: 'null: batch service request without an id yet, or blackbox service.',
    }),
    token: textOrNull,
    visibility: z.enum(VISIBILITIES),
    status: z.enum(STATUSES),
    detailed_status: textOrNull.meta({ description: 'Status code of the jurisdiction.' }),
    status_notes: textOrNull,
    closing_reason: textOrNull,
    duplicate_of: textOrNull.meta({ description: 'service_request_id of the original.' }),
    service_code: z.string(),
    service_name: z.string(),
    description: textOrNull,
    agency_responsible: textOrNull,
    service_notice: textOrNull,
    requested_datetime: datetime,
    updated_datetime: datetime,
    expected_datetime: datetimeOrNull,
    closed_datetime: datetimeOrNull,
    ...address,
    ...point,
    exact_location: z
      .object({ ...address, ...point })
      .nullable()
      .meta({ description: 'Exact location and address, if the published ones are blurred.' }),
    areas: z.array(area),
    media_urls: z.array(z.string()),
    answers: z
      .record(z.string(), z.array(z.string()))
      .meta({ description: 'Attribute values by attribute code.' }),
    channel: textOrNull,
    origin: z.enum(['submission', 'import']),
    reporter: reporter.nullable(),
  })
  .meta({ id: 'WholeServiceRequest' })

/** A service request as the scope `manage` may read it: without fields that require read_private. */
export const changedServiceRequest = z
  .object(serviceRequest.shape)
  .pick({
    number: true,
    version: true,
    service_request_id: true,
    visibility: true,
    status: true,
    detailed_status: true,
    status_notes: true,
    closing_reason: true,
    duplicate_of: true,
    service_code: true,
    service_name: true,
    agency_responsible: true,
    updated_datetime: true,
    expected_datetime: true,
    closed_datetime: true,
  })
  .meta({ id: 'ChangedServiceRequest' })

/** An event with the key that caused it (EXT-45). */
export const event = z
  .object({
    position: z
      .int()
      .nullable()
      .meta({ description: 'Sequence number among all events. null until it is assigned.' }),
    seq: z
      .int()
      .nullable()
      .meta({ description: 'Sequence number in the public change feed. null: not in the feed.' }),
    number: z.int().meta({ description: 'Number of the service request.' }),
    service_request_id: textOrNull,
    endpoint: z.enum(ENDPOINTS),
    update_id: z.string(),
    kind: z.enum(EVENT_KINDS),
    change_type: z
      .enum(CHANGE_TYPES)
      .nullable()
      .meta({ description: 'Effect on the public view. null: none.' }),
    datetime: datetime.meta({ description: 'Time of the event.' }),
    published_at: datetimeOrNull.meta({ description: 'Time of sequencing. null until then.' }),
    key_id: z
      .int()
      .nullable()
      .meta({ description: 'API key that made the change. null: a command, an import, or SQL.' }),
    key_name: textOrNull,
    status: z.enum(STATUSES).meta({ description: 'Status after the event.' }),
    detailed_status: textOrNull,
    description: textOrNull.meta({ description: 'Text published with the event.' }),
    media_urls: z.array(z.string()),
    changes: z
      .record(z.string(), z.unknown())
      .meta({ description: 'New values by field; true: the value is not recorded.' }),
    author: z
      .object({
        email: textOrNull,
        first_name: textOrNull,
        last_name: textOrNull,
        phone: textOrNull,
        account_id: textOrNull,
      })
      .nullable()
      .meta({ description: 'Sender of an update.' }),
  })
  .meta({ id: 'Event' })

/** A webhook, without its secret and its target_api_key (EXT-37). */
export const webhook = z
  .object({
    webhook_id: z.int(),
    jurisdiction_id: z.string(),
    endpoint: z.enum(ENDPOINTS),
    url: z.string(),
    format: z.enum(WEBHOOK_FORMATS),
    service_codes: z.array(z.string()).meta({ description: 'Only these services. Empty: all.' }),
    areas: z.array(z.string()).meta({ description: 'Only these areas, as TYPE:ID. Empty: all.' }),
    service_request_id: z.string().nullable().meta({ description: 'Only this service request. null: all.' }),
    peer_key_id: z.int().nullable().meta({
      description:
        'Key that the target uses here: only service requests filed with it, without changes made with it.',
    }),
    include_private: z.boolean(),
    target_jurisdiction_id: z.string().nullable(),
    created_at: datetime,
    paused_at: datetime.nullable().meta({ description: 'Paused since; null: not paused.' }),
    pending: z.int().meta({ description: 'Number of pending deliveries.' }),
    dead: z.int().meta({ description: 'Number of dead deliveries.' }),
  })
  .meta({ id: 'Webhook' })

/** EXT-40 */
export const nextCursor = textOrNull.meta({
  description: 'Value of cursor for the next page. null: end of the list.',
})
