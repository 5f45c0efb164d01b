/**
 * Between those who tell and a place that takes records in its own time: ordered, bounded in memory, and never in anybody's
 * way. What fails is tried again after a pause; what comes while there is no room is counted, and a record of the number
 * takes its place as soon as there is room. `push` is O(1).
 */
import type { Log } from '../log.js'
import type { AuditEvent } from './record.js'
import type { PlaceState } from './settings.js'

/** Where records go. */
export interface Sink {
  readonly name: string
  /** All of them, or it rejects and may be called with the same ones again. */
  write(records: readonly string[]): Promise<void>
  /** Records of more text are written in parts, each of one record at least; any when absent. */
  readonly most?: number
  close(): Promise<void>
}

export interface OutboxOptions {
  /** Records that may wait. */
  readonly capacity?: number
  /** Milliseconds before what failed is tried again. */
  readonly pause?: number
  /** Milliseconds after a write in which records gather for the next one. */
  readonly gather?: number
  readonly clock: () => Date
  readonly log: Log
  readonly format: (event: AuditEvent, sequence: number) => string
  /** Told when writing begins to fail, and when it works again. */
  readonly changed?: () => void
}

/** Records written at one go. */
const batchSize = 256

export class Outbox {
  readonly #sink: Sink
  readonly #options: Required<OutboxOptions>
  readonly #waiting: string[] = []
  #sequence = 0
  #written = 0
  #lost = 0
  /** Lost since the last record that said so. */
  #unsaid = 0
  #failure: string | undefined
  #working: Promise<void> | undefined
  #closing = false
  #wake: (() => void) | undefined

  constructor(sink: Sink, options: OutboxOptions) {
    this.#sink = sink
    this.#options = { capacity: 10_000, pause: 1_000, gather: 20, changed: () => undefined, ...options }
  }

  /** Records since the start, and why the last attempt failed, if it did. */
  get state(): PlaceState {
    return {
      written: this.#written,
      lost: this.#lost,
      waiting: this.#waiting.length,
      failure: this.#failure,
    }
  }

  push(event: AuditEvent): void {
    this.#sequence++
    if (this.#closing || this.#waiting.length >= this.#options.capacity) {
      this.#lost++
      this.#unsaid++
      return
    }
    this.#waiting.push(this.#options.format(event, this.#sequence))
    this.#working ??= this.#work()
  }

  /** Tries once more to write what waits. Never rejects. */
  async close(): Promise<void> {
    this.#closing = true
    this.#wake?.()
    await this.#working
    const left = this.#waiting.length + this.#unsaid
    if (left > 0) this.#options.log.error(`${this.#sink.name}: ${left} records are lost at the end`)
    await this.#sink.close().catch((error: unknown) => this.#fail(error))
  }

  /** Until nothing waits, or, when closing, something fails. */
  async #work(): Promise<void> {
    // What comes in the same turn is written together.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const batch = this.#batch()
      try {
        await this.#sink.write(batch)
      } catch (error) {
        this.#fail(error)
        if (this.#closing) break
        await this.#rest(this.#options.pause)
        continue
      }
      this.#waiting.splice(0, batch.length)
      this.#written += batch.length
      this.#recover()
      this.#sayLoss()
      // A write for each record would cost a busy server more than the records do.
      await this.#rest(this.#options.gather)
    }
    this.#working = undefined
  }

  #recover(): void {
    if (this.#failure === undefined) return
    this.#options.log.info(`${this.#sink.name}: records are written again`)
    this.#failure = undefined
    this.#options.changed()
  }

  #batch(): readonly string[] {
    const { most = Infinity } = this.#sink
    let octets = 0
    const end = this.#waiting.findIndex((record, index) => {
      octets += Buffer.byteLength(record) + 1
      return index === batchSize || (index > 0 && octets > most)
    })
    return this.#waiting.slice(0, end < 0 ? undefined : end)
  }

  #sayLoss(): void {
    if (this.#unsaid === 0) return
    const { clock, log, format } = this.#options
    const lost = this.#unsaid
    this.#unsaid = 0
    log.error(`${this.#sink.name}: ${lost} audit records were lost`)
    const event: AuditEvent = {
      id: 'records-lost',
      severity: 'error',
      time: clock(),
      fields: [['records', lost]],
      text: `${lost} audit records were lost here`,
    }
    this.#waiting.push(format(event, ++this.#sequence))
  }

  /** The first of a row of failures is told. */
  #fail(error: unknown): void {
    const failure = error instanceof Error ? error.message : String(error)
    const first = this.#failure === undefined
    this.#failure = failure
    if (!first) return
    this.#options.log.error(`${this.#sink.name}: audit records cannot be written: ${failure}`)
    this.#options.changed()
  }

  #rest(milliseconds: number): Promise<void> {
    if (this.#closing) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
