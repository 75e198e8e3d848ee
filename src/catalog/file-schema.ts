import { z } from 'zod'
import { DATATYPES, SERVICE_TYPES, STATUSES, VISIBILITIES } from '../standard/terms.js'
import { stripIllegalCharacters } from '../standard/text.js'

/** Schemas of the files of a city folder. README.md in fixtures/ explains them by example. */

const line = z
  .string('has to be a text; quote it if it looks like a number')
  .transform((text) => stripIllegalCharacters(text).trim())
  .refine((text) => text !== '' && !/[\n\r]/.test(text), 'has to be one line of text')
const prose = z
  .string('has to be a text')
  .transform((text) => stripIllegalCharacters(text).replace(/\r\n?/g, '\n').trim())

const serviceCode = line
  .refine((code) => code.length <= 64, 'may have at most 64 characters')
  // GR-SVC-08: no separators of lists, paths and formats. FixMyStreet treats "0" as empty.
  .refine((code) => /^[A-Za-z0-9_-]+$/.test(code) && code !== '0', 'may have letters, digits, - and _ only')
const attributeCode = line
  .refine((code) => /^[A-Za-z0-9_]+$/.test(code), 'may have letters, digits and _ only') // GR-DEF-12
  .refine((code) => code !== '__proto__', 'is not a name that programs can use')

const value = z.strictObject({ key: line, name: line })

const AREA_TYPE = /^[a-z][a-z0-9_-]*$/
const areaName = line.refine(
  (name) => AREA_TYPE.test(name.split(':', 1)[0]!) && name.includes(':'),
  'has to be TYPE:ID, such as ward:3',
)
const agencies = z.record(areaName, line)

/** In ISO order: Monday is day 1. */
export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

const attribute = z
  .strictObject({
    code: attributeCode,
    datatype: z.enum(DATATYPES),
    required: z.boolean().default(false),
    variable: z.boolean().default(true),
    description: prose,
    datatype_description: prose.default(''),
    automated: z.enum(['server_set', 'hidden_field']).optional(),
    public: z.boolean().optional(),
    values: z.array(value).min(1).optional(),
  })
  .superRefine((entry, context) => {
    const isList = entry.datatype.endsWith('valuelist')
    if (isList !== (entry.values !== undefined)) {
      context.addIssue({
        code: 'custom',
        path: ['values'],
        message: isList ? 'is needed for a list' : 'is for lists only',
      })
    }
    for (const key of findDuplicates(entry.values?.map((each) => each.key) ?? [])) {
      context.addIssue({ code: 'custom', path: ['values'], message: `has the key ${key} twice` })
    }
    if (entry.required && !entry.variable && !entry.automated) {
      context.addIssue({
        code: 'custom',
        path: ['required'],
        message: 'a note (variable: false) cannot be required',
      })
    }
  })

const languageTag = z
  .string()
  .regex(/^[a-z]{2,3}(-[a-z0-9]{2,8})*$/, 'has to be a language tag in lower case, such as es or pt-br')

const translations = z.record(
  languageTag,
  z.strictObject({
    service_name: line.optional(),
    description: prose.optional(),
    group: line.optional(),
    service_notice: prose.optional(),
    attributes: z
      .record(
        attributeCode,
        z.strictObject({
          description: prose.optional(),
          datatype_description: prose.optional(),
          values: z.record(z.string(), line).optional(),
        }),
      )
      .optional(),
  }),
)

const service = z
  .strictObject({
    service_code: serviceCode,
    service_name: line,
    description: prose.default(''),
    type: z.enum(SERVICE_TYPES).default('realtime'),
    keywords: z.array(line.refine((word) => !word.includes(','), 'may not have a comma')).default([]),
    group: line.optional(),
    groups: z.array(line).min(2).optional(),
    agency_responsible: line.optional(),
    agency_by_area: agencies.optional(),
    areas: z.array(areaName).default([]),
    service_notice: prose.optional(),
    location: z.enum(['required', 'optional']).default('required'),
    visibility: z.enum(VISIBILITIES).default('public'),
    expected_within: z
      .union(
        [
          z.strictObject({ hours: z.int().min(1).max(87_600) }),
          z.strictObject({ working_days: z.int().min(1).max(3650) }),
        ],
        'has to be {hours: NUMBER} or {working_days: NUMBER}',
      )
      .optional(),
    blur_metres: z.int().min(10).max(100_000).optional(),
    attributes: z.array(attribute).default([]),
    translations: translations.default({}),
  })
  .superRefine((entry, context) => {
    if (entry.groups && (entry.group !== undefined || findDuplicates(entry.groups).length > 0)) {
      context.addIssue({ code: 'custom', path: ['groups'], message: 'stands instead of group, each once' })
    }
    for (const code of findDuplicates(entry.attributes.map((each) => each.code))) {
      context.addIssue({ code: 'custom', path: ['attributes'], message: `has the code ${code} twice` })
    }
  })

/** services.yaml, or a file in services/. The outer fields are defaults of its services. */
export const servicesFile = z.strictObject({
  group: line.optional(),
  agency_responsible: line.optional(),
  agency_by_area: agencies.optional(),
  services: z.array(service).min(1),
})

/** jurisdiction.yaml */
export const jurisdictionFile = z.strictObject({
  jurisdiction_id: line.refine(
    (id) => /^[A-Za-z0-9._-]{1,128}$/.test(id),
    'may have letters, digits, . - and _ only',
  ),
  name: line,
  time_zone: line.refine(isTimeZone, 'is not a time zone such as America/Chicago'),
  language: languageTag.default('en'),
  contact: line,
  key_service: line,
  service_request_id: line
    .default('{number}')
    .refine(
      (template) =>
        /^([A-Za-z0-9_-]|\{year\}|\{number(:\d{1,2})?\}|\{random(:([6-9]|[12]\d|3[0-2]))?\})+$/.test(
          template,
        ),
      {
        message: 'may have letters, digits, - and _, {number}, {number:WIDTH}, {random:6 to 32} and {year}',
      },
    )
    .refine((template) => /\{(number|random)/.test(template), 'needs {number} or {random}'),
  boundary: line.optional(),
  outside_boundary: z.enum(['refuse', 'accept']).default('refuse'),
  areas: z
    .array(
      z.strictObject({
        area_type: line.refine(
          (type) => AREA_TYPE.test(type),
          'may have lower-case letters, digits, - and _ only',
        ),
        file: line,
        id: line,
        name: line,
      }),
    )
    .default([]),
  working_days: z.array(z.enum(WEEKDAYS)).min(1).default(['mon', 'tue', 'wed', 'thu', 'fri']),
  days_off: z.array(z.iso.date('has to be a day such as "2026-12-25", in quotes')).default([]),
  statuses: z
    .array(
      z.strictObject({
        code: line.refine(
          (code) => /^[a-z][a-z0-9_]*$/.test(code),
          'may have lower-case letters, digits and _ only',
        ),
        name: line,
        status: z.enum(STATUSES),
      }),
    )
    .min(1)
    .refine((statuses) => findDuplicates(statuses.map(({ code }) => code)).length === 0, 'has a code twice')
    .optional(),
})

export type JurisdictionFile = z.output<typeof jurisdictionFile>
export type ServicesFile = z.output<typeof servicesFile>
export type ServiceEntry = z.output<typeof service>

/** The texts that occur more than once. */
export function findDuplicates(texts: readonly string[]): string[] {
  return [...new Set(texts.filter((text, index) => texts.indexOf(text) !== index))]
}

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}
