import { describe, expect, test } from 'vitest'
import { get, post } from './client.js'
import { createMarker, findPlainService, getLocation, getServiceRequest, submit } from './explore.js'
import { expectErrors, expectOk, expectOne, first, getText } from './response.js'
import { INSIDE, OUTSIDE } from './rivertown.js'
import { targets } from './targets.js'

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const posting = test.skipIf(!target.key)
  const form = async () => ({ service_code: await findPlainService(target), ...(await getLocation(target)) })

  posting.for(target.formats)(
    'GR-POST-04 sends 400 for a submission without a location, in %s',
    async (format) => {
      const { service_code } = await form()
      expectErrors(await post(target, format, { service_code }), format, 400, /lat|long|address/)
      expectErrors(
        await post(target, format, { service_code, lat: '', long: '', address_string: '', address_id: '' }),
        format,
        400,
      )
      expectErrors(await post(target, format, { service_code, address_string: '  ' }), format, 400)
    },
  )

  posting('GR-POST-04 A-25 A-62 accepts each kind of location alone, without other arguments', async () => {
    const { service_code, lat, long, address_string } = await form()
    for (const location of [
      { lat, long },
      { address_string },
      { address_id: 'A-1' },
      { lat, long, address_string, address_id: 'A-1' },
    ])
      expectOk(await post(target, 'xml', { service_code, ...location }), 'xml')
  })

  own('GR-POST-04 A-25 A-35 returns the submitted location', async () => {
    const record = await getServiceRequest(
      target,
      await submit(target, { address_id: 'A-7', address_string: 'Quay Road 12, 40999' }),
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
    'GR-POST-05 A-25 sends 400 for lat without long and for long without lat, in %s',
    async (format) => {
      const start = { service_code: 'POTHOLE', description: createMarker() }
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

  posting('GR-POST-05 sends 400 for lat without long', async () => {
    const { service_code, lat } = await form()
    for (const format of target.formats)
      expectErrors(await post(target, format, { service_code, lat }), format, 400)
  })

  posting.for(target.formats)(
    'GR-POST-05 A-25 sends 400 for coordinates that are out of range or not numbers, in %s',
    async (format) => {
      const { service_code, lat, long } = await form()
      for (const invalid of [
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
        expectErrors(await post(target, format, { service_code, lat: invalid, long }), format, 400, /\blat\b/)
      for (const invalid of ['180.0001', '-181', 'abc', 'NaN', '-Infinity'])
        expectErrors(
          await post(target, format, { service_code, lat, long: invalid }),
          format,
          400,
          /\blong\b/,
        )
    },
  )

  own.for(target.formats)(
    'A-25 sends 400 with a clear description for a location outside the boundary, and accepts 0 as a number, in %s',
    async (format) => {
      const errors = expectErrors(
        await post(target, format, { service_code: 'POTHOLE', ...OUTSIDE }),
        format,
        400,
      )
      expect(first(errors).description).not.toMatch(/required|missing|not provided|not a number/)
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

  own('A-25 A-36 accepts coordinates with an exponent, and the aliases lon, lng and address', async () => {
    const at = { lat: '40.1', long: '-91.5' }
    for (const location of [
      { lat: '4.01E1', long: '-9.15e1' },
      { lat: '40.1', lon: '-91.5' },
      { lat: '40.1', lng: '-91.5' },
      { lat: '+40.1', long: '-091.50' },
    ]) {
      const response = await post(target, 'json', { service_code: 'POTHOLE', ...location })
      expect(
        await getServiceRequest(target, getText(expectOne(response, 'json'), 'service_request_id')),
      ).toMatchObject(at)
    }
    const response = await post(target, 'json', { service_code: 'POTHOLE', address: 'Quay Road 14' })
    expect(
      await getServiceRequest(target, getText(expectOne(response, 'json'), 'service_request_id')),
    ).toMatchObject({
      address: 'Quay Road 14',
    })
  })

  own('A-36 returns coordinates rounded to six decimal places', async () => {
    const id = await submit(target, { lat: '40.10000049', long: '-91.50000051' })
    const text = (await get(target, 'json', `/requests/${id}`)).text
    expect(text).toMatch(/"lat":\s*40\.1\b/)
    expect(text).toMatch(/"long":\s*-91\.500001\b/)
    expect((await get(target, 'xml', `/requests/${id}`)).text).toMatch(/<lat>40\.10*<\/lat>/)
  })

  own.for(target.formats)(
    'A-26 accepts a submission without a location if the service needs none, in %s',
    async (format) => {
      const response = await post(target, format, { service_code: 'WEBSITE', description: createMarker() })
      const id = getText(expectOne(response, format), 'service_request_id')
      const record = expectOne(await get(target, format, `/requests/${id}`), format)
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
