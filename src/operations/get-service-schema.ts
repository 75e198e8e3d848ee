import { z } from 'zod'
import type { Attribute, Service } from '../standard/catalog.js'
import { MAX_DESCRIPTION_LENGTH, MAX_TEXT_LENGTH, MAX_URL_LENGTH } from '../standard/limits.js'
import { refuse } from '../standard/refusal.js'
import { MAX_ANSWER_LENGTH, MAX_ANSWERS } from './attribute-answers.js'
import { languageArguments, negotiateLanguage, translate } from './language.js'
import { operation } from './operation.js'

/**
 * EXT-25: a service definition as a JSON Schema of what may be posted as JSON (EXT-02), with hints for forms: what
 * passes it, a submission is not refused for.
 */
export const getServiceSchema = operation({
  name: 'GET service schema',
  method: 'GET',
  path: '/services/:id/schema',
  summary: 'Returns the service definition as a JSON Schema of the body of POST service request.',
  arguments: z.object(languageArguments),
  cache: (call) => ({ key: `${call.id} ${negotiateLanguage(call)}` }),
  document: null,
  plan: (call) => {
    const service = call.jurisdiction.services.get(call.id)
    if (!service) refuse('GR-DEF-09', 404, 'service_code was not found.')
    return translate(service, negotiateLanguage(call))
  },
  query: (service) => ({ value: buildSchema(service) }),
})

function buildSchema(service: Service) {
  const asked = service.attributes.filter(({ variable, automated }) => variable || automated !== null)
  const notes = service.attributes.filter((attribute) => !asked.includes(attribute))
  const required = asked.filter((attribute) => attribute.required).map(({ code }) => code)
  const text = { type: 'string', maxLength: MAX_TEXT_LENGTH }
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: service.service_name,
    description: service.description,
    type: 'object',
    properties: {
      service_code: { const: service.service_code },
      lat: { type: 'number', minimum: -90, maximum: 90 },
      long: { type: 'number', minimum: -180, maximum: 180 },
      address_string: text,
      address_id: text,
      description: { type: 'string', maxLength: MAX_DESCRIPTION_LENGTH },
      media_url: { type: 'string', format: 'uri', pattern: '^https?://\\S+$', maxLength: MAX_URL_LENGTH },
      attribute: {
        type: 'object',
        properties: Object.fromEntries(
          asked.map((attribute) => [attribute.code, describeAttribute(attribute)]),
        ),
        required,
        maxProperties: MAX_ANSWERS,
      },
    },
    required: ['service_code', ...(required.length > 0 ? ['attribute'] : [])],
    dependentRequired: { lat: ['long'], long: ['lat'] },
    ...(service.location_required ? { anyOf: PLACES } : {}),
    'x-ui': { notes: notes.map(({ order, description }) => ({ order, text: description })) },
  }
}

/** A blank text is none (GR-GEN-05). */
const NOT_BLANK = '[^\\s\\u0000-\\u001F]'

/** What tells a place (GR-POST-04). */
const PLACES = [
  { required: ['lat', 'long'] },
  ...['address_string', 'address_id'].map((name) => ({
    required: [name],
    properties: { [name]: { type: 'string', pattern: NOT_BLANK } },
  })),
]

/** One question: what it takes, and how to ask it. */
function describeAttribute({ description, datatype_description, order, automated, ...attribute }: Attribute) {
  const { widget, ...takes } = attributeSchema(attribute)
  const hidden = automated === null ? {} : { automated }
  return { title: description, ...takes, 'x-ui': { order, widget, hint: datatype_description, ...hidden } }
}

/** RFC 3339, for readers that take a format for a remark. */
const DATETIME = '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(:\\d{2}(\\.\\d+)?)?(Z|[+-]\\d{2}:\\d{2})$'

/** Options up to which all are shown at once. */
const MAX_RADIO_OPTIONS = 5

function attributeSchema({
  datatype,
  values,
  required,
}: Pick<Attribute, 'datatype' | 'values' | 'required'>) {
  const options = { oneOf: values.map(({ key, name }) => ({ const: key, title: name })) }
  switch (datatype) {
    case 'singlevaluelist':
      return { type: 'string', ...options, widget: values.length > MAX_RADIO_OPTIONS ? 'select' : 'radio' }
    case 'multivaluelist':
      return {
        type: 'array',
        items: { type: 'string', ...options },
        uniqueItems: true,
        minItems: required ? 1 : 0,
        widget: 'checkboxes',
      }
    case 'number':
      return { type: 'number', widget: 'number' }
    case 'datetime':
      return { type: 'string', format: 'date-time', pattern: DATETIME, widget: 'datetime' }
    case 'string': {
      const oneLine = '[^\\r\\n]*'
      const pattern = required ? `^${oneLine}${NOT_BLANK}${oneLine}$` : `^${oneLine}$`
      return { type: 'string', pattern, maxLength: MAX_ANSWER_LENGTH, widget: 'text' }
    }
    default:
      return {
        type: 'string',
        ...(required ? { pattern: NOT_BLANK } : {}),
        maxLength: MAX_ANSWER_LENGTH,
        widget: 'textarea',
      }
  }
}
