/**
 * One client's session (RFC 6241, sections 3, 4 and 8.1): hello, then rpcs, answered one at a time and in the order in
 * which they came. Owns its transport, its queue and its locks; when it ends, for whatever reason, they are given back at
 * once, and what still runs for it is abandoned. Bytes that break the framing end it without an answer.
 */
import type { Requester, Log, Timers } from '../datastore/index.js'
import type { Answer, Dispatcher } from './dispatch.js'
import { isCloseSession, trimMessage } from './envelope.js'
import type { ErrorPrinter, NetconfError } from './error.js'
import { printHello, readHello } from './hello.js'
import type { Limits } from './limits.js'
import type { Observer } from './observer.js'
import type { Services } from './operations/operation.js'
import { zeroCounters } from './registry.js'
import type { RegisteredSession, SessionInfo } from './registry.js'
import { sendAnswer } from './reply.js'
import type { Sending, Sent } from './reply.js'
import { Decoder, MessageWriter } from './transport/framing.js'
import type { Message } from './transport/framing.js'
import { Spool } from './transport/spool.js'
import type { Receiver, Transport } from './transport/transport.js'

export interface SessionOptions {
  readonly transport: Transport
  readonly services: Services
  readonly dispatcher: Dispatcher
  readonly printer: ErrorPrinter
  readonly capabilities: readonly string[]
  readonly limits: Limits
  /** Of the time that a session may be idle. */
  readonly timers: Timers
  readonly log: Log
  readonly recovery?: boolean
  readonly observer?: Observer | undefined
}

export class Session implements RegisteredSession, Receiver {
  readonly info: SessionInfo
  readonly requester: Requester
  /** Settles when nothing of the session is left. */
  readonly done: Promise<void>
  private readonly counters = zeroCounters()
  private readonly decoder: Decoder
  private readonly queue: Message[] = []
  private queuedBytes = 0
  private greeted = false
  private base: '1.0' | '1.1' = '1.0'
  /** `closing`: no more is read; `finished`: no more is sent. */
  private closing = false
  private finished = false
  /** Ended as the protocol foresees, or never begun: not a dropped session of RFC 6022. */
  private orderly = false
  /** Why it ends, in words. */
  private reason = 'the connection was lost'
  private greeting: NodeJS.Timeout | undefined
  /** Runs while the session waits for a message. */
  private idle: Disposable | undefined
  private spool: Spool | undefined
  private cleaning: Promise<void> | undefined
  private readonly ends = new AbortController()
  /** What waits for a message, and for room in the queue. */
  private wake: (() => void) | undefined
  private room: (() => void) | undefined

  constructor(private readonly options: SessionOptions) {
    const { transport, services, limits } = options
    const { registry } = services
    this.info = {
      id: registry.nextId(),
      user: transport.user,
      peer: transport.peer,
      transport: transport.kind,
      since: registry.clock(),
      recovery: options.recovery ?? false,
      counters: this.counters,
    }
    this.requester = { session: this.info.id, user: this.info.user }
    this.decoder = new Decoder(limits.helloBytes)
    registry.add(this)
    registry.inSessions++
    this.done = this.run()
  }

  get ended(): boolean {
    return this.finished
  }

  get ending(): AbortSignal {
    return this.ends.signal
  }

  get messageBytes(): number {
    return this.options.limits.messageBytes
  }

  // Receiver

  data(bytes: Buffer): Promise<void> | undefined {
    if (this.closing) return undefined
    if (this.idle) this.startIdle()
    try {
      for (const message of this.decoder.push(bytes)) this.take(message)
    } catch (error) {
      this.fail(error instanceof Error ? error.message : String(error))
      return undefined
    }
    const { queuedMessages, queuedBytes } = this.options.limits
    if (this.queue.length < queuedMessages && this.queuedBytes < queuedBytes) return undefined
    return new Promise((resolve) => (this.room = resolve))
  }

  end(): void {
    if (!this.closing && !this.orderly) this.reason = 'the client closed the connection'
    this.closing = true
    this.wake?.()
  }

