import fc from 'fast-check'

/** The parts of an EXT-25 schema that these tests read. */
export interface Property {
  type: string
  oneOf?: { const: string; title: string }[]
  items?: Property
  maxLength?: number
  format?: string
  'x-ui': { order: number; widget: string; hint: string; automated?: string }
}
export interface Schema {
  $schema: string
  title: string
  properties: Record<string, unknown> & {
    service_code: { const: string }
    attribute: { properties: Record<string, Property>; required: string[] }
  }
  required: string[]
  'x-ui': { notes: { order: number; text: string }[] }
}

const texts = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom(
    '',
    ' ',
    '\t',
    '\u00a0',
    '\ufeff',
    '0',
    'a\r\nb',
    'a\u2028b',
    '🕳',
    '<b>&amp;</b>',
    "' or 1=1",
  ),
)

const datetimes = fc
  .tuple(
    fc.date({ min: new Date('1900-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }),
    fc.constantFrom('Z', 'z', '+02:00', '-11:30', '+14:00'),
    fc.constantFrom('', '.5', '.123456'),
    fc.constantFrom('T', 't'),
  )
  .map(([date, zone, fraction, t]) => date.toISOString().slice(0, 19).replace('T', t) + fraction + zone)

function generateValues({ type, oneOf, items, format }: Property): fc.Arbitrary<unknown> {
  if (oneOf) return fc.constantFrom(...oneOf.map((option) => option.const))
  if (items) return fc.uniqueArray(generateValues(items), { maxLength: 4 })
  if (type === 'number') return fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer())
  return format === 'date-time' ? datetimes : texts
}

/** Generates bodies for a schema; most of them pass it. */
export function generateBodies({ properties, required }: Schema): fc.Arbitrary<unknown> {
  const { attribute, service_code } = properties
  const answers = Object.fromEntries(
    Object.entries(attribute.properties).map(([code, property]) => [code, generateValues(property)]),
  )
  const location = fc.oneof(
    fc.record({
      lat: fc.double({ min: -90, max: 90, noNaN: true }),
      long: fc.double({ min: -180, max: 180, noNaN: true }),
    }),
    fc.record({ address_string: texts }),
    fc.record({ address_id: texts }),
  )
  const optional = fc.record(
    { description: texts, media_url: fc.webUrl({ withQueryParameters: true }), address_string: texts },
    { requiredKeys: [] },
  )
  const values = fc.record(answers, { requiredKeys: attribute.required })
  return fc
    .tuple(location, optional, required.includes('attribute') ? values : fc.option(values))
    .map(([locationFields, optionalFields, attributes]) => ({
      service_code: service_code.const,
      ...optionalFields,
      ...locationFields,
      ...(attributes && { attribute: attributes }),
    }))
}
