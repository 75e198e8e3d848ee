import { describe, expect, test } from 'vitest'
import { addKey, sendRequest } from './client.js'
import { submit } from './explore.js'
import { CONTENT_TYPE, describeResponse, expectErrors } from './response.js'
import { targets } from './targets.js'

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)

  own.for(['PUT', 'PATCH', 'DELETE'])('GR-GEN-08 A-11 sends 405 with Allow for %s', async (method) => {
    for (const format of target.formats)
      for (const path of [
        '/requests',
        '/services',
        '/requests/none-0',
        '/services/POTHOLE',
        '/tokens/none-0',
      ]) {
        const response = await sendRequest(target, `${path}.${format}`, {}, { method })
        expectErrors(response, format, 405)
        expect(response.headers.get('allow') ?? '', describeResponse(response)).toMatch(/\bGET\b/)
        expect(response.headers.get('allow') ?? '', describeResponse(response)).not.toContain(method)
      }
  })

  own.for(target.formats)(
    'GR-GEN-08 A-11 sends 405 for POST to resources that allow only GET, in %s',
    async (format) => {
      for (const path of ['/services', '/services/POTHOLE', '/requests/none-0', '/tokens/none-0']) {
        const response = await sendRequest(target, `${path}.${format}`, {}, { form: addKey(target, {}) })
        expectErrors(response, format, 405)
        expect(response.headers.get('allow') ?? '').toMatch(/\bGET\b/)
        expect(response.headers.get('allow') ?? '').not.toMatch(/\bPOST\b/)
      }
      const allowed = await sendRequest(target, `/requests.${format}`, {}, { method: 'DELETE' })
      expect(allowed.headers.get('allow') ?? '').toMatch(/\bPOST\b/)
    },
  )

  test.skipIf(target.own)('GR-GEN-08 refuses PUT and DELETE', async () => {
    for (const method of ['PUT', 'DELETE']) {
      const response = await sendRequest(target, '/services.xml', {}, { method })
      expect(response.status, describeResponse(response)).toBeGreaterThanOrEqual(400)
    }
  })

  own('A-40 HEAD has the headers of GET and no body', async () => {
    const id = await submit(target)
    for (const path of [
      '/services.xml',
      '/services.json',
      `/requests/${id}.json`,
      '/services/POTHOLE.xml',
      '/discovery.json',
    ]) {
      const [head, full] = [
        await sendRequest(target, path, {}, { method: 'HEAD' }),
        await sendRequest(target, path),
      ]
      expect(head.status, describeResponse(head)).toBe(200)
      expect(head.bytes.length).toBe(0)
      expect(head.headers.get('content-type')).toBe(full.headers.get('content-type'))
    }
    const none = await sendRequest(target, '/requests/none-0.json', {}, { method: 'HEAD' })
    expect(none.status).toBe(404)
    expect(none.headers.get('content-type') ?? '').toMatch(CONTENT_TYPE.json)
  })

  own('A-40 allows CORS from any origin', async () => {
    const origin = { origin: 'https://app.example' }
    for (const path of ['/services.json', '/requests/none-0.json', '/discovery.json']) {
      const response = await sendRequest(target, path, {}, { headers: origin })
      expect(response.headers.get('access-control-allow-origin'), describeResponse(response)).toBe('*')
    }
    const requestHeaders = {
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type',
    }
    const preflight = await sendRequest(
      target,
      '/requests.json',
      {},
      { method: 'OPTIONS', headers: { ...origin, ...requestHeaders } },
    )
    expect(preflight.status, describeResponse(preflight)).toBe(204)
    expect(preflight.text).toBe('')
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*')
    expect(preflight.headers.get('access-control-allow-methods') ?? '').toMatch(/POST/)
    expect(preflight.headers.get('access-control-allow-headers') ?? '').toMatch(/content-type|\*/i)
  })
})
