import { createHash } from 'node:crypto'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fixedSeed } from '../harness/property-seed.js'
import { bodiesOf, type Schema } from '../operations/schema-bodies.js'
import { about, expectErrors, expectOk, jsonOf } from './answer.js'
import { sendJson } from './bodies.js'
import { call, discover, get } from './client.js'
import { LAMP } from './rivertown.js'
import { jurisdictionOf, targets, testEndpointOf } from './targets.js'

for (const target of targets)
  describe.skipIf(!target.own)(target.name, () => {
    const trying = () => testEndpointOf(target)
    const schemaOf = async (code: string) =>
      jsonOf(await get(target, 'json', `/services/${code}/schema`)) as Schema

    test('EXT-25 EXT-02 what is made from a schema is taken, posted as JSON', async () => {
      const ajv = new Ajv2020({ keywords: ['x-ui'] })
      formats.default(ajv)
      for (const code of ['POTHOLE', 'STREET-LIGHT', 'BULK-PICKUP', 'GRAFFITI']) {
        const schema = await schemaOf(code)
        const passes = ajv.compile(schema)
        const bodies = fc
          .sample(bodiesOf(schema), { numRuns: 60, seed: fixedSeed(25) })
          .filter((body) => passes(body))
          // The boundary of the city is not in the schema.
          .map((body) => ({ ...(body as object), lat: 40.1, long: -91.5, api_key: target.key }))
        expect(bodies.length).toBeGreaterThan(5)
        for (const body of bodies.slice(0, 6)) {
          const answer = await sendJson(trying(), body)
          expect(answer.status, `${about(answer)} ${JSON.stringify(body)}`).toBe(200)
        }
      }
    })

    test.each([
      ['a required answer is missing', { attribute: { LAMP_NO: '1' } }, /LAMP_TYPE/],
      ['an option is none', { attribute: { LAMP_NO: '1', LAMP_TYPE: 'single' } }, /LAMP_TYPE/],
      ['a text is too long', { description: 'x'.repeat(4001) }, /description/],
    ])('EXT-25 GR-ERR-04 what breaks it in one way is refused: %s', async (_, fields, name) => {
      const { service_code, lat, long } = LAMP
      const attribute = { LAMP_NO: 'K-204', LAMP_TYPE: 'SINGLE' }
      const body = { api_key: target.key, service_code, lat: Number(lat), long: Number(long), attribute }
      expectOk(await sendJson(trying(), body), 'json')
      const answer = await sendJson(trying(), { ...body, ...fields })
      expectErrors(answer, 'json', 400, name)
      expect(jsonOf(answer)).toHaveLength(1)
    })

    test('EXT-25 A-58 it has an ETag, and is not sent again to who has it', async () => {
      const path = '/services/POTHOLE/schema.json'
      const answer = await call(target, path)
      expectOk(answer, 'json')
      const etag = String(answer.headers.get('etag'))
      expect(etag).toMatch(/^W\/"[\w-]+"$/)
      const again = await call(target, path, {}, { headers: { 'if-none-match': etag } })
      expect([again.status, again.text]).toEqual([304, ''])
      const bare = await call(
        target,
        '/services/POTHOLE/schema',
        {},
        { headers: { accept: 'application/xml' } },
      )
      expectOk(bare, 'json')
      expect(bare.text).toBe(answer.text)
      const spanish = await call(target, path, { locale: 'es' })
      expect(spanish.headers.get('etag')).not.toBe(etag)
    })

    test('EXT-25 GR-DEF-09 there is none as XML, and none of what there is not', async () => {
      expectErrors(await call(target, '/services/POTHOLE/schema.xml'), 'xml', 404)
      expectErrors(await call(target, '/services/NONE/schema.json'), 'json', 404, /service_code/)
      expectErrors(await call(target, '/services/pothole/schema.json'), 'json', 404)
      for (const path of [
        '/services/POTHOLE/schema.csv',
        '/services/POTHOLE/schema/x.json',
        '/services/schema.json',
      ])
        expect((await call(target, path)).status, path).toBe(404)
      expectErrors(await call(target, '/services/POTHOLE/schema.json', {}, { form: {} }), 'json', 405)
      const town = jurisdictionOf(target, 'harbourview.example')
      expect((await call(town, '/services/FERRY/schema.json')).status).toBe(200)
      expect((await call(jurisdictionOf(target, null), '/services/FERRY/schema.json')).status).toBe(400)
    })

    test.for(target.formats)(
      'EXT-21 the ETag of the definitions is told by discovery, in %s',
      async (format) => {
        const { endpoints } = jsonOf(await discover(target, 'json')) as { endpoints: { changeset: string }[] }
        const digest = createHash('sha1').update(endpoints[0]!.changeset).digest('base64url')
        const answer = await get(target, format, '/definitions')
        expect(answer.headers.get('etag')).toBe(`W/"${digest}"`)
        const again = await call(
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
