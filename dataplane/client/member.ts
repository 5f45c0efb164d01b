/**
 * One member as weftd sees it, over its Attach stream while there is one. Transactions of a member are done one after the
 * other. Before the point of no return a lost member or a missed deadline is a rejection; after it, it is the reconciler's
 * work and apply() resolves.
 */
import type {
  CaptureReplyMessage,
  ChassisMessage,
  Hello,
  MemberMessage,
  Outcome,
  ServerAttach,
  StateReply,
  TraceReplyMessage,
  TraceRequestMessage,
} from '../proto/contract.js'
import type { MacSelection } from './bridge.js'
import { CaptureLine } from './capture.js'
import { DeadlineError, MemberError, MemberLostError } from './errors.js'
import type { Peer } from './gate.js'
import { encodeRecords } from './records.js'
import { readState, stateRequest } from './state.js'
import type { Member, PreparedTransaction } from './contract.js'
import type { MemberState, StateQuery } from './member-state.js'
import type { Operation } from './operations.js'
import type { CaptureCounts, CaptureRequest, RunningCapture, TracedPacket, TraceRequest } from './packets.js'

const statePatience = 5_000
const applyPatience = 30_000

export interface MemberLog {
  info(message: string): void
  warn(message: string): void
  error(message: string): void
}

interface Waiting<Value> {
  resolve(value: Value): void
  reject(error: Error): void
}

const notAttached: PreparedTransaction = { apply: async () => undefined, abort: async () => undefined }

/** The stream and what was asked over it and is not answered yet. */
class Line {
  readonly stream: ServerAttach
  readonly outcomes = new Map<string, Waiting<Outcome>>()
  readonly states = new Map<string, Waiting<Partial<StateReply>>>()
  readonly traces = new Map<string, Waiting<TraceReplyMessage>>()
  readonly captures = new Map<string, CaptureLine>()
  lost: MemberLostError | undefined
  #drained: (() => void)[] = []

  constructor(stream: ServerAttach) {
    this.stream = stream
    stream.on('drain', () => this.#wake())
  }

  /** Writes, and resolves when the stream takes more. */
  async write(message: ChassisMessage): Promise<void> {
    if (this.lost) throw this.lost
    if (this.stream.write(message)) return
    await new Promise<void>((resolve) => this.#drained.push(resolve))
    if (this.lost) throw this.lost
  }

  end(error: MemberLostError): void {
    this.lost = error
    for (const kind of [this.outcomes, this.states, this.traces]) {
      for (const waiting of kind.values()) waiting.reject(error)
      kind.clear()
    }
    for (const capture of this.captures.values()) capture.fail(error)
    this.captures.clear()
    this.#wake()
  }

  #wake(): void {
    for (const resolve of this.#drained.splice(0)) resolve()
  }
}

export class AttachedMember implements Member {
  readonly name: string
  readonly #term: string
  readonly #log: MemberLog
  readonly #onDetached: (member: Member) => void
  #line: Line | undefined
  #hello: Hello | undefined
  #peer: Peer | undefined
  #since: Date | undefined
  #commit = 0
  #next = 1
  /** Settled when the transaction before has been applied or aborted. */
  #turn: Promise<void> = Promise.resolve()

  constructor(name: string, term: number, log: MemberLog, onDetached: (member: Member) => void) {
    this.name = name
    this.#term = String(term)
    this.#log = log
    this.#onDetached = onDetached
  }

  get attached(): boolean {
    return this.#line !== undefined
  }
  get pid(): number | undefined {
    return this.attached ? this.#hello?.pid : undefined
  }
  get commit(): number {
    return this.#commit
  }
  /** New whenever its engine started anew. */
  get boot(): string {
    return this.#hello?.boot ?? ''
  }
  get version(): string | undefined {
    return this.#hello?.version
  }
  get address(): string | undefined {
    return this.attached ? this.#peer?.address : undefined
  }
  get since(): Date | undefined {
    return this.#since
  }

  /** A stream whose first message was this hello; an older stream of the same member is ended. */
  attach(stream: ServerAttach, hello: Hello, peer?: Peer): void {
    this.detach()
    this.#line = new Line(stream)
    this.#hello = hello
    this.#peer = peer
    this.#since = new Date()
    this.#commit = Number(hello.commit)
  }

  /** Ends the stream, if it is this one (or whichever there is). */
  detach(stream?: ServerAttach): void {
    const line = this.#line
    if (!line || (stream && line.stream !== stream)) return
    this.#line = undefined
    this.#since = new Date()
    line.end(new MemberLostError(`member ${this.name} went away`))
    line.stream.end()
    this.#log.warn(`member ${this.name} is detached`)
    this.#onDetached(this)
  }

  send(message: Omit<ChassisMessage, 'term'>): void {
    this.#line?.stream.write({ term: this.#term, ...message })
  }

  receive(message: MemberMessage): void {
    if (message.outcome) this.#settle(message.outcome)
    else if (message.state) {
      const id = message.state.id ?? ''
      this.#line?.states.get(id)?.resolve(message.state)
      this.#line?.states.delete(id)
    } else if (message.trace) {
      this.#line?.traces.get(message.trace.id)?.resolve(message.trace)
      this.#line?.traces.delete(message.trace.id)
    } else if (message.capture) this.#receive(message.capture)
  }

  #receive(reply: CaptureReplyMessage): void {
    const line = this.#line
    const capture = line?.captures.get(reply.id)
    if (reply.error || reply.ended) line?.captures.delete(reply.id)
    capture?.receive(reply)
  }

  #settle(outcome: Outcome): void {
    this.#line?.outcomes.get(outcome.transaction)?.resolve(outcome)
    this.#line?.outcomes.delete(outcome.transaction)
  }

