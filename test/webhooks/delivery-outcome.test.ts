import { describe, expect, test } from 'vitest'
import {
  type AttemptContext,
  classifyResponse,
  computeAttempt,
  type TargetResponse,
} from '../../src/webhooks/delivery-outcome.js'
import { WITHHELD_RESPONSE } from '../../src/webhooks/recorded-response.js'

const heard = (status: number | null, text = '', fault: string | null = null): TargetResponse => ({
  status,
  text,
  error: fault,
})
const RULES = { attempts: 15, retryAfter: 5000 }
const TRIED: AttemptContext = { form: 'standard', attempts: 1, sent: [] }
const HOUR = 3_600_000

describe('EXT-37 what an answer means', () => {
  test.each([
    [200, 'delivered'],
    [204, 'delivered'],
    [299, 'delivered'],
    [301, 'failed'],
    [302, 'failed'],
    [304, 'failed'],
    [307, 'failed'],
    [400, 'failed'],
    [404, 'failed'],
    [410, 'gone'],
    [429, 'failed'],
    [500, 'failed'],
    [null, 'failed'],
  ] as const)('of a standard webhook: %s, %s', (status, verdict) => {
    expect(classifyResponse('standard', heard(status, 'already exists'))).toBe(verdict)
  })

  const xml = (inner: string) =>
    `<?xml version="1.0"?><service_request_updates>${inner}</service_request_updates>`
  test.each([
    [200, xml('<request_update><update_id>17</update_id></request_update>'), 'delivered'],
    [200, xml('<update_id>17</update_id>'), 'delivered'],
    [201, xml('<request_update><token> t1 </token></request_update>'), 'delivered'],
    [200, '[{"update_id":"17"}]', 'delivered'],
    [200, '{"service_request_updates":{"update_id":17}}', 'delivered'],
    [200, xml('<request_update><update_id></update_id></request_update>'), 'failed'],
    [200, xml('<request_update><update_id/></request_update>'), 'failed'],
    [200, '[{"update_id":""}]', 'failed'],
    [200, '[{"update_id":null}]', 'failed'],
    [200, '<html>Welcome</html>', 'failed'],
    [
      400,
      '<errors><error><description>Bad request: already exists</description></error></errors>',
      'delivered',
    ],
    [400, '<errors><error><description>Bad request: not found</description></error></errors>', 'unknown'],
    [404, '[{"code":404,"description":"service_request_id was not found."}]', 'unknown'],
    [404, '<h1>Gone fishing</h1>', 'failed'],
    [400, 'Bad request: api_key', 'failed'],
    [500, 'already exists', 'failed'],
    [410, '', 'gone'],
    [null, '', 'failed'],
  ] as const)('of an update, %s %s: %s', (status, text, verdict) => {
    expect(classifyResponse('fixmystreet', heard(status, text))).toBe(verdict)
  })
})

describe('EXT-37 what follows', () => {
  const following = (attempts: number, random = 0.5) =>
    computeAttempt({ ...TRIED, attempts }, heard(500), RULES, random)

  test('a target that fails rests twice as long each time, at most six hours, more or less', () => {
    expect([1, 2, 3, 14].map((attempts) => following(attempts).backoffMs)).toEqual([
      5000,
      10_000,
      20_000,
      6 * HOUR,
    ])
    expect(following(2, 0).backoffMs).toBe(7500)
    expect(following(2, 1).backoffMs).toBe(12_500)
    expect(following(1).state).toBe('waiting')
  })

  test('all attempts together last most of a day; after the last one the next delivery is sent at once', () => {
    const all = Array.from({ length: 14 }, (_, index) => following(index + 1).backoffMs).reduce(
      (sum, rest) => sum + rest,
    )
    expect(all / HOUR).toBeGreaterThan(16)
    expect(all / HOUR).toBeLessThan(24)
    expect(following(15)).toMatchObject({ state: 'dead', rest: 0, isPaused: false })
  })

  test('what the target does not know is given up soon; what it wants no more pauses it', () => {
    const unknown = (attempts: number) =>
      computeAttempt(
        { ...TRIED, form: 'fixmystreet', attempts },
        heard(400, 'Bad request: not found'),
        RULES,
        0.5,
      ).state
    expect([1, 2, 3].map(unknown)).toEqual(['waiting', 'waiting', 'dead'])
    expect(computeAttempt({ ...TRIED, attempts: 15 }, heard(410), RULES, 0.5)).toMatchObject({
      state: 'waiting',
      isPaused: true,
    })
  })

  const fault = (text: string, ...sent: string[]) =>
    computeAttempt({ ...TRIED, sent }, heard(500, text), RULES, 0.5).error

  test('of what went wrong, a little is kept, as one line', () => {
    expect(fault(`\u0000 ${'x'.repeat(5000)}`)).toBe('x'.repeat(200))
    expect(fault('  \n')).toBeNull()
    expect(fault('No,\r\n\tnot \u001b[31mtoday\u202e\u2028!')).toBe('No, not [31mtoday !')
    expect(fault('😀'.repeat(300))).toBe('😀'.repeat(200))
    expect(computeAttempt(TRIED, heard(null, '', 'ECONNREFUSED'), RULES, 0.5).error).toBe('ECONNREFUSED')
  })

  test.each([
    ['as it is', 'api_key k3y+/=abcdefgh is wrong'],
    ['encoded', 'got api_key=k3y%2B%2F%3DABCDEFGH'],
    ['behind all that is kept', `${'x '.repeat(200)}k3y+/=abcdefgh`],
    ['cut off', 'your key k3y+/=abcdefg… is wrong'],
    ['what people wrote, encoded', 'cannot take: Dear&nbsp;Mr&#32;Xavier\\u2026'],
    ['a part of what people wrote', 'too long: there is a deep ho…'],
    ['in letters that JSON escapes', '{"text":"Nachbar J\\u00f6rg M\\u00fc\\u00dfig s\\u00e4uft"}'],
    ['in letters that HTML escapes', 'Nachbar J&#246;rg M&#xFC;&#223;ig'],
    ['a short word', 'no such m\\u00fcll here'],
    ['somebody of whom we never heard', 'no account for bob@planted.example'],
  ])('of an answer that repeats what it was sent, nothing is kept: %s', (_, text) => {
    const written = ['Dear Mr Xavier', 'There is a deep hole in my drive', 'Nachbar Jörg Müßig säuft', 'Müll']
    expect(fault(text, 'k3y+/=abcdefgh', ...written)).toBe(WITHHELD_RESPONSE)
    // A short word says nothing within another.
    expect(fault('api_key is wrong', 'k3y+/=abcdefgh', 'Deep', 'is w', 'wron')).toBe('api_key is wrong')
  })
})
