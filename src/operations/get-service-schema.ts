import { z } from 'zod'
import type { Attribute, Service } from '../standard/catalog.js'
import { MAX_DESCRIPTION_LENGTH, MAX_TEXT_LENGTH, MAX_URL_LENGTH } from '../standard/limits.js'
import { refuse } from '../standard/refusal.js'
import { MAX_ANSWER_LENGTH, MAX_ANSWERS, takesValue } from './attribute-answers.js'
import { languageArguments, negotiateLanguage, translate } from './language.js'
import { defineOperation } from './operation.js'

/**
 * EXT-25: a service definition as the JSON Schema of a submission in JSON (EXT-02), with hints for
 * forms. A body that matches the schema is not refused.
 */
export const getServiceSchema = defineOperation({
  name: 'GET service schema',
  method: 'GET',
  path: '/services/:id/schema',
  summary: 'Returns the service definition as a JSON Schema of the body of POST service request.',
  arguments: z.object(languageArguments),
  cache: (request) => ({ key: `${request.id} ${negotiateLanguage(request)}` }),
  document: null,
  plan: (request) => {
    const service = request.jurisdiction.services.get(request.id)
    if (!service) refuse('GR-DEF-09', 404, 'service_code was not found.')
    return translate(service, negotiateLanguage(request))
  },
  query: (service) => ({ value: buildSchema(service) }),
})

function buildSchema(service: Service) {
  const questions = service.attributes.filter(takesValue)
  const notes = service.attributes.filter((attribute) => !takesValue(attribute))
  const required = questions.filter((attribute) => attribute.required).map(({ code }) => code)
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
          questions.map((attribute) => [attribute.code, describeAttribute(attribute)]),
        ),
        required,
        maxProperties: MAX_ANSWERS,
      },
    },
    required: ['service_code', ...(required.length > 0 ? ['attribute'] : [])],
    dependentRequired: { lat: ['long'], long: ['lat'] },
    ...(service.location_required ? { anyOf: LOCATIONS } : {}),
    'x-ui': { notes: notes.map(({ order, description }) => ({ order, text: description })) },
  }
}

/** A blank text equals an absent one (GR-GEN-05). */
const NOT_BLANK = '[^\\s\\u0000-\\u001F]'

/** Arguments that give a location; one is enough (GR-POST-04). */
const LOCATIONS = [
  { required: ['lat', 'long'] },
  ...['address_string', 'address_id'].map((name) => ({
    required: [name],
    properties: { [name]: { type: 'string', pattern: NOT_BLANK } },
  })),
]

/** The schema of the values of an attribute, with hints for its form field. */
function describeAttribute({ description, datatype_description, order, automated, ...attribute }: Attribute) {
  const { widget, ...schema } = buildValueSchema(attribute)
  const hidden = automated === null ? {} : { automated }
  return { title: description, ...schema, 'x-ui': { order, widget, hint: datatype_description, ...hidden } }
}

/** RFC 3339, for validators that ignore `format`. */
const DATETIME_PATTERN = '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(:\\d{2}(\\.\\d+)?)?(Z|[+-]\\d{2}:\\d{2})$'

/** Highest number of options that a form shows as radio buttons. */
const MAX_RADIO_OPTIONS = 5

function buildValueSchema({
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
      return { type: 'string', format: 'date-time', pattern: DATETIME_PATTERN, widget: 'datetime' }
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
