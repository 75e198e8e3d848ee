import { describe, expect, test } from 'vitest'
import { expectErrors, expectOk, first, oneOf, word } from './answer.js'
import { get, post } from './client.js'
import { file, found, marker, place, plainService } from './exploring.js'
import { INSIDE, OUTSIDE } from './rivertown.js'
import { targets } from './targets.js'

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const posting = test.skipIf(!target.key)
  const form = async () => ({ service_code: await plainService(target), ...(await place(target)) })

  posting.for(target.formats)('GR-POST-04 a submission without a place is 400, in %s', async (format) => {
    const { service_code } = await form()
    expectErrors(await post(target, format, { service_code }), format, 400, /lat|long|address/)
    expectErrors(
      await post(target, format, { service_code, lat: '', long: '', address_string: '', address_id: '' }),
      format,
      400,
    )
    expectErrors(await post(target, format, { service_code, address_string: '  ' }), format, 400)
  })

  posting(
    'GR-POST-04 A-25 A-62 each form of place is enough by itself, and nothing else is demanded',
    async () => {
      const { service_code, lat, long, address_string } = await form()
      for (const where of [
        { lat, long },
        { address_string },
        { address_id: 'A-1' },
        { lat, long, address_string, address_id: 'A-1' },
      ])
        expectOk(await post(target, 'xml', { service_code, ...where }), 'xml')
    },
  )

  own('GR-POST-04 A-25 A-35 what was said about the place comes back', async () => {
    const record = await found(
      target,
      await file(target, { address_id: 'A-7', address_string: 'Quay Road 12, 40999' }),
    )
    expect(record).toMatchObject({
      lat: '40.1',
      long: '-91.5',
      address_id: 'A-7',
      address: 'Quay Road 12, 40999',
    })
    expect(record).not.toHaveProperty('address_string')
  })

  own.for(target.formats)(
    'GR-POST-05 A-25 lat without long is 400, and so is long without lat, in %s',
    async (format) => {
      const start = { service_code: 'POTHOLE', description: marker() }
      expectErrors(await post(target, format, { ...start, lat: INSIDE.lat }), format, 400, /\blong\b/)
      expectErrors(await post(target, format, { ...start, long: INSIDE.long }), format, 400, /\blat\b/)
      expectErrors(
        await post(target, format, { ...start, lat: INSIDE.lat, address_string: 'Quay 1' }),
        format,
        400,
        /\blong\b/,
      )
      expectErrors(
        await post(target, format, { ...start, lat: INSIDE.lat, long: '', address_string: 'Quay 1' }),
        format,
        400,
        /\blong\b/,
      )
    },
  )

  posting('GR-POST-05 lat without long is 400', async () => {
    const { service_code, lat } = await form()
    for (const format of target.formats)
      expectErrors(await post(target, format, { service_code, lat }), format, 400)
  })

  posting.for(target.formats)(
    'GR-POST-05 A-25 coordinates outside the range, or no numbers, are 400, in %s',
    async (format) => {
      const { service_code, lat, long } = await form()
      for (const bad of [
        '90.0001',
        '-91',
        '999',
        'abc',
        'NaN',
        'Infinity',
        '1e400',
        '40,1',
        '0x28',
        '40.1.2',
        '40.1 N',
        "40'",
        '--40',
      ])
        expectErrors(await post(target, format, { service_code, lat: bad, long }), format, 400, /\blat\b/)
      for (const bad of ['180.0001', '-181', 'abc', 'NaN', '-Infinity'])
        expectErrors(await post(target, format, { service_code, lat, long: bad }), format, 400, /\blong\b/)
    },
  )

  own.for(target.formats)(
    'A-25 a place outside the area served is 400 with a clear text, and 0 is a number, in %s',
    async (format) => {
      const told = expectErrors(
        await post(target, format, { service_code: 'POTHOLE', ...OUTSIDE }),
        format,
        400,
      )
      expect(first(told).description).not.toMatch(/required|missing|not provided|not a number/)
      expectErrors(
        await post(target, format, { service_code: 'POTHOLE', ...OUTSIDE, address_string: 'Quay 1' }),
        format,
        400,
      )
      expectErrors(
        await post(target, format, { service_code: 'POTHOLE', lat: INSIDE.long, long: INSIDE.lat }),
        format,
        400,
      )
    },
  )

  own(
    'A-25 A-36 coordinates may be written with an exponent, and lon, lng and address are understood',
    async () => {
      const at = { lat: '40.1', long: '-91.5' }
      for (const where of [
        { lat: '4.01E1', long: '-9.15e1' },
        { lat: '40.1', lon: '-91.5' },
        { lat: '40.1', lng: '-91.5' },
        { lat: '+40.1', long: '-091.50' },
      ]) {
        const answer = await post(target, 'json', { service_code: 'POTHOLE', ...where })
        expect(await found(target, word(oneOf(answer, 'json'), 'service_request_id'))).toMatchObject(at)
      }
      const answer = await post(target, 'json', { service_code: 'POTHOLE', address: 'Quay Road 14' })
      expect(await found(target, word(oneOf(answer, 'json'), 'service_request_id'))).toMatchObject({
        address: 'Quay Road 14',
      })
    },
  )

  own('A-36 coordinates come back rounded to six places', async () => {
    const id = await file(target, { lat: '40.10000049', long: '-91.50000051' })
    const text = (await get(target, 'json', `/requests/${id}`)).text
    expect(text).toMatch(/"lat":\s*40\.1\b/)
    expect(text).toMatch(/"long":\s*-91\.500001\b/)
    expect((await get(target, 'xml', `/requests/${id}`)).text).toMatch(/<lat>40\.10*<\/lat>/)
  })

  own.for(target.formats)(
    'A-26 a service that needs no place is filed without one, in %s',
    async (format) => {
      const answer = await post(target, format, { service_code: 'WEBSITE', description: marker() })
      const id = word(oneOf(answer, format), 'service_request_id')
      const record = oneOf(await get(target, format, `/requests/${id}`), format)
      expect(record).toMatchObject({ lat: '', long: '', address: '' })
      expectErrors(
        await post(target, format, { service_code: 'WEBSITE', lat: '40.1' }),
        format,
        400,
        /\blong\b/,
      )
      expectErrors(
        await post(target, format, { service_code: 'WEBSITE', lat: '999', long: '0' }),
        format,
        400,
        /\blat\b/,
      )
    },
  )
})
