import { describe, expect, test } from 'vitest'
import type { WebhookFormat } from '../../src/standard/webhooks.js'
import {
  classifyResponse,
  computeAttempt,
  computeBackoffMs,
  type TargetResponse,
} from '../../src/webhooks/delivery-outcome.js'

const response = (status: number | null, text = '', error: string | null = null): TargetResponse => ({
  status,
  text,
  error,
})
const POLICY = { maxAttempts: 15, firstBackoffMs: 5000 }
const HOUR_MS = 3_600_000

describe('EXT-37 classification of responses', () => {
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
  ] as const)('of a standard webhook: %s, %s', (status, outcome) => {
    expect(classifyResponse('standard', response(status, 'already exists'))).toBe(outcome)
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
    [400, '<errors><error><description>Bad request: not found</description></error></errors>', 'not_found'],
    [404, '[{"code":404,"description":"service_request_id was not found."}]', 'not_found'],
    [404, '<h1>Gone fishing</h1>', 'failed'],
    [400, 'Bad request: api_key', 'failed'],
    [500, 'already exists', 'failed'],
    [410, '', 'gone'],
    [null, '', 'failed'],
  ] as const)('of an update, %s %s: %s', (status, text, outcome) => {
    expect(classifyResponse('fixmystreet', response(status, text))).toBe(outcome)
  })
})

describe('EXT-37 what follows an attempt', () => {
  const failed = (attemptNumber: number) =>
    computeAttempt({ format: 'standard', attemptNumber }, response(500), POLICY, 0.5)

  test('backoff doubles per attempt, is capped at 6 h, and has a jitter of 25 %', () => {
    const backoffs = [1, 2, 3, 14].map((attemptNumber) => computeBackoffMs(attemptNumber, 5000, 0.5))
    expect(backoffs).toEqual([5000, 10_000, 20_000, 6 * HOUR_MS])
    expect(computeBackoffMs(2, 5000, 0)).toBe(7500)
    expect(computeBackoffMs(2, 5000, 1)).toBe(12_500)
    expect(failed(2)).toMatchObject({ state: 'pending', backoffMs: 10_000, isPaused: false })
  })

  test('all attempts together last most of a day; after the last one the delivery is a dead letter', () => {
    const backoffs = Array.from({ length: 14 }, (_, index) => failed(index + 1).backoffMs)
    const total = backoffs.reduce((sum, backoffMs) => sum + backoffMs)
    expect(total / HOUR_MS).toBeGreaterThan(16)
    expect(total / HOUR_MS).toBeLessThan(24)
    expect(failed(15)).toMatchObject({ state: 'dead', backoffMs: 0, isPaused: false })
  })

  test('an update of an unknown service request is a dead letter after 3 attempts; 410 pauses the webhook', () => {
    const notFound = (attemptNumber: number) =>
      computeAttempt(
        { format: 'fixmystreet', attemptNumber },
        response(400, 'Bad request: not found'),
        POLICY,
        0.5,
      ).state
    expect([1, 2, 3].map(notFound)).toEqual(['pending', 'pending', 'dead'])
    expect(
      computeAttempt({ format: 'standard', attemptNumber: 15 }, response(410), POLICY, 0.5),
    ).toMatchObject({ state: 'pending', isPaused: true })
  })

  test.each([
    ['standard', null, 'TIMEOUT', 'TIMEOUT'],
    ['standard', 302, null, 'redirects are not followed'],
    ['standard', 400, null, 'refused'],
    ['standard', 404, null, 'refused'],
    ['standard', 410, null, 'gone: the webhook is paused'],
    ['standard', 503, null, 'server error'],
    ['fixmystreet', 200, null, 'no update_id in the response'],
    ['fixmystreet', 404, null, 'unknown service request'],
  ] as const)('the log explains a failure in our own words: %s %s %s', (form, status, error, logged) => {
    const text = 'planted: not found, api_key k3y of ada@planted.example'
    const attempt = computeAttempt(
      { format: form, attemptNumber: 1 },
      response(status, text, error),
      POLICY,
      0.5,
    )
    expect(attempt).toMatchObject({ status, error: logged })
  })

  test('no text of a target is ever recorded', () => {
    const texts = ['planted', 'planted already exists', 'planted not found', '<update_id>planted</update_id>']
    const statuses = [100, 200, 204, 301, 400, 404, 410, 429, 500, 599]
    const forms: WebhookFormat[] = ['standard', 'fixmystreet']
    for (const form of forms)
      for (const status of statuses)
        for (const text of texts)
          for (const attemptNumber of [1, 15]) {
            const attempt = computeAttempt(
              { format: form, attemptNumber },
              response(status, text),
              POLICY,
              0.5,
            )
            expect(JSON.stringify(attempt)).not.toContain('planted')
          }
  })
})
