import { describe, expect, test } from 'vitest'
import { get, sendRequest } from './client.js'
import { expectErrors, expectOk } from './response.js'
import { targets } from './targets.js'

for (const target of targets)
  describe.skipIf(!target.own)(target.name, () => {
    test.for(target.formats)(
      'EXT-27 lists and discovery have headers with the limits, in %s',
      async (format) => {
        for (const path of ['/requests', '/discovery', '/discovery']) {
          const response = await get(target, format, path)
          expectOk(response, format)
          expect(response.headers.get('x-list-max-rows')).toBe('1000')
          expect(response.headers.get('x-list-max-days')).toBe('90')
          expect(response.headers.get('x-token-days')).toBe('90')
          expect(response.headers.get('access-control-expose-headers')).toContain('X-List-Max-Rows')
        }
      },
    )

    test('EXT-27 EXT-08 the HTML page shows the limits', async () => {
      const page = await sendRequest(target, '')
      expect(page.text).toContain('1000 service requests of at most 90 days')
      expect(page.text).toContain('6 pictures of at most 20971520 bytes')
    })

    test.for(target.formats)(
      'EXT-14 EXT-27 refuses a page_size or limit above the maximum, in %s',
      async (format) => {
        expectErrors(await get(target, format, '/requests', { page_size: '1001' }), format, 400, /page_size/)
        expectErrors(await get(target, format, '/requests', { limit: '10001' }), format, 400, /limit/)
      },
    )
  })
