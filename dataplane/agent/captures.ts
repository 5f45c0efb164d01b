/**
 * The captures of this attachment: what the engine saw is read every few milliseconds and sent on, as far as weftd takes it. What
 * it does not take in time the engine loses, and counts.
 */
import { capturePieces, type CaptureReplyMessage, type CaptureRequestMessage } from '../proto/contract.js'
import type { Engine } from './engine.js'

const pieceOctets = 256 << 10
/** Milliseconds. */
const pause = 20

export class Captures {
  readonly #engine: Engine
  readonly #answer: (reply: CaptureReplyMessage) => void
  /** Pieces that may be sent, by id. */
  readonly #room = new Map<string, number>()
  #timer: NodeJS.Timeout | undefined

  constructor(engine: Engine, answer: (reply: CaptureReplyMessage) => void) {
    this.#engine = engine
    this.#answer = answer
  }

  begin(request: CaptureRequestMessage): void {
    const { id } = request
    try {
      this.#engine.beginCapture(Number(id), request)
    } catch (error) {
      return this.#answer({ id, error: (error as Error).message })
    }
    this.#room.set(id, capturePieces)
    this.#timer ??= setInterval(() => this.#readAll(), pause)
    this.#read(id)
  }

  /** A piece was taken. */
  more(id: string): void {
    const room = this.#room.get(id)
    if (room === undefined) return
    this.#room.set(id, room + 1)
    this.#read(id)
  }

  end(id: string): void {
    if (this.#room.has(id)) this.#engine.endCapture(Number(id))
  }

  /** Nobody is there any more to be told. */
  forget(): void {
    this.#room.clear()
    this.#rest()
    this.#engine.forgetCaptures()
  }

  #readAll(): void {
    for (const id of this.#room.keys()) this.#read(id)
  }

  #read(id: string): void {
    for (let room = this.#room.get(id) ?? 0; room > 0; room--) {
      const chunk = this.#engine.readCapture(Number(id), pieceOctets)
      if (chunk && chunk.octets.length === 0 && chunk.ended === '') return
      this.#room.set(id, room - 1)
      if (!chunk || chunk.ended !== '') this.#room.delete(id)
      if (chunk) {
        const { octets, packets, overRate, ringFull, ended } = chunk
        this.#answer({
          id,
          octets,
          packets: String(packets),
          overRate: String(overRate),
          ringFull: String(ringFull),
          ended,
        })
      }
      if (!this.#room.has(id)) return this.#rest()
    }
  }

  #rest(): void {
    if (this.#room.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
