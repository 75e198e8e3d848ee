import { describeError, type Log } from '../log.js'
import type { Database } from '../store/database/database.js'
import { EVENT_CHANNEL, sequenceEvents } from '../store/events/sequence-events.js'
import { startPeriodicTask } from './periodic-task.js'

/** Numbers events soon after they happened, and tells those who wait for them. */
export interface EventSequencer {
  /** Something was written here. */
  wake(): void
  /** Calls `heard` whenever there are new events, until the function it gives is called. */
  subscribe(heard: () => void): () => void
  /** Ends after the step under way. */
  stop(): Promise<void>
}

/** Milliseconds: what is written here is gathered for a moment; each numbering waits for the disk as each submission does. */
const BATCH_DELAY_MS = 250
/** Milliseconds between looks for what commands, other processes and people at the database wrote. */
const POLL_INTERVAL_MS = { embedded: 1000, postgres: 500 }

/** Numbers what there is, again and again until `stop`. */
export async function startEventSequencer(database: Database, log: Log): Promise<EventSequencer> {
  const hearing = new Set<() => void>()
  let isStopped = false
  let isFailing = false
  const { schedule, stop } = startPeriodicTask(work)

  async function work(): Promise<void> {
    let numbered = 0
    try {
      if (!isStopped) numbered = await sequenceEvents(database.store)
      isFailing = false
    } catch (error) {
      if (!isFailing) log.error({ fault: describeError(error) }, 'events could not be numbered')
      isFailing = true
    }
    schedule(numbered > 0 ? BATCH_DELAY_MS : POLL_INTERVAL_MS[database.kind])
  }

  await database.listen(EVENT_CHANNEL, () => {
    for (const heard of hearing) heard()
  })
  schedule(0)
  return {
    wake: () => schedule(BATCH_DELAY_MS),
    subscribe: (heard) => {
      hearing.add(heard)
      return () => hearing.delete(heard)
    },
    stop: () => {
      isStopped = true
      return stop()
    },
  }
}
