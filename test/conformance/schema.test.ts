import { createHash } from 'node:crypto'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fixedSeed } from '../harness/property-seed.js'
import { generateBodies, type Schema } from '../operations/schema-bodies.js'
import { get, getDiscovery, sendRequest } from './client.js'
import { describeResponse, expectErrors, expectOk, parseJson } from './response.js'
import { LAMP } from './rivertown.js'
import { sendJson } from './send-body.js'
import { selectJurisdiction, selectTestEndpoint, targets } from './targets.js'

for (const target of targets)
  describe.skipIf(!target.own)(target.name, () => {
    const getTestEndpoint = () => selectTestEndpoint(target)
    const getSchema = async (code: string) =>
      parseJson(await get(target, 'json', `/services/${code}/schema`)) as Schema

    test('EXT-25 EXT-02 POST accepts JSON bodies that are generated from the schema', async () => {
      const ajv = new Ajv2020({ keywords: ['x-ui'] })
      formats.default(ajv)
      for (const code of ['POTHOLE', 'STREET-LIGHT', 'BULK-PICKUP', 'GRAFFITI']) {
        const schema = await getSchema(code)
        const isValid = ajv.compile(schema)
        const bodies = fc
          .sample(generateBodies(schema), { numRuns: 60, seed: fixedSeed(25) })
          .filter((body) => isValid(body))
          // The schema does not have the boundary of the city.
          .map((body) => ({ ...(body as object), lat: 40.1, long: -91.5, api_key: target.key }))
        expect(bodies.length).toBeGreaterThan(5)
        for (const body of bodies.slice(0, 6)) {
          const response = await sendJson(getTestEndpoint(), body)
          expect(response.status, `${describeResponse(response)} ${JSON.stringify(body)}`).toBe(200)
        }
      }
    })

    test.each([
      ['a missing required value', { attribute: { LAMP_NO: '1' } }, /LAMP_TYPE/],
      ['an unknown option', { attribute: { LAMP_NO: '1', LAMP_TYPE: 'single' } }, /LAMP_TYPE/],
      ['a text that is too long', { description: 'x'.repeat(4001) }, /description/],
    ])(
      'EXT-25 GR-ERR-04 POST refuses one violation of the schema with one error: %s',
      async (_, fields, name) => {
        const { service_code, lat, long } = LAMP
        const attribute = { LAMP_NO: 'K-204', LAMP_TYPE: 'SINGLE' }
        const body = { api_key: target.key, service_code, lat: Number(lat), long: Number(long), attribute }
        expectOk(await sendJson(getTestEndpoint(), body), 'json')
        const response = await sendJson(getTestEndpoint(), { ...body, ...fields })
        expectErrors(response, 'json', 400, name)
        expect(parseJson(response)).toHaveLength(1)
      },
    )

    test('EXT-25 A-58 the schema has an ETag, and If-None-Match gives 304', async () => {
      const path = '/services/POTHOLE/schema.json'
      const response = await sendRequest(target, path)
      expectOk(response, 'json')
      const etag = String(response.headers.get('etag'))
      expect(etag).toMatch(/^W\/"[\w-]+"$/)
      const again = await sendRequest(target, path, {}, { headers: { 'if-none-match': etag } })
      expect([again.status, again.text]).toEqual([304, ''])
      const bare = await sendRequest(
        target,
        '/services/POTHOLE/schema',
        {},
        { headers: { accept: 'application/xml' } },
      )
      expectOk(bare, 'json')
      expect(bare.text).toBe(response.text)
      const spanish = await sendRequest(target, path, { locale: 'es' })
      expect(spanish.headers.get('etag')).not.toBe(etag)
    })

    test('EXT-25 GR-DEF-09 sends 404 for other formats and for unknown services', async () => {
      expectErrors(await sendRequest(target, '/services/POTHOLE/schema.xml'), 'xml', 404)
      expectErrors(await sendRequest(target, '/services/NONE/schema.json'), 'json', 404, /service_code/)
      expectErrors(await sendRequest(target, '/services/pothole/schema.json'), 'json', 404)
      for (const path of [
        '/services/POTHOLE/schema.csv',
        '/services/POTHOLE/schema/x.json',
        '/services/schema.json',
      ])
        expect((await sendRequest(target, path)).status, path).toBe(404)
      expectErrors(await sendRequest(target, '/services/POTHOLE/schema.json', {}, { form: {} }), 'json', 405)
      const town = selectJurisdiction(target, 'harbourview.example')
      expect((await sendRequest(town, '/services/FERRY/schema.json')).status).toBe(200)
      expect(
        (await sendRequest(selectJurisdiction(target, null), '/services/FERRY/schema.json')).status,
      ).toBe(400)
    })

    test.for(target.formats)(
      'EXT-21 the ETag of definitions follows from the changeset in discovery, in %s',
      async (format) => {
        const { endpoints } = parseJson(await getDiscovery(target, 'json')) as {
          endpoints: { changeset: string }[]
        }
        const digest = createHash('sha1').update(endpoints[0]!.changeset).digest('base64url')
        const response = await get(target, format, '/definitions')
        expect(response.headers.get('etag')).toBe(`W/"${digest}"`)
        const again = await sendRequest(
          target,
          `/definitions.${format}`,
          {},
          {
            headers: { 'if-none-match': `W/"${digest}"` },
          },
        )
        expect(again.status).toBe(304)
        const spanish = await get(target, format, '/definitions', { locale: 'es' })
        expect(spanish.headers.get('etag')).not.toBe(`W/"${digest}"`)
      },
    )
  })
