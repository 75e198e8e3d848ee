import { describe, expect, test } from 'vitest'
import { get, sendRequest } from './client.js'
import { createMarker, submit } from './explore.js'
import { type PlainRecord, xmlToPlain } from './plain-record.js'
import { expectErrors, expectObject, parseJson, parseXmlRoot } from './response.js'
import { INSIDE, OUTSIDE } from './rivertown.js'
import type { Target } from './target.js'
import { selectTestEndpoint, targets } from './targets.js'

const ARGS = { service_code: 'POTHOLE', ...INSIDE }

for (const target of targets)
  describe.skipIf(!target.own)(target.name, () => {
    const getDuplicates = (record: PlainRecord) => record.duplicates as PlainRecord[]

    test.for(target.formats)(
      'EXT-26 predicts agency, expected date, areas and duplicates of a service request, in %s',
      async (format) => {
        const preflight = expectObject(await get(target, format, '/preflight', ARGS), format)
        expect(Object.keys(preflight)).toEqual([
          'service_code',
          'service_name',
          'served',
          'reason',
          'agency_responsible',
          'service_notice',
          'expected_datetime',
          'areas',
          'duplicates',
        ])
        expect(preflight).toMatchObject({
          service_code: 'POTHOLE',
          served: 'true',
          agency_responsible: 'Department of Public Works',
        })
        // The fixture city has years of closed service requests.
        expect(preflight.expected_datetime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
        expect(Date.parse(String(preflight.expected_datetime))).toBeGreaterThan(Date.now())
        expect((preflight.areas as PlainRecord[]).map((each) => each.area_type)).toEqual([
          'neighbourhood',
          'ward',
        ])
        expect(getDuplicates(preflight).length).toBeLessThanOrEqual(5)
      },
    )

    test.for(target.formats)(
      'EXT-26 A-25 returns served: false with a reason for a location outside the boundary, in %s',
      async (format) => {
        const preflight = expectObject(
          await get(target, format, '/preflight', { ...ARGS, ...OUTSIDE }),
          format,
        )
        expect(preflight).toMatchObject({
          served: 'false',
          reason: expect.stringContaining('Rivertown'),
          areas: [],
        })
        const json = parseJson(await get(target, 'json', '/preflight', { ...ARGS, ...OUTSIDE }))
        expect(json).toMatchObject({ agency_responsible: null, expected_datetime: null, duplicates: [] })
      },
    )

    test('EXT-26 lists a recent request as a duplicate, but not at the other endpoint', async () => {
      const description = createMarker('preflight')
      const id = await submit(target, { description })
      const findDuplicates = async (of: Target, args: object) => {
        const preflight = parseJson(await get(of, 'json', '/preflight', { ...ARGS, ...args })) as {
          duplicates: {
            service_request_id: string
            service_code: string
            distance: number
            similarity: number
          }[]
        }
        return preflight.duplicates
      }
      const [likeliest] = await findDuplicates(target, { description: description.toUpperCase() })
      expect(likeliest).toMatchObject({ service_request_id: id, service_code: 'POTHOLE', similarity: 1 })
      expect(likeliest!.distance).toBeLessThan(1)
      const others = await findDuplicates(selectTestEndpoint(target), { description })
      expect(others.map((each) => each.service_request_id)).not.toContain(id)
      const xml = xmlToPlain(
        parseXmlRoot(await get(target, 'xml', '/preflight', { ...ARGS, description })),
      ) as PlainRecord
      expect(getDuplicates(xml)[0]).toMatchObject({ service_request_id: id, similarity: '1.0', description })
    })

    test('EXT-26 A-61 lists no duplicates of services that are not public', async () => {
      for (const service_code of ['ENCAMPMENT', 'DANGEROUS-DOG']) {
        const description = createMarker('hidden')
        await submit(target, { service_code, description })
        const preflight = await get(target, 'json', '/preflight', { service_code, ...INSIDE, description })
        expect(preflight.text).not.toContain(description)
      }
    })

    test.for(target.formats)(
      'EXT-26 GR-ERR-04 names missing, incomplete and unknown arguments, in %s',
      async (format) => {
        const expectRefusal = async (args: Record<string, string>, status: number, ...naming: RegExp[]) =>
          expectErrors(await get(target, format, '/preflight', args), format, status, ...naming)
        await expectRefusal({}, 400, /service_code/, /lat and long/)
        await expectRefusal({ service_code: 'POTHOLE' }, 400, /lat and long/)
        await expectRefusal(INSIDE, 400, /service_code/)
        await expectRefusal({ service_code: 'POTHOLE', lat: '40.1' }, 400, /long/)
        await expectRefusal({ ...ARGS, lat: 'x' }, 400, /^lat/)
        await expectRefusal({ ...ARGS, long: '181' }, 400, /^long/)
        await expectRefusal({ ...ARGS, description: 'x'.repeat(4001) }, 400, /description/)
        await expectRefusal({ ...ARGS, service_code: 'NONE' }, 404, /service_code/)
        await expectRefusal({ ...ARGS, service_code: 'pothole' }, 404, /service_code/)
      },
    )

    test('EXT-26 A-59 returns texts in the requested language', async () => {
      const args = { service_code: 'STREET-LIGHT', ...INSIDE, locale: 'es' }
      expect(parseJson(await get(target, 'json', '/preflight', args))).toMatchObject({
        service_name: 'Farola que no funciona',
      })
    })

    test('EXT-26 refuses other formats and methods', async () => {
      expect((await sendRequest(target, '/preflight.csv', ARGS)).status).toBe(404)
      expectErrors(await sendRequest(target, '/preflight.json', {}, { form: ARGS }), 'json', 405)
    })
  })
