import { faultOf, type Log } from '../log.js'
import type { Database } from '../store/database/database.js'
import { NUMBERED, numberEvents } from '../store/events/sequence-events.js'
import { repeating } from './periodic-task.js'

/** Numbers events soon after they happened, and tells those who wait for them. */
export interface EventWorker {
  /** Something was written here. */
  wake(): void
  /** Calls `heard` whenever there are new events, until the function it gives is called. */
  hear(heard: () => void): () => void
  /** Ends after the step under way. */
  stop(): Promise<void>
}

/** Milliseconds: what is written here is gathered for a moment; each numbering waits for the disk as each submission does. */
const GATHER = 250
/** Milliseconds between looks for what commands, other processes and people at the database wrote. */
const LOOK_EVERY = { embedded: 1000, postgres: 500 }

/** Numbers what there is, again and again until `stop`. */
export async function startEventWorker(database: Database, log: Log): Promise<EventWorker> {
  const hearing = new Set<() => void>()
  let isStopped = false
  let isFailing = false
  const { plan, stop } = repeating(work)

  async function work(): Promise<void> {
    let numbered = 0
    try {
      if (!isStopped) numbered = await numberEvents(database.store)
      isFailing = false
    } catch (error) {
      if (!isFailing) log.error({ fault: faultOf(error) }, 'events could not be numbered')
      isFailing = true
    }
    plan(numbered > 0 ? GATHER : LOOK_EVERY[database.kind])
  }

  await database.listen(NUMBERED, () => {
    for (const heard of hearing) heard()
  })
  plan(0)
  return {
    wake: () => plan(GATHER),
    hear: (heard) => {
      hearing.add(heard)
      return () => hearing.delete(heard)
    },
    stop: () => {
      isStopped = true
      return stop()
    },
  }
}
