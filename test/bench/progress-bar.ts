import { SingleBar } from 'cli-progress'

/** A bar for the person who waits; in a log a line every few seconds. */
export class Progress {
  private readonly bar = new SingleBar({
    format: '  {what} {bar} {percentage}% | {duration_formatted}',
    noTTYOutput: true,
    notTTYSchedule: 10_000,
    hideCursor: true,
  })

  constructor(
    what: string,
    private readonly all: number,
  ) {
    this.bar.start(all, 0, { what: what.padEnd(16) })
  }

  /** So much of all is done. */
  reach(done: number): void {
    this.bar.update(done)
    if (done >= this.all) this.bar.stop()
  }
}
