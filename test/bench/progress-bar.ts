import { SingleBar } from 'cli-progress'

/** Progress bar on a terminal; in a log, one line every 10 s. */
export class ProgressBar {
  private readonly bar = new SingleBar({
    format: '  {label} {bar} {percentage}% | {duration_formatted}',
    noTTYOutput: true,
    notTTYSchedule: 10_000,
    hideCursor: true,
  })

  constructor(
    label: string,
    private readonly total: number,
  ) {
    this.bar.start(total, 0, { label: label.padEnd(16) })
  }

  update(done: number): void {
    this.bar.update(done)
    if (done >= this.total) this.bar.stop()
  }
}
