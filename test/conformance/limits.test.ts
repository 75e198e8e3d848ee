import { describe, expect, test } from 'vitest'
import { expectErrors, expectOk } from './answer.js'
import { call, get } from './client.js'
import { targets } from './targets.js'

for (const target of targets)
  describe.skipIf(!target.own)(target.name, () => {
    test.for(target.formats)(
      'EXT-27 lists and discovery tell their limits in headers, in %s',
      async (format) => {
        for (const path of ['/requests', '/discovery', '/discovery']) {
          const answer = await get(target, format, path)
          expectOk(answer, format)
          expect(answer.headers.get('x-list-max-rows')).toBe('1000')
          expect(answer.headers.get('x-list-max-days')).toBe('90')
          expect(answer.headers.get('x-token-days')).toBe('90')
          expect(answer.headers.get('access-control-expose-headers')).toContain('X-List-Max-Rows')
        }
      },
    )

    test('EXT-27 EXT-08 the page for people shows them', async () => {
      const page = await call(target, '')
      expect(page.text).toContain('1000 service requests of at most 90 days')
      expect(page.text).toContain('6 pictures of at most 20971520 bytes')
    })

    test.for(target.formats)('EXT-14 EXT-27 more rows than the limit are refused, in %s', async (format) => {
      expectErrors(await get(target, format, '/requests', { page_size: '1001' }), format, 400, /page_size/)
      expectErrors(await get(target, format, '/requests', { limit: '10001' }), format, 400, /limit/)
    })
  })