  // RegisteredSession

  async kill(by: string): Promise<void> {
    this.options.log.info(`${this}: killed by ${by}`)
    this.orderly = true
    this.reason = `killed by ${by}`
    await this.terminate()
  }

  /** Answers what is being worked on, then closes; at once when that takes longer than `closeTime`. */
  async close(): Promise<void> {
    this.orderly = true
    this.reason = 'the server is being stopped'
    this.queue.length = 0
    this.end()
    this.ends.abort()
    const timer = setTimeout(() => void this.terminate(), this.options.limits.closeTime)
    await this.done
    clearTimeout(timer)
  }

  /** Gives back what the session holds of the datastores. */
  async release(): Promise<void> {
    await this.options.services.datastores.release(this.info.id)
  }

  toString(): string {
    return `session ${this.info.id} (${this.info.user} from ${this.info.peer.address}:${this.info.peer.port})`
  }

  private async run(): Promise<void> {
    const { transport, capabilities, limits, log, observer } = this.options
    log.info(`${this}: opened`)
    observer?.opened(this.info)
    void transport.closed.then(() => this.terminate())
    this.greeting = setTimeout(() => this.fail('the client sent no hello in time'), limits.helloTime)
    try {
      transport.start(this)
      await new MessageWriter('end-of-message', (bytes) => transport.write(bytes)).end(
        printHello(capabilities, this.info.id),
      )
      for (let message = await this.next(); message !== undefined; message = await this.next()) {
        if (!this.greeted) this.fail('the client sent no hello')
        else await this.answer(message)
      }
      if (!this.finished) await transport.end()
    } catch (error) {
      log.error(`${this}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
    } finally {
      await this.terminate()
    }
  }

  /** Called while bytes are decoded: the first message decides how the next bytes are framed. */
  private take(message: Message): void {
    if (!this.greeted) {
      this.greet(message)
      return
    }
    // What is being waited for, as the packets of a trace are, is not waited for by who asks to go.
    if (isCloseSession(message.bytes)) this.ends.abort()
    this.queue.push(message)
    this.queuedBytes += message.bytes.length
    this.wake?.()
  }

  private greet(message: Message): void {
    try {
      if (message.tooBig) throw new Error(`hello is larger than ${this.options.limits.helloBytes} bytes`)
      const hello = readHello(trimMessage(message.bytes))
      this.base = hello.base
    } catch (error) {
      this.options.services.registry.inBadHellos++
      this.orderly = true
      throw error
    }
    this.greeted = true
    clearTimeout(this.greeting)
    if (this.base === '1.1') this.decoder.framing = 'chunked'
    this.decoder.messageLimit = this.options.limits.messageBytes
    this.wake?.()
  }

  private async next(): Promise<Message | undefined> {
    for (;;) {
      if (this.finished) return undefined
      const message = this.queue.shift()
      if (message !== undefined) {
        this.queuedBytes -= message.bytes.length
        this.makeRoom()
        return message
      }
      if (this.closing) return undefined
      this.startIdle()
      await new Promise<void>((resolve) => (this.wake = resolve))
      this.stopIdle()
      this.wake = undefined
    }
  }

  /** Bytes of a message that is not there yet count as well. */
  private startIdle(): void {
    const { timers, limits } = this.options
    const { idleTime } = limits
    this.stopIdle()
    if (idleTime === 0 || !this.greeted) return
    this.idle = timers.after(idleTime, () => this.fail(`nothing was received for ${idleTime / 1000} s`))
  }

  private stopIdle(): void {
    this.idle?.[Symbol.dispose]()
    this.idle = undefined
  }

  private makeRoom(): void {
    const room = this.room
    this.room = undefined
    room?.()
  }

  private async answer({ bytes, tooBig }: Message): Promise<void> {
    const { dispatcher, services, log, observer } = this.options
    const message = trimMessage(bytes)
    // Some clients send white space after the delimiter.
    if (message.length === 0 && this.base === '1.0') return
    const answer = await dispatcher.answer(message, tooBig, this)
    let errors = answer.reply.kind === 'errors' ? answer.reply.errors : []
    let sent: Sent = 'broken'
    try {
      services.registry.count(this.counters, answer.bad ? 'inBadRpcs' : 'inRpcs')
      if (this.finished) return await this.abandon(answer)
      const sayable = this.base === '1.0' ? inBase10(answer) : answer
      if (sayable === undefined) return this.fail('a message that is not XML')
      sent = await sendAnswer(
        sayable,
        this.sending((all) => (errors = all)),
      )
      if (sent === 'errors') services.registry.count(this.counters, 'outRpcErrors')
      if (sent === 'broken') await this.terminate()
      else if (answer.reply.kind === 'ok' && answer.reply.thenClose === true) this.stop()
    } catch (error) {
      log.error(
        `${this}: a reply failed in the middle: ${error instanceof Error ? error.message : String(error)}`,
      )
      await this.terminate()
    } finally {
      this.spool = undefined
      answer.rpc?.[Symbol.dispose]()
      answer.admission?.[Symbol.dispose]()
      if (answer.request) {
        const { operation, target, source, victim } = answer.request
        const delivered = sent !== 'broken'
        observer?.answered(this.info, { operation, target, source, victim, errors, delivered })
      }
    }
  }

  /** The session ended while its rpc ran: what the rpc took meanwhile is given back. */
  private async abandon({ reply }: Answer): Promise<void> {
    if (reply.kind === 'data') for await (const _slice of reply.slices) break
    await this.release()
  }

  /** close-session: what was sent after it is not answered. */
  private stop(): void {
    this.orderly = true
    this.reason = 'close-session'
    this.queue.length = 0
    this.closing = true
    this.makeRoom()
  }

  private sending(failed: (errors: readonly NetconfError[]) => void): Sending {
    const { transport, printer, limits } = this.options
    return {
      printer,
      failed,
      writer: () => {
        const framing = this.base === '1.1' ? 'chunked' : 'end-of-message'
        return new MessageWriter(framing, (bytes) => transport.write(bytes))
      },
      spool: () => {
        this.spool = new Spool({ memoryBytes: limits.spoolBytes, directory: limits.spoolDirectory })
        return this.spool
      },
    }
  }

  private fail(reason: string): void {
    this.options.log.warn(`${this}: ended: ${reason}`)
    this.reason = reason
    void this.terminate()
  }

  /** Ends the session now; settles when its locks are gone. */
  private terminate(): Promise<void> {
    this.cleaning ??= this.cleanUp()
    return this.cleaning
  }

  private async cleanUp(): Promise<void> {
    const { transport, services, log, observer } = this.options
    this.finished = true
    this.closing = true
    this.ends.abort()
    this.queue.length = 0
    clearTimeout(this.greeting)
    if (!this.orderly) services.registry.droppedSessions++
    this.wake?.()
    this.makeRoom()
    transport.destroy()
    try {
      await Promise.all([this.spool?.close(), this.release()])
    } catch (error) {
      log.error(
        `${this}: locks could not be released: ${error instanceof Error ? error.message : String(error)}`,
      )
    } finally {
      services.registry.remove(this.info.id)
      log.info(`${this}: closed`)
      observer?.closed(this.info, this.reason)
    }
  }
}

/**
 * The tag malformed-message does not exist in base:1.0. There a message whose rpc could be read gets its error under
 * another tag; of any other the session ends (undefined).
 */
function inBase10(answer: Answer): Answer | undefined {
  const { reply } = answer
  if (reply.kind !== 'errors' || !reply.errors.some(({ tag }) => tag === 'malformed-message')) return answer
  if (!answer.readable) return undefined
  const errors = reply.errors.map((error) =>
    error.tag === 'malformed-message' ? { ...error, tag: 'operation-failed' as const } : error,
  )
  return { ...answer, reply: { kind: 'errors', errors } }
}
