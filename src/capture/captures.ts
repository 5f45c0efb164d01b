/**
 * Captures under way on members, and those whose files there are. A capture writes its file here, piece by piece as the member sends
 * it, or keeps it for the reply that a client waits for. What is refused is said by a CaptureRefusal.
 */
import type { FileHandle } from 'node:fs/promises'
import {
  MemberError,
  MemberLostError,
  type CaptureCounts,
  type CaptureEnd,
  type CaptureRequest,
  type Member,
  type RunningCapture,
} from '../../dataplane/client/index.js'
import type { Log } from '../log.js'
import { CaptureFiles, mostOctets } from './files.js'

/** What was asked for can't be had; `parameter` names what of the request is in the way. */
export class CaptureRefusal extends Error {
  override readonly name = 'CaptureRefusal'
  readonly tag: 'invalid-value' | 'in-use' | 'resource-denied' | 'operation-failed' | 'data-missing'
  readonly parameter: string | undefined

  constructor(tag: CaptureRefusal['tag'], message: string, parameter?: string) {
    super(message)
    this.tag = tag
    this.parameter = parameter
  }
}

export type EndReason = CaptureEnd | 'member-lost' | 'failed' | 'restart'

/** What a capture looks at, as it was asked for. */
export interface Asked extends Omit<CaptureRequest, 'filter'> {
  readonly filter: string | undefined
}

export interface Capture {
  readonly name: string
  readonly to: 'file' | 'reply'
  /** Undefined of what a weftd before this one left. */
  readonly member: string | undefined
  readonly user: string | undefined
  readonly asked: Asked | undefined
  readonly started: number | undefined
  readonly ended: number | undefined
  readonly endReason: EndReason | undefined
  readonly counts: CaptureCounts | undefined
  readonly size: number
}

type Mutable = { -readonly [Key in keyof Capture]: Capture[Key] }

const none: CaptureCounts = { packets: 0n, overRate: 0n, ringFull: 0n }

interface Running {
  readonly running: RunningCapture
  /** Settled when its file is complete; never rejects. */
  readonly done: Promise<void>
}

export interface StartOptions {
  readonly name: string
  readonly member: Member
  readonly user: string
  readonly asked: Asked
  readonly filter: CaptureRequest['filter']
}

export class Captures {
  readonly #files: CaptureFiles
  readonly #log: Log
  readonly #now: () => number
  readonly #captures = new Map<string, Mutable>()
  readonly #running = new Map<string, Running>()

