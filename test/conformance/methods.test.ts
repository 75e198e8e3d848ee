import { describe, expect, test } from 'vitest'
import { about, CONTENT_TYPE, expectErrors } from './answer.js'
import { call, withKey } from './client.js'
import { file } from './exploring.js'
import { targets } from './targets.js'

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)

  own.for(['PUT', 'PATCH', 'DELETE'])('GR-GEN-08 A-11 %s does not exist: 405 with Allow', async (method) => {
    for (const format of target.formats)
      for (const path of [
        '/requests',
        '/services',
        '/requests/none-0',
        '/services/POTHOLE',
        '/tokens/none-0',
      ]) {
        const answer = await call(target, `${path}.${format}`, {}, { method })
        expectErrors(answer, format, 405)
        expect(answer.headers.get('allow') ?? '', about(answer)).toMatch(/\bGET\b/)
        expect(answer.headers.get('allow') ?? '', about(answer)).not.toContain(method)
      }
  })

  own.for(target.formats)(
    'GR-GEN-08 A-11 POST is refused with 405 where only GET is known, in %s',
    async (format) => {
      for (const path of ['/services', '/services/POTHOLE', '/requests/none-0', '/tokens/none-0']) {
        const answer = await call(target, `${path}.${format}`, {}, { form: withKey(target, {}) })
        expectErrors(answer, format, 405)
        expect(answer.headers.get('allow') ?? '').toMatch(/\bGET\b/)
        expect(answer.headers.get('allow') ?? '').not.toMatch(/\bPOST\b/)
      }
      const allowed = await call(target, `/requests.${format}`, {}, { method: 'DELETE' })
      expect(allowed.headers.get('allow') ?? '').toMatch(/\bPOST\b/)
    },
  )

  test.skipIf(target.own)('GR-GEN-08 PUT and DELETE are refused', async () => {
    for (const method of ['PUT', 'DELETE']) {
      const answer = await call(target, '/services.xml', {}, { method })
      expect(answer.status, about(answer)).toBeGreaterThanOrEqual(400)
    }
  })

  own('A-40 HEAD is GET without a body', async () => {
    const id = await file(target)
    for (const path of [
      '/services.xml',
      '/services.json',
      `/requests/${id}.json`,
      '/services/POTHOLE.xml',
      '/discovery.json',
    ]) {
      const [head, full] = [await call(target, path, {}, { method: 'HEAD' }), await call(target, path)]
      expect(head.status, about(head)).toBe(200)
      expect(head.bytes.length).toBe(0)
      expect(head.headers.get('content-type')).toBe(full.headers.get('content-type'))
    }
    const none = await call(target, '/requests/none-0.json', {}, { method: 'HEAD' })
    expect(none.status).toBe(404)
    expect(none.headers.get('content-type') ?? '').toMatch(CONTENT_TYPE.json)
  })

  own('A-40 pages of any origin may call: CORS', async () => {
    const origin = { origin: 'https://app.example' }
    for (const path of ['/services.json', '/requests/none-0.json', '/discovery.json']) {
      const answer = await call(target, path, {}, { headers: origin })
      expect(answer.headers.get('access-control-allow-origin'), about(answer)).toBe('*')
    }
    const asks = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' }
    const preflight = await call(
      target,
      '/requests.json',
      {},
      { method: 'OPTIONS', headers: { ...origin, ...asks } },
    )
    expect(preflight.status, about(preflight)).toBe(204)
    expect(preflight.text).toBe('')
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*')
    expect(preflight.headers.get('access-control-allow-methods') ?? '').toMatch(/POST/)
    expect(preflight.headers.get('access-control-allow-headers') ?? '').toMatch(/content-type|\*/i)
  })
})
