import { describeError, type Log } from '../log.js'
import type { Database } from '../store/database/database.js'
import { EVENT_CHANNEL, sequenceEvents } from '../store/events/sequence-events.js'
import { startPeriodicTask } from './periodic-task.js'

/** Assigns sequence numbers to events soon after they were written, and notifies subscribers. */
export interface EventSequencer {
  /** Call it after this process wrote an event. */
  wake(): void
  /** Calls `onEvents` whenever there are new events. Returns a function that unsubscribes. */
  subscribe(onEvents: () => void): () => void
  /** Waits for the current run. */
  stop(): Promise<void>
}

/** Collects the events of a moment into one run: each run waits for the disk, as each submission does. */
const BATCH_DELAY_MS = 250
/** Finds events of commands, of other processes and of direct database access. */
const POLL_INTERVAL_MS = { embedded: 1000, postgres: 500 }

export async function startEventSequencer(database: Database, log: Log): Promise<EventSequencer> {
  const subscribers = new Set<() => void>()
  let isStopped = false
  let isFailing = false
  const { schedule, stop } = startPeriodicTask(work)

  async function work(): Promise<void> {
    let count = 0
    try {
      if (!isStopped) count = await sequenceEvents(database.store)
      isFailing = false
    } catch (error) {
      if (!isFailing) log.error({ error: describeError(error) }, 'could not sequence events')
      isFailing = true
    }
    schedule(count > 0 ? BATCH_DELAY_MS : POLL_INTERVAL_MS[database.kind])
  }

  await database.listen(EVENT_CHANNEL, () => {
    for (const notify of subscribers) notify()
  })
  schedule(0)
  return {
    wake: () => schedule(BATCH_DELAY_MS),
    subscribe: (onEvents) => {
      subscribers.add(onEvents)
      return () => subscribers.delete(onEvents)
    },
    stop: () => {
      isStopped = true
      return stop()
    },
  }
}