  async prepare(
    operations: Iterable<Operation>,
    { full, deadline }: { full: boolean; deadline: number },
  ): Promise<PreparedTransaction> {
    if (!this.#line) return notAttached
    const end = performance.now() + deadline
    const release = await this.#takeTurn(end, deadline)
    try {
      // Gone while it waited for its turn: nothing has been staged, and the reconciler will do it all.
      if (!this.#line) throw new MemberLostError(`member ${this.name} went away`)
      return await this.#stage(this.#line, operations, full, end, deadline, release)
    } catch (error) {
      release()
      throw error
    }
  }

  /** Resolves when the transactions before have been applied or aborted. */
  async #takeTurn(end: number, deadline: number): Promise<() => void> {
    const before = this.#turn
    let release = (): void => undefined
    this.#turn = new Promise((resolve) => (release = resolve))
    try {
      await this.#within(before, end, deadline)
    } catch (error) {
      void before.then(release)
      throw error
    }
    return release
  }

  async #stage(
    line: Line,
    operations: Iterable<Operation>,
    full: boolean,
    end: number,
    deadline: number,
    release: () => void,
  ): Promise<PreparedTransaction> {
    const transaction = String(this.#next++)
    const term = this.#term
    try {
      for (const records of encodeRecords(operations)) {
        await this.#within(line.write({ term, stage: { transaction, records } }), end, deadline)
      }
      const answer = this.#ask(line, transaction, { term, prepare: { transaction, full } })
      const { error, refusals } = await this.#within(answer, end, deadline)
      if (error !== '') throw new MemberError(error, refusals)
    } catch (error) {
      line.outcomes.delete(transaction)
      if (!line.lost) line.stream.write({ term, abort: { transaction } })
      throw error
    }
    return {
      apply: (commit) => this.#apply(line, transaction, commit).finally(release),
      abort: () => this.#abort(line, transaction).finally(release),
    }
  }

  async #abort(line: Line, transaction: string): Promise<void> {
    try {
      const answer = this.#ask(line, transaction, { term: this.#term, abort: { transaction } })
      await this.#within(answer, performance.now() + applyPatience, applyPatience)
    } catch (error) {
      if (!line.lost) this.#log.warn(`member ${this.name}: abort: ${(error as Error).message}`)
    }
  }

  async #apply(line: Line, transaction: string, commit: number): Promise<void> {
    try {
      const message = { term: this.#term, apply: { transaction, commit: String(commit) } }
      const answer = this.#ask(line, transaction, message)
      const { error } = await this.#within(answer, performance.now() + applyPatience, applyPatience)
      if (error !== '') throw new MemberError(error)
      this.#commit = commit
    } catch (error) {
      if (line.lost) return
      // It has not what it should have: attached anew, it is programmed anew.
      this.#log.error(`member ${this.name} did not apply commit ${commit}: ${(error as Error).message}`)
      this.detach(line.stream)
    }
  }

