/** What is to be undone when the appliance stops. */
import type { Log } from './log.js'

interface Closer {
  readonly name: string
  readonly close: () => unknown
  readonly release: () => unknown
}

/** A stack of things to undo, the last one first. */
export class Closers {
  readonly #closers: Closer[] = []
  #closed: Promise<void> | undefined

  /** `release`: instead of `close` when a start fails; leaves at work what an earlier start has left. */
  add(name: string, close: () => unknown, release = close): void {
    this.#closers.push({ name, close, release })
  }

  /** By the first call; later ones wait for it. */
  undo(how: 'close' | 'release', log: Log): Promise<void> {
    this.#closed ??= this.#undo(how, log)
    return this.#closed
  }

  async #undo(how: 'close' | 'release', log: Log): Promise<void> {
    for (const { name, [how]: undo } of this.#closers.reverse()) {
      try {
        await undo()
      } catch (error) {
        log.error(`stopping ${name}: ${(error as Error).message}`)
      }
    }
  }
}
