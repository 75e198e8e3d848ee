import { z } from 'zod'
import { parseDatetime } from '../standard/datetime.js'
import { MAX_DESCRIPTION_LENGTH, MAX_TEXT_LENGTH } from '../standard/limits.js'
import { STATUSES, VISIBILITIES } from '../standard/terms.js'
import { cleanString } from './json-body.js'

const shortText = cleanString(MAX_TEXT_LENGTH)
const longText = cleanString(MAX_DESCRIPTION_LENGTH)

const datetime = z
  .string()
  .transform((value, context) => {
    const parsed = parseDatetime(value, { edge: 'end' })
    if (!parsed) context.addIssue('is not a date-time such as 2026-03-02T18:05:11Z')
    return parsed
  })
  .meta({ format: 'date-time' })

/** Degrees from -`max` to `max`, rounded to six decimal places: about 0.1 m. */
const degrees = (max: number) =>
  z
    .number()
    .min(-max)
    .max(max)
    .transform((value) => Math.round(value * 1e6) / 1e6)

/** EXT-42: body of PATCH service request. Absent fields stay; null clears a field. */
export const serviceRequestPatch = z
  .strictObject({
    status: z.enum(STATUSES),
    detailed_status: z
      .string()
      .nullable()
      .meta({ description: 'Status code of the jurisdiction; also sets status.' }),
    status_notes: longText.nullable().meta({ description: 'Public note about the current status.' }),
    closing_reason: z
      .string()
      .max(100)
      .regex(/^[a-z][a-z0-9_]*$/, 'has to be a code of small letters, digits and _')
      .nullable()
      .meta({ description: 'Code of the city for the reason of closing.' }),
    duplicate_of: z.string().nullable().meta({
      description: 'service_request_id of the original; closes this one. null: not a duplicate.',
    }),
    service_code: z.string().meta({
      description: 'Also recomputes expected_datetime and agency_responsible, unless given.',
    }),
    agency_responsible: shortText.nullable(),
    expected_datetime: datetime.nullable(),
    description: longText.nullable(),
    address: shortText.nullable(),
    address_id: shortText.nullable(),
    zipcode: shortText.nullable(),
    lat: degrees(90),
    long: degrees(180),
    visibility: z
      .enum(VISIBILITIES)
      .meta({ description: 'public publishes the service request; the others hide it.' }),
    redact: z.boolean().meta({
      description: 'true: the change removes content; recorded as a redaction.',
    }),
  })
  .partial()
  .meta({ id: 'Change' })

export type ServiceRequestPatch = z.output<typeof serviceRequestPatch>