  constructor(folder: string, log: Log, now = Date.now) {
    this.#files = new CaptureFiles(folder)
    this.#log = log
    this.#now = now
    const unknown = {
      member: undefined,
      user: undefined,
      asked: undefined,
      started: undefined,
      counts: undefined,
    }
    for (const { name, size, changed } of this.#files.found())
      this.#captures.set(name, { name, to: 'file', ...unknown, ended: changed, endReason: 'restart', size })
  }

  get all(): readonly Capture[] {
    return [...this.#captures.values()]
  }

  /** Octets of the files, and what those under way may come to. */
  get size(): number {
    return this.all
      .filter(({ to }) => to === 'file')
      .reduce((sum, { size, ended, asked }) => sum + (ended === undefined && asked ? asked.octets : size), 0)
  }

  /** Resolves when the member has begun. */
  async startFile(options: StartOptions): Promise<void> {
    const { name, asked } = options
    this.#checkName(name)
    if (this.size + asked.octets > mostOctets)
      throw new CaptureRefusal(
        'resource-denied',
        `captures may take ${mostOctets} octets in all, of which ${this.size} are taken: delete some`,
        'max-size',
      )
    const capture = this.#add(options, 'file')
    let file: FileHandle | undefined
    try {
      const handle = (file = await this.#files.create(name))
      await this.#begin(
        capture,
        options,
        async (octets) => void (await handle.write(octets)),
        () => handle.close(),
      )
    } catch (error) {
      this.#captures.delete(name)
      await file?.close()
      if (file) this.#files.delete(name)
      throw refusal(error)
    }
  }

  /** Resolves when it has ended, which it does at the latest with the signal. */
  async startReply(
    options: StartOptions,
    signal: AbortSignal,
  ): Promise<{ capture: Capture; pcapng: Buffer }> {
    const { name } = options
    this.#checkName(name)
    const capture = this.#add(options, 'reply')
    const pieces: Uint8Array[] = []
    try {
      const { running, done } = await this.#begin(
        capture,
        options,
        async (octets) => void pieces.push(octets),
        async () => undefined,
      )
      const stop = (): void => running.stop()
      signal.addEventListener('abort', stop)
      if (signal.aborted) stop()
      await done
      signal.removeEventListener('abort', stop)
      return { capture, pcapng: Buffer.concat(pieces) }
    } catch (error) {
      throw refusal(error)
    } finally {
      this.#captures.delete(name)
    }
  }

  /** Resolves when its file is complete. */
  async stop(name: string): Promise<void> {
    const running = this.#running.get(name)
    if (!running) {
      if (this.#captures.has(name)) return
      throw missing(name)
    }
    running.running.stop()
    await running.done
  }

  async read(name: string, offset: number, length: number): Promise<{ data: Buffer; size: number }> {
    const capture = this.#captures.get(name)
    if (!capture || capture.to === 'reply') throw missing(name)
    return { data: await this.#files.read(name, offset, length), size: capture.size }
  }

  delete(name: string): void {
    const capture = this.#captures.get(name)
    if (!capture) throw missing(name)
    if (capture.ended === undefined)
      throw new CaptureRefusal('in-use', `capture ${name} is under way: stop it first`, 'name')
    this.#files.delete(name)
    this.#captures.delete(name)
  }

  /** Stops all, and waits until their files are complete. */
  async close(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((name) => this.stop(name)))
  }

  #checkName(name: string): void {
    const other = this.#captures.get(name)
    if (!other) return
    throw new CaptureRefusal(
      'in-use',
      other.ended === undefined
        ? `capture ${name} is under way, started by ${other.user}`
        : `there is a capture ${name} already: delete it, or choose another name`,
      'name',
    )
  }

  #add({ name, member, user, asked }: StartOptions, to: Capture['to']): Mutable {
    const capture: Mutable = {
      ...{ name, to, member: member.name, user, asked, started: this.#now(), counts: none, size: 0 },
      ...{ ended: undefined, endReason: undefined },
    }
    this.#captures.set(name, capture)
    return capture
  }

  async #begin(
    capture: Mutable,
    { member, asked, filter }: StartOptions,
    write: (octets: Uint8Array) => Promise<void>,
    close: () => Promise<void>,
  ): Promise<Running> {
    const running = await member.capture({ ...asked, filter }, async (octets, counts) => {
      await write(octets)
      capture.size += octets.length
      capture.counts = counts
    })
    const { name } = capture
    const done = running.ended
      .catch((error: Error): EndReason => {
        if (error instanceof MemberLostError) return 'member-lost'
        this.#log.error(`capture ${name}: ${error.message}`)
        return 'failed'
      })
      .then(async (why) => {
        await close().catch((error: Error) => this.#log.error(`capture ${name}: ${error.message}`))
        this.#running.delete(name)
        capture.endReason = why
        capture.ended = this.#now()
      })
    const both = { running, done }
    this.#running.set(name, both)
    return both
  }
}

const missing = (name: string): CaptureRefusal =>
  new CaptureRefusal('data-missing', `there is no capture ${name}`, 'name')

/** What the member said, or the file system, as the refusal of a parameter where it is one. */
function refusal(error: unknown): unknown {
  if (!(error instanceof MemberError)) {
    if (error instanceof CaptureRefusal) return error
    return new CaptureRefusal('operation-failed', (error as Error).message)
  }
  const { message } = error
  if (message.startsWith('there is no interface'))
    return new CaptureRefusal('invalid-value', message, 'interface')
  if (message.startsWith('there is no drop')) return new CaptureRefusal('invalid-value', message, 'drops')
  return new CaptureRefusal('resource-denied', message)
}
