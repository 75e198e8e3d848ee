import { afterEach, beforeEach, expect } from 'vitest'
import { createLog } from '../../src/log.js'
import { listDeliveries } from '../../src/store/events/delivery-log.js'
import { type EventSequencer, startEventSequencer } from '../../src/workers/event-sequencer.js'
import {
  type DeliveryPolicy,
  startWebhookDispatcher,
  type WebhookDispatcher,
} from '../../src/workers/webhook-dispatcher.js'
import type { TestDatabase } from '../harness/databases.js'
import { openBeforeTests } from '../harness/open-before-tests.js'
import { openSquareton } from './squareton.js'
import { type Responder, startTarget, type Target } from './target.js'

const POLICY: DeliveryPolicy = {
  allowPrivateTargets: true,
  timeoutMs: 10_000,
  maxAttempts: 4,
  firstBackoffMs: 20,
  concurrency: 10,
  logDays: 30,
}
export const POLL_OPTIONS = { timeout: 30_000 }

/** Squareton with webhook workers and targets on this machine. */
export async function openSender(database: TestDatabase) {
  const squareton = await openSquareton(database.store)
  const log = createLog('silent')
  const events: EventSequencer = await startEventSequencer(database, log)
  const workers: WebhookDispatcher[] = []
  const targets: Target[] = []

  const states = async (webhook_id: number) =>
    (await listDeliveries(database.store, webhook_id, { limit: 1000 })).map((each) => each.state).reverse()

  return {
    ...squareton,
    /** The states of the deliveries of a webhook, the oldest first. */
    states,
    start: (policy: Partial<DeliveryPolicy> = {}, store = database.store) => {
      const worker = startWebhookDispatcher({
        store,
        catalog: squareton.catalog,
        events,
        log,
        policy: { ...POLICY, ...policy },
      })
      workers.push(worker)
      return worker
    },
    target: async (respond?: Responder) => {
      const target = await startTarget(respond)
      targets.push(target)
      return target
    },
    /** Files potholes, one event each, and waits until all events are sequenced, which may take several steps. */
    file: async (count: number) => {
      const ids: string[] = []
      for (let index = 0; index < count; index++) ids.push(await squareton.file('POTHOLE'))
      events.wake()
      await expect.poll(() => listUnsequencedEvents(database), POLL_OPTIONS).toEqual([])
      return ids
    },
    fileOne: squareton.file,
    waitUntilEnded: (webhook_id: number, count: number) =>
      expect
        .poll(async () => (await states(webhook_id)).filter((each) => each !== 'pending'), POLL_OPTIONS)
        .toHaveLength(count),
    /** Stops workers and targets. */
    end: async () => {
      await Promise.all(workers.splice(0).map((worker) => worker.stop(0)))
      await Promise.all(targets.splice(0).map((each) => each.close()))
    },
    close: () => events.stop(),
  }
}

type Sender = Awaited<ReturnType<typeof openSender>>

/** A sender for the tests of a `describe`: each test starts without webhooks, and stops its workers and targets. */
export function useSender<City extends Sender>(
  open: () => Promise<TestDatabase>,
  build: (database: TestDatabase) => Promise<City>,
): City {
  const city = openBeforeTests(open, build)
  beforeEach(() => city.clear())
  afterEach(() => city.end())
  return city
}

const listUnsequencedEvents = ({ store }: TestDatabase) =>
  store.selectFrom('event').where('position', 'is', null).select('event_id').execute()
