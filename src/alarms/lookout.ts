/**
 * Looks at what is wrong when something says that it may be otherwise: at once when it has not looked for a while, else when
 * `pause` is over, however often it is said meanwhile. One look at a time; nothing is done while nothing is said.
 */
import { setTimeout as delay } from 'node:timers/promises'

/** Milliseconds between two looks: what comes and goes faster is seen a few times a second. */
const usualPause = 250

export class Lookout implements AsyncDisposable {
  readonly #look: () => Promise<void>
  readonly #pause: number
  readonly #stop = new AbortController()
  #wanted = false
  #working: Promise<void> | undefined

  /** `look` never rejects. */
  constructor(look: () => Promise<void>, pause = usualPause) {
    this.#look = look
    this.#pause = pause
  }

  /** Something may be otherwise. */
  look(): void {
    if (this.#stop.signal.aborted) return
    this.#wanted = true
    this.#working ??= this.#work()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#working
  }

  async #work(): Promise<void> {
    while (this.#wanted && !this.#stop.signal.aborted) {
      this.#wanted = false
      await this.#look()
      await delay(this.#pause, undefined, { signal: this.#stop.signal, ref: false }).catch(() => undefined)
    }
    this.#working = undefined
  }
}
