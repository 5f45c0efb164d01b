/**
 * Routing updates: changes of the RIB that no commit makes (links that come and go, what routing protocols say), brought to the
 * members in the order in which they were said, each before the commits that come after it.
 *
 * What is said while a batch is under way waits for the next one, in which the RIB keeps the last word on each prefix: many small
 * updates cost a few transactions. One batch may be on its way to the members while the next is being resolved. Who says very
 * much awaits `room()` now and then.
 */
import type { Operation } from '../../../dataplane/client/index.js'
import { allOperations, isEmpty, type Rib, type RibUpdate } from '../../rib/index.js'

export interface UpdateParts {
  readonly rib: Rib
  /**
   * Carries operations out on the member; takes its turn among commits at once when it is called, and is called again only when
   * at most one is on its way.
   */
  readonly send: (operations: readonly Operation[]) => Promise<void>
  /** Told of what the member did not carry out: it is not as the RIB says until it is programmed anew. */
  readonly lost: (error: unknown) => void
  /** Told of what was not done at all. */
  readonly failed: (error: unknown) => void
}

/** Changes in one batch, so that a commit does not wait long for its turn. */
const batchSize = 16_384
/** Changes that may wait before `room()` makes who says more wait. */
const waitingLimit = 4 * batchSize

interface Waiting {
  readonly say: (update: RibUpdate) => unknown
  readonly weight: number
}

export class RoutingUpdates implements AsyncDisposable {
  readonly #parts: UpdateParts
  #queue: Waiting[] = []
  /** Changes in the queue. */
  #waiting = 0
  /** Batches are made one after the other while this is there. */
  #running: Promise<void> | undefined
  /** The last batch that was sent. */
  #sending: Promise<void> = Promise.resolve()
  #held = 0
  #ended = false
  #room: (() => void)[] = []

  constructor(parts: UpdateParts) {
    this.#parts = parts
  }

  /** Says something, soon. `weight`: how many changes it makes, more or less. */
  push(say: (update: RibUpdate) => unknown, weight = 1): void {
    if (this.#ended) return
    this.#queue.push({ say, weight })
    this.#waiting += weight
    this.#run()
  }

  /** Resolves when no more waits than is good. */
  async room(): Promise<void> {
    while (this.#waiting > waitingLimit && !this.#ended)
      await new Promise<void>((resolve) => this.#room.push(resolve))
  }

  /** Resolves when members have what was said before, or it was told why not. */
  async settled(): Promise<void> {
    let sending: Promise<void>
    do {
      await this.#running
      sending = this.#sending
      await sending
    } while (this.#running || sending !== this.#sending)
  }

  /** Does work while no update is under way and none begins, such as programming a member anew with all that the RIB has. */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    this.#held++
    try {
      await this.settled()
      return await work()
    } finally {
      this.#held--
      this.#run()
    }
  }

  /** Resolves when what is under way is done; what waits is let go. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true
    this.#queue = []
    this.#makeRoom(this.#waiting)
    await this.settled()
  }

  #run(): void {
    if (this.#running || this.#held > 0 || this.#queue.length === 0) return
    this.#running = this.#batches().finally(() => {
      this.#running = undefined
      this.#run()
    })
  }

  async #batches(): Promise<void> {
    while (this.#queue.length > 0 && this.#held === 0) await this.#batch()
  }

  async #batch(): Promise<void> {
    const { rib, send, lost, failed } = this.#parts
    const before = this.#sending
    try {
      await rib.update(
        async (update) => {
          // What is said while the batch waits for its turn is part of it.
          for (const { say } of this.#take()) await say(update)
        },
        ({ delta }) => {
          if (!isEmpty(delta)) this.#sending = send(allOperations(delta)).catch(lost)
        },
      )
    } catch (error) {
      failed(error)
    }
    await before
  }

  #take(): readonly Waiting[] {
    let weight = 0
    let count = 0
    while (count < this.#queue.length && weight < batchSize) weight += this.#queue[count++]?.weight ?? 0
    const batch = this.#queue.splice(0, count)
    this.#makeRoom(weight)
    return batch
  }

  #makeRoom(weight: number): void {
    this.#waiting -= weight
    if (this.#waiting > waitingLimit && !this.#ended) return
    for (const resolve of this.#room.splice(0)) resolve()
  }
}
