/** One capture of a member: its pieces are taken one after the other, and each that was taken lets another one come. */
import type { CaptureReplyMessage, ChassisMessage } from '../proto/contract.js'
import { MemberError } from './errors.js'
import type { CaptureCounts, CaptureEnd, CaptureRequest, RunningCapture } from './packets.js'

export class CaptureLine implements RunningCapture {
  readonly begun: Promise<void>
  readonly ended: Promise<CaptureEnd>
  readonly #id: string
  readonly #take: (octets: Uint8Array, counts: CaptureCounts) => Promise<void>
  readonly #write: (message: Omit<ChassisMessage, 'term'>) => void
  #hasBegun: () => void = () => undefined
  #hasEnded: (why: CaptureEnd) => void = () => undefined
  #failed: (error: Error) => void = () => undefined
  /** What still comes is not taken, but has to come for the capture to end. */
  #isOver = false
  /** What came before has been taken. */
  #taken: Promise<void> = Promise.resolve()

  constructor(
    id: string,
    take: (octets: Uint8Array, counts: CaptureCounts) => Promise<void>,
    write: (message: Omit<ChassisMessage, 'term'>) => void,
  ) {
    this.#id = id
    this.#take = take
    this.#write = write
    const failed = new Promise<never>((_resolve, reject) => (this.#failed = reject))
    this.begun = Promise.race([new Promise<void>((resolve) => (this.#hasBegun = resolve)), failed])
    this.ended = Promise.race([new Promise<CaptureEnd>((resolve) => (this.#hasEnded = resolve)), failed])
    for (const promise of [this.begun, this.ended]) promise.catch(() => undefined)
  }

  begin({ direction, filter, ...request }: CaptureRequest): void {
    this.#write({
      capture: {
        id: this.#id,
        ...request,
        in: direction === 'in' || direction === 'both',
        out: direction === 'out' || direction === 'both',
        ethernetFilter: filter.ethernet,
        layer3Filter: filter.layer3,
      },
    })
  }

  stop(): void {
    this.#write({ endCapture: { id: this.#id } })
  }

  receive(reply: CaptureReplyMessage): void {
    const { error, octets, ended, packets = 0, overRate = 0, ringFull = 0 } = reply
    if (error) return this.fail(new MemberError(error))
    this.#hasBegun()
    const counts = { packets: BigInt(packets), overRate: BigInt(overRate), ringFull: BigInt(ringFull) }
    this.#taken = this.#taken.then(async () => {
      if (octets && !this.#isOver) {
        await this.#take(octets, counts).catch((failure: Error) => {
          this.stop()
          this.fail(failure)
        })
      }
      if (ended) this.#hasEnded(ended as CaptureEnd)
      else this.#write({ captureMore: { id: this.#id } })
    })
  }

  fail(error: Error): void {
    this.#isOver = true
    this.#failed(error)
  }
}
