/** The time of a transcript: a clock that goes on when it is told, with the timers that hang on it. */
import type { Timers } from '../../../datastore/confirmed.js'

/** How long anything is waited for, in milliseconds of the real time. */
export const patience = 10_000

interface Task {
  readonly at: number
  readonly run: () => void
}

/** It begins with the year 2026. */
export class VirtualTime implements Timers {
  /** Milliseconds since the epoch. */
  now = Date.UTC(2026, 0, 1)
  private readonly tasks = new Set<Task>()

  /** How many timers run. */
  get waiting(): number {
    return this.tasks.size
  }

  after(milliseconds: number, run: () => void): Disposable {
    const task = { at: this.now + milliseconds, run }
    this.tasks.add(task)
    return { [Symbol.dispose]: () => void this.tasks.delete(task) }
  }

  pass(milliseconds: number): void {
    const end = this.now + milliseconds
    for (;;) {
      const [next] = [...this.tasks].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
      if (next === undefined) break
      this.tasks.delete(next)
      this.now = Math.max(this.now, next.at)
      next.run()
    }
    this.now = end
  }
}
