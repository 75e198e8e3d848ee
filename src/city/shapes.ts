import { z } from 'zod'
import { REPORTER_FIELDS, STATUSES, VISIBILITIES } from '../standard/terms.js'

// What the city API answers with, for whoever types its answers and for the OpenAPI document.

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
    number: z.int().meta({ description: 'what it is called here; those without an id have it too' }),
    version: z.int().meta({ description: 'grows with every change; the ETag' }),
    service_request_id: textOrNull.meta({
      description: 'null: a batch service request that waits for it, or one of a blackbox service',
    }),
    token: textOrNull,
    visibility: z.enum(VISIBILITIES),
    status: z.enum(STATUSES),
    detailed_status: textOrNull.meta({ description: 'a code of the jurisdiction' }),
    status_notes: textOrNull,
    closing_reason: textOrNull,
    duplicate_of: textOrNull.meta({ description: 'a service_request_id' }),
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
    exact: z
      .object({ ...address, ...point })
      .nullable()
      .meta({ description: 'place and address as they were given, where the public sees them blurred' }),
    areas: z.array(area),
    media_urls: z.array(z.string()),
    answers: z.record(z.string(), z.array(z.string())).meta({ description: 'by code of the attribute' }),
    channel: textOrNull,
    origin: z.enum(['submission', 'import']),
    reporter: reporter.nullable(),
  })
  .meta({ id: 'ServiceRequest' })