  async state(query: StateQuery): Promise<MemberState> {
    return readState(await this.#inquire((id) => ({ state: { id, ...stateRequest(query) } })))
  }

  async clearMacs(selection: MacSelection): Promise<number> {
    const { cleared = 0 } = await this.#inquire((id) => ({ clearMacs: { id, ...selection } }))
    return cleared
  }

  /** What is answered by a state reply. */
  async #inquire(message: (id: string) => Omit<ChassisMessage, 'term'>): Promise<Partial<StateReply>> {
    const line = this.#line
    if (!line) throw new MemberLostError(`member ${this.name} is not attached`)
    const id = String(this.#next++)
    const answer = new Promise<Partial<StateReply>>((resolve, reject) =>
      line.states.set(id, { resolve, reject }),
    )
    answer.catch(() => undefined)
    const write = line.write({ term: this.#term, ...message(id) })
    write.catch(() => undefined)
    try {
      return await this.#within(answer, performance.now() + statePatience, statePatience)
    } finally {
      line.states.delete(id)
    }
  }

  async trace(request: TraceRequest, signal: AbortSignal): Promise<readonly TracedPacket[]> {
    const line = this.#line
    if (!line) throw new MemberLostError(`member ${this.name} is not attached`)
    const id = String(this.#next++)
    const { source, destination, ...rest } = request
    const trace: TraceRequestMessage = {
      id,
      ...rest,
      ...(source && { source: source.address, sourceLength: source.length }),
      ...(destination && { destination: destination.address, destinationLength: destination.length }),
    }
    const answer = new Promise<TraceReplyMessage>((resolve, reject) =>
      line.traces.set(id, { resolve, reject }),
    )
    answer.catch(() => undefined)
    const patience = request.seconds * 1000 + statePatience
    const write = (message: Omit<ChassisMessage, 'term'>): void =>
      void line.write({ term: this.#term, ...message }).catch(() => undefined)
    const end = (): void => write({ endTrace: { id } })
    try {
      if (signal.aborted) return []
      write({ trace })
      signal.addEventListener('abort', end)
      const { error, packets = [] } = await this.#within(answer, performance.now() + patience, patience)
      if (error) throw new MemberError(error)
      return packets.map((packet) => ({ ...packet, time: Number(packet.time) }))
    } finally {
      signal.removeEventListener('abort', end)
      line.traces.delete(id)
    }
  }

  async capture(
    request: CaptureRequest,
    take: (octets: Uint8Array, counts: CaptureCounts) => Promise<void>,
  ): Promise<RunningCapture> {
    const line = this.#line
    if (!line) throw new MemberLostError(`member ${this.name} is not attached`)
    const id = String(this.#next++)
    const write = (message: Omit<ChassisMessage, 'term'>): void =>
      void line.write({ term: this.#term, ...message }).catch(() => undefined)
    const capture = new CaptureLine(id, take, write)
    line.captures.set(id, capture)
    capture.begin(request)
    try {
      await this.#within(capture.begun, performance.now() + statePatience, statePatience)
      return capture
    } catch (error) {
      capture.stop()
      throw error
    }
  }

  #ask(line: Line, transaction: string, message: ChassisMessage): Promise<Outcome> {
    if (line.lost) return Promise.reject(line.lost)
    const answer = new Promise<Outcome>((resolve, reject) =>
      line.outcomes.set(transaction, { resolve, reject }),
    )
    answer.catch(() => undefined)
    line.stream.write(message)
    return answer
  }

  /** `whole` is what the caller had allowed, for the error. */
  async #within<Value>(work: Promise<Value>, end: number, whole: number): Promise<Value> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_resolve, reject) => {
      const text = `member ${this.name} did not answer within ${whole / 1000} s`
      timer = setTimeout(() => reject(new DeadlineError(text)), Math.max(0, end - performance.now()))
    })
    try {
      return await Promise.race([work, late])
    } finally {
      clearTimeout(timer)
    }
  }
}
