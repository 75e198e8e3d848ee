import { describe, expect, test } from 'vitest'
import { addKey, encodeArgs, FORM, post, sendRequest } from './client.js'
import { createMarker, getServiceRequest } from './explore.js'
import { expectErrors, expectOk, expectOne, getText } from './response.js'
import { INSIDE, LAMP } from './rivertown.js'
import { sendMultipart, sendRaw } from './send-body.js'
import { targets } from './targets.js'

type Pair = [string, string]

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const raw = (body: string, type: string | null = FORM) => sendRaw(target, body, type)
  const multipart = (fields: Pair[], ...files: [string, Blob, string][]) =>
    sendMultipart(target, fields, ...files)
  const start = () => addKey(target, { service_code: 'STREET-LIGHT', ...INSIDE })
  const lamp = () => addKey(target, { ...LAMP })

  const NOTATIONS: [string, Pair[]][] = [
    [
      '[]',
      [
        ['attribute[FAULT][]', 'DARK'],
        ['attribute[FAULT][]', 'V'],
      ],
    ],
    [
      'repeated',
      [
        ['attribute[FAULT]', 'DARK'],
        ['attribute[FAULT]', 'V'],
      ],
    ],
    [
      'indexed',
      [
        ['attribute[FAULT][0]', 'DARK'],
        ['attribute[FAULT][1]', 'V'],
      ],
    ],
    [
      'mixed',
      [
        ['attribute[FAULT][]', 'DARK'],
        ['attribute[FAULT]', 'V'],
      ],
    ],
    ['single', [['attribute[FAULT]', 'V']]],
  ]
  own.for(NOTATIONS)(
    'GR-POST-06 GR-POST-08 A-28 reads and checks several values in the notation %s',
    async ([, fields]) => {
      const withValue = (value: string) => [
        ...lamp(),
        ...fields.map(([name, one]): Pair => [name, one === 'V' ? value : one]),
      ]
      for (const send of [
        (all: Pair[]) => raw(encodeArgs(all)),
        multipart,
        (all: Pair[]) => sendRequest(target, '/requests.json', all, { method: 'POST' }),
      ]) {
        expectOk(await send(withValue('FLICKER')), 'json')
        expectErrors(await send(withValue('BANANA')), 'json', 400, /FAULT/)
      }
    },
  )

  own('GR-POST-06 GR-POST-07 accepts brackets raw or percent-encoded, in either letter case', async () => {
    const head = encodeArgs(start())
    for (const [open, close] of [
      ['[', ']'],
      ['%5B', '%5D'],
      ['%5b', '%5d'],
      ['[', '%5D'],
    ]) {
      expectOk(
        await raw(`${head}&attribute${open}LAMP_NO${close}=K-1&attribute${open}LAMP_TYPE${close}=WALL`),
        'json',
      )
      const bad = `${head}&attribute${open}LAMP_NO${close}=K-1&attribute${open}LAMP_TYPE${close}=TRIPLE`
      expectErrors(await raw(bad), 'json', 400, /LAMP_TYPE/)
    }
  })

  own('GR-POST-08 A-28 a comma does not separate values', async () => {
    expectErrors(
      await post(target, 'json', { ...LAMP, 'attribute[FAULT]': 'DARK,FLICKER' }),
      'json',
      400,
      /FAULT/,
    )
  })

  own('GR-POST-08 A-28 a singlevaluelist accepts one value, in any bracket notation', async () => {
    const { 'attribute[LAMP_TYPE]': _, ...rest } = LAMP
    for (const name of ['attribute[LAMP_TYPE]', 'attribute[LAMP_TYPE][]', 'attribute[LAMP_TYPE][0]'])
      expectOk(await post(target, 'json', { ...rest, [name]: 'DOUBLE' }), 'json')
    const two: Pair[] = [
      ...addKey(target, rest),
      ['attribute[LAMP_TYPE][]', 'DOUBLE'],
      ['attribute[LAMP_TYPE][]', 'WALL'],
    ]
    expectErrors(await raw(encodeArgs(two)), 'json', 400, /LAMP_TYPE/)
    expectErrors(
      await post(target, 'json', { ...LAMP, 'attribute[LAMP_TYPE]': 'single' }),
      'json',
      400,
      /LAMP_TYPE/,
    )
    expectErrors(
      await post(target, 'json', { ...LAMP, 'attribute[LAMP_TYPE]': 'Single arm' }),
      'json',
      400,
      /LAMP_TYPE/,
    )
  })

  own.for([
    [
      'LAMP_COUNT',
      ['3', '0', '-1', '2.5', '1e1', ' 4 '],
      ['three', 'NaN', 'Infinity', '1,5', '0x10', '1 2', '1;2'],
    ],
    ['LAMP_NO', ['K-204', '😀', 'a b', '<b>', "'"], ['a\nb', 'a\r\nb', 'a\rb']],
    ['DETAILS', ['a\nb', 'a\r\nb', 'x'.repeat(3000)], []],
    ['FAULT', ['DARK', ''], ['dark', 'BANANA', 'DARK ,', 'null']],
  ] as [string, string[], string[]][])(
    'GR-POST-08 GR-DEF-05 %s accepts values of its datatype, and a refusal names it',
    async ([code, good, bad]) => {
      for (const value of good)
        expectOk(await post(target, 'json', { ...LAMP, [`attribute[${code}]`]: value }), 'json')
      for (const format of target.formats)
        for (const value of bad)
          expectErrors(
            await post(target, format, { ...LAMP, [`attribute[${code}]`]: value }),
            format,
            400,
            new RegExp(code),
          )
    },
  )

  own('A-27 ignores empty values of optional attributes', async () => {
    expectOk(
      await raw(
        encodeArgs([
          ...lamp(),
          ['attribute[FAULT][]', ''],
          ['attribute[SINCE]', ''],
          ['attribute[LAMP_COUNT]', ''],
        ]),
      ),
      'json',
    )
    expectOk(
      await raw(encodeArgs([...lamp(), ['attribute[FAULT][]', ''], ['attribute[FAULT][]', 'DARK']])),
      'json',
    )
  })

  own(
    'GR-POST-06 A-13 A-30 accepts a submission with all arguments in the query and an empty body',
    async () => {
      const text = createMarker('query')
      const args: Pair[] = [...lamp(), ['description', text]]
      for (const body of [undefined, new Uint8Array()])
        for (const headers of [
          {},
          { 'content-type': FORM },
          { 'content-type': 'application/json' },
        ] as Record<string, string>[]) {
          const response = await sendRequest(target, '/requests.json', args, {
            method: 'POST',
            headers,
            ...(body ? { body } : {}),
          })
          expect(
            (await getServiceRequest(target, getText(expectOne(response, 'json'), 'service_request_id')))
              .description,
          ).toBe(text)
        }
    },
  )
})
