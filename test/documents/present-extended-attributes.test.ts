import { expect, test } from 'vitest'
import { presentExtendedAttributes } from '../../src/documents/present-extended-attributes.js'
import type { Datatype } from '../../src/standard/terms.js'
import { attribute, jurisdiction, service } from '../operations/city.js'

const createRow = (answers: Record<string, string[]>) => ({
  service_code: 'LAMP',
  status: 'open' as const,
  status_notes: null,
  detailed_status: null,
  requested_datetime: '2026-06-01T12:00:00Z',
  closed_datetime: null,
  duplicate_of: null,
  media_urls: [],
  notes: null,
  area_ids: [],
  answers,
})

test.each([
  ['singlevaluelist', ['call me on 555-0142'], []],
  ['singlevaluelist', ['A'], [{ key: 'A', name: 'Alpha' }]],
  ['multivaluelist', ['A', 'planted'], [{ key: 'A', name: 'Alpha' }]],
  ['number', ['planted'], []],
  ['number', ['7'], [{ key: '7', name: '7' }]],
  ['datetime', ['planted'], []],
  ['datetime', ['2026-03-02'], [{ key: '2026-03-02', name: '2026-03-02' }]],
] as [Datatype, string[], object[]][])(
  'EXT-19 GR-POST-16 omits stored values that do not fit the attribute after it became a %s: %j',
  (datatype, values, options) => {
    const definition = attribute({ datatype, public: true, values: [{ key: 'A', name: 'Alpha' }] })
    const city = jurisdiction([service({ attributes: [definition] })])
    const { answers } = presentExtendedAttributes(createRow({ A: values }), city).extended_attributes as {
      answers: { options: object[] }[]
    }
    expect(answers.flatMap((each) => each.options)).toEqual(options)
  },
)
