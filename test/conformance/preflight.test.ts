import { describe, expect, test } from 'vitest'
import { expectErrors, jsonOf, objectOf, rootOf } from './answer.js'
import { call, get } from './client.js'
import { file, marker } from './exploring.js'
import { INSIDE, OUTSIDE } from './rivertown.js'
import { type PlainRecord, plainXml } from './same-record.js'
import type { Target } from './target.js'
import { targets, testEndpointOf } from './targets.js'

const SAID = { service_code: 'POTHOLE', ...INSIDE }

for (const target of targets)
  describe.skipIf(!target.own)(target.name, () => {
    const duplicates = (told: PlainRecord) => told.duplicates as PlainRecord[]

    test.for(target.formats)('EXT-26 what would become of a service request, in %s', async (format) => {
      const told = objectOf(await get(target, format, '/preflight', SAID), format)
      expect(Object.keys(told)).toEqual([
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
      expect(told).toMatchObject({
        service_code: 'POTHOLE',
        served: 'true',
        agency_responsible: 'Department of Public Works',
      })
      // The demonstration city has years of closed ones.
      expect(told.expected_datetime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      expect(Date.parse(String(told.expected_datetime))).toBeGreaterThan(Date.now())
      expect((told.areas as PlainRecord[]).map((each) => each.area_type)).toEqual(['neighbourhood', 'ward'])
      expect(duplicates(told).length).toBeLessThanOrEqual(5)
    })

    test.for(target.formats)(
      'EXT-26 A-25 outside nobody is served, and why is told, in %s',
      async (format) => {
        const told = objectOf(await get(target, format, '/preflight', { ...SAID, ...OUTSIDE }), format)
        expect(told).toMatchObject({
          served: 'false',
          reason: expect.stringContaining('Rivertown'),
          areas: [],
        })
        const json = jsonOf(await get(target, 'json', '/preflight', { ...SAID, ...OUTSIDE }))
        expect(json).toMatchObject({ agency_responsible: null, expected_datetime: null, duplicates: [] })
      },
    )

    test('EXT-26 what was filed a moment ago is told, and not at the other endpoint', async () => {
      const description = marker('preflight')
      const id = await file(target, { description })
      const first = async (of: Target, said: object) => {
        const told = jsonOf(await get(of, 'json', '/preflight', { ...SAID, ...said })) as {
          duplicates: {
            service_request_id: string
            service_code: string
            distance: number
            similarity: number
          }[]
        }
        return told.duplicates
      }
      const [likeliest] = await first(target, { description: description.toUpperCase() })
      expect(likeliest).toMatchObject({ service_request_id: id, service_code: 'POTHOLE', similarity: 1 })
      expect(likeliest!.distance).toBeLessThan(1)
      const tried = await first(testEndpointOf(target), { description })
      expect(tried.map((each) => each.service_request_id)).not.toContain(id)
      const xml = plainXml(
        rootOf(await get(target, 'xml', '/preflight', { ...SAID, description })),
      ) as PlainRecord
      expect(duplicates(xml)[0]).toMatchObject({ service_request_id: id, similarity: '1.0', description })
    })

    test('EXT-26 A-61 of a service that is not public nothing is told of what was filed', async () => {
      for (const service_code of ['ENCAMPMENT', 'DANGEROUS-DOG']) {
        const description = marker('hidden')
        await file(target, { service_code, description })
        const told = await get(target, 'json', '/preflight', { service_code, ...INSIDE, description })
        expect(told.text).not.toContain(description)
      }
    })

    test.for(target.formats)(
      'EXT-26 GR-ERR-04 what is missing, half or unknown is named, in %s',
      async (format) => {
        const refused = async (said: Record<string, string>, status: number, ...naming: RegExp[]) =>
          expectErrors(await get(target, format, '/preflight', said), format, status, ...naming)
        await refused({}, 400, /service_code/, /lat and long/)
        await refused({ service_code: 'POTHOLE' }, 400, /lat and long/)
        await refused(INSIDE, 400, /service_code/)
        await refused({ service_code: 'POTHOLE', lat: '40.1' }, 400, /long/)
        await refused({ ...SAID, lat: 'x' }, 400, /^lat/)
        await refused({ ...SAID, long: '181' }, 400, /^long/)
        await refused({ ...SAID, description: 'x'.repeat(4001) }, 400, /description/)
        await refused({ ...SAID, service_code: 'NONE' }, 404, /service_code/)
        await refused({ ...SAID, service_code: 'pothole' }, 404, /service_code/)
      },
    )

    test('EXT-26 A-59 in the language that is asked for', async () => {
      const said = { service_code: 'STREET-LIGHT', ...INSIDE, locale: 'es' }
      expect(jsonOf(await get(target, 'json', '/preflight', said))).toMatchObject({
        service_name: 'Farola que no funciona',
      })
    })

    test('EXT-26 there are no other formats and no other methods', async () => {
      expect((await call(target, '/preflight.csv', SAID)).status).toBe(404)
      expectErrors(await call(target, '/preflight.json', {}, { form: SAID }), 'json', 405)
    })
  })
