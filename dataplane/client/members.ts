/**
 * The server side of dataplane.proto: weftd's unix socket, on which members attach. A stream begins with a hello of this
 * chassis; what does not is refused with a status that says why. Each member is kept by its name for as long as weftd
 * lives, attached or not.
 */
import { chmodSync, unlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { Server, ServerCredentials, status } from '@grpc/grpc-js'
import {
  channelOptions,
  Chassis,
  checkSocketPath,
  type EventMessage,
  type Hello,
  type MemberMessage,
  type ServerAttach,
} from '../proto/contract.js'
import { AttachedMember, type MemberLog } from './member.js'
import type { Member, Members } from './contract.js'
import type { InterfaceEvent, MemberEvent } from './events.js'
import type { ResolveKind } from './operations.js'

export interface MembersOptions {
  /** Where to listen; at most 107 bytes. A socket that nobody listens on any more is replaced. */
  readonly socketPath: string
  readonly chassis: string
  readonly version: string
  readonly log: MemberLog
  /** Of this leader; grows with each new one. */
  readonly term?: number
}

const localMember = '0'
const helloPatience = 5_000
const shutdownPatience = 10_000

const interfaceEvents: readonly string[] = ['link', 'neighbour', 'port-lost']
const resolveKinds: readonly string[] = ['lisp', 'ike']

/** Undefined: of a kind that is not known here. */
function readEvent({ kind, interface: name, up, resolve }: EventMessage): MemberEvent | undefined {
  if (interfaceEvents.includes(kind)) return { kind: kind as InterfaceEvent['kind'], interface: name, up }
  if (kind === 'condition') return { kind }
  if (kind !== 'resolve' || !resolve || !resolveKinds.includes(resolve.kind)) return undefined
  return { kind, miss: { ...resolve, kind: resolve.kind as ResolveKind } }
}

async function someoneListens(path: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

class MemberServer implements Members {
  readonly member0: AttachedMember
  readonly #options: MembersOptions
  readonly #term: number
  readonly #members = new Map<string, AttachedMember>()
  readonly #handlers = {
    attached: [] as ((member: Member) => void)[],
    detached: [] as ((member: Member) => void)[],
    event: [] as ((member: Member, event: MemberEvent) => void)[],
  }
  readonly #server = new Server(channelOptions)
  readonly #streams = new Set<ServerAttach>()

  constructor(options: MembersOptions) {
    this.#options = options
    this.#term = options.term ?? 1
    this.member0 = this.#member(localMember)
    this.#server.addService(Chassis.service, { Attach: (stream: ServerAttach) => this.#accept(stream) })
  }

  async listen(): Promise<void> {
    const path = this.#options.socketPath
    checkSocketPath(path)
    if (await someoneListens(path)) throw new Error(`${path}: another process is listening there`)
    try {
      unlinkSync(path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
    await new Promise<void>((resolve, reject) => {
      this.#server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (error) =>
        error ? reject(new Error(`${path}: ${error.message}`)) : resolve(),
      )
    })
    chmodSync(path, 0o600)
  }

  on(event: 'attached' | 'detached', handler: (member: Member) => void): void
  on(event: 'event', handler: (member: Member, event: MemberEvent) => void): void
  on(event: 'attached' | 'detached' | 'event', handler: (member: Member, event: MemberEvent) => void): void {
    this.#handlers[event].push(handler as (member: Member) => void)
  }

  #member(name: string): AttachedMember {
    let member = this.#members.get(name)
    if (!member) {
      member = new AttachedMember(name, this.#term, this.#options.log, (lost) => {
        for (const handler of this.#handlers.detached) handler(lost)
      })
      this.#members.set(name, member)
    }
    return member
  }

  #accept(stream: ServerAttach): void {
    this.#streams.add(stream)
    let member: AttachedMember | undefined
    const timer = setTimeout(() => refuse(`no hello within ${helloPatience / 1000} s`), helloPatience)
    const refuse = (why: string) => {
      this.#options.log.warn(`a member was refused: ${why}`)
      stream.emit('error', { code: status.FAILED_PRECONDITION, details: why })
    }
    const gone = () => {
      clearTimeout(timer)
      this.#streams.delete(stream)
      member?.detach(stream)
    }
    stream.on('data', (message: MemberMessage) => {
      if (member) return this.#receive(member, message)
      clearTimeout(timer)
      const why = this.#unfit(message.hello)
      if (why !== undefined) return refuse(why)
      member = this.#welcome(stream, message.hello as Hello)
    })
    stream.on('cancelled', gone)
    stream.on('close', gone)
    stream.on('error', gone)
    stream.on('end', () => {
      gone()
      stream.end()
    })
  }

  #unfit(hello: Hello | undefined): string | undefined {
    if (!hello) return 'its first message is not a hello'
    const { chassis } = this.#options
    if (hello.chassis !== chassis) return `it belongs to chassis '${hello.chassis}', this one is '${chassis}'`
    if (hello.member === '') return 'it has no name'
    return undefined
  }

  #welcome(stream: ServerAttach, hello: Hello): AttachedMember {
    const { chassis, version, log } = this.#options
    const member = this.#member(hello.member)
    if (member.attached) log.warn(`member ${member.name} attached again while it was attached`)
    member.attach(stream, hello)
    log.info(
      `member ${member.name} is attached (process ${hello.pid}, version ${hello.version}, commit ${hello.commit})`,
    )
    member.send({ welcome: { chassis, version } })
    for (const handler of this.#handlers.attached) handler(member)
    return member
  }

  #receive(member: AttachedMember, message: MemberMessage): void {
    if (!message.event) return member.receive(message)
    const event = readEvent(message.event)
    if (!event) return
    for (const handler of this.#handlers.event) handler(member, event)
  }

  async shutdown(): Promise<void> {
    const ends = [...this.#streams].map(
      (stream) => new Promise<void>((resolve) => stream.once('close', resolve)),
    )
    for (const member of this.#members.values()) member.send({ shutdown: {} })
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, shutdownPatience)))
    await Promise.race([Promise.all(ends), late])
    clearTimeout(timer)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const member of this.#members.values()) member.detach()
    this.#server.forceShutdown()
    try {
      unlinkSync(this.#options.socketPath)
    } catch {
      // Gone with the server already.
    }
  }
}

/** Listens for members. Rejects when the socket can't be had. */
export async function listenMembers(options: MembersOptions): Promise<Members> {
  const members = new MemberServer(options)
  await members.listen()
  return members
}
