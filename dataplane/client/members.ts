/**
 * The server side of dataplane.proto: weftd's unix socket, on which members attach, and, once there is a gate, a TLS port for
 * those on other machines. A stream begins with a hello of this chassis; what does not is refused with a status that says why. Each
 * member is kept by its name for as long as weftd lives, attached or not.
 */
import { chmodSync, unlinkSync } from 'node:fs'
import { connect } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { Server, ServerCredentials, status, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js'
import {
  channelOptions,
  Chassis,
  protocolVersion,
  type EnrolReply,
  type EnrolRequest,
  type EventMessage,
  type Hello,
  type MemberMessage,
  type ServerAttach,
} from '../proto/contract.js'
import { listenTls, readDevice, RefusedError, type Credentials, type Device, type Gate } from './gate.js'
import type { Listening, Peer } from './gate.js'
import { checkSocketPath } from '../proto/socket-path.js'
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
/** A member whose machine fell silent is given up after this. */
const aliveness = { 'grpc.keepalive_time_ms': 2_000, 'grpc.keepalive_timeout_ms': 3_000 }
const shutdownPatience = 10_000
/** Octets of what is read of somebody who has no certificate of the chassis. */
const strangersMessage = 16 << 10

const interfaceEvents: readonly string[] = ['link', 'neighbour', 'port-lost']
const resolveKinds: readonly string[] = ['lisp', 'ike']

/** Undefined: of a kind that is not known here. */
function readEvent({ kind, interface: name, up, resolve }: EventMessage): MemberEvent | undefined {
  if (interfaceEvents.includes(kind)) return { kind: kind as InterfaceEvent['kind'], interface: name, up }
  if (kind === 'condition') return { kind }
  if (kind === 'member') return { kind, slot: Number(name), up }
  if (kind !== 'resolve' || !resolve || !resolveKinds.includes(resolve.kind)) return undefined
  return { kind, miss: { ...resolve, kind: resolve.kind as ResolveKind } }
}

/** What work throws when somebody is refused; undefined: nothing. */
function refusal(work: () => void): string | undefined {
  try {
    work()
  } catch (error) {
    return (error as Error).message
  }
  return undefined
}

async function someoneListens(path: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

/** Somebody at the TLS port. */
interface Remote {
  readonly gate: Gate
  readonly peer: Peer
}

type Told = 'attached' | 'detached' | 'event' | 'devices' | 'refused'

class MemberServer implements Members {
  readonly member0: AttachedMember
  readonly #options: MembersOptions
  readonly #term: number
  readonly #members = new Map<string, AttachedMember>()
  readonly #handlers = {
    attached: [] as ((member: Member) => void)[],
    detached: [] as ((member: Member) => void)[],
    event: [] as ((member: Member, event: MemberEvent) => void)[],
    devices: [] as ((member: Member, devices: readonly Device[]) => void)[],
    refused: [] as ((why: string, peer: Peer | undefined, member: string) => void)[],
  }
  readonly #server = new Server({ ...channelOptions, ...aliveness })
  readonly #streams = new Set<ServerAttach>()

  constructor(options: MembersOptions) {
    this.#options = options
    this.#term = options.term ?? 1
    this.member0 = this.#member(localMember)
    this.#server.addService(Chassis.service, {
      Attach: (stream: ServerAttach) => this.#accept(stream),
      Enrol: (_call: unknown, reply: sendUnaryData<EnrolReply>) =>
        reply({ code: status.FAILED_PRECONDITION, details: 'members enrol over TLS' }),
    })
  }

  get all(): readonly AttachedMember[] {
    return [...this.#members.values()]
  }

  named(name: string): AttachedMember {
    return this.#member(name)
  }

  forget(name: string): void {
    const member = this.#members.get(name)
    if (!member || member === this.member0) return
    this.#members.delete(name)
    member.detach()
  }

  async listenTls(
    at: { readonly address: string; readonly port: number },
    credentials: Credentials,
    gate: Gate,
  ): Promise<Listening> {
    return await listenTls(at, credentials, (connection, peer) => this.#serve(connection, { gate, peer }))
  }

  /** A server of its own for each connection, so that who calls is never in doubt. */
  #serve(connection: TLSSocket, remote: Remote): void {
    const known = remote.peer.certificate !== undefined && remote.peer.fault === undefined
    const server = new Server({
      ...aliveness,
      ...channelOptions,
      ...(known ? {} : { 'grpc.max_receive_message_length': strangersMessage }),
    })
    let enrolling = false
    server.addService(Chassis.service, {
      Attach: (stream: ServerAttach) => this.#accept(stream, remote),
      Enrol: (call: ServerUnaryCall<EnrolRequest, EnrolReply>, reply: sendUnaryData<EnrolReply>) => {
        if (enrolling) return reply({ code: status.RESOURCE_EXHAUSTED, details: 'one enrolment at a time' })
        enrolling = true
        void this.#enrol(call, reply, remote).finally(() => (enrolling = false))
      },
    })
    server.createConnectionInjector(ServerCredentials.createInsecure()).injectConnection(connection)
    connection.once('close', () => server.forceShutdown())
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
  on(event: 'devices', handler: (member: Member, devices: readonly Device[]) => void): void
  on(event: 'refused', handler: (why: string, peer: Peer | undefined, member: string) => void): void
  on(event: Told, handler: (...told: never[]) => void): void {
    ;(this.#handlers[event] as ((...told: never[]) => void)[]).push(handler)
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

  /** `remote`: undefined for the unix socket, which is the local member's alone. */
  #accept(stream: ServerAttach, remote?: Remote): void {
    if (!remote) this.#streams.add(stream)
    let member: AttachedMember | undefined
    const peer = remote?.peer
    const timer = setTimeout(() => refuse(`no hello within ${helloPatience / 1000} s`), helloPatience)
    const refuse = (why: string, name = '') => {
      this.#refused(why, peer, name)
      stream.emit('error', { code: status.FAILED_PRECONDITION, details: why })
    }
    const gone = () => {
      clearTimeout(timer)
      this.#streams.delete(stream)
      member?.detach(stream)
    }
    stream.on('data', (message: MemberMessage) => {
      if (member) return this.#receive(member, message, remote)
      clearTimeout(timer)
      const why = this.#unfit(message.hello, remote)
      if (why !== undefined) return refuse(why, message.hello?.member)
      member = this.#welcome(stream, message.hello as Hello, peer)
    })
    stream.on('cancelled', gone)
    stream.on('close', gone)
    stream.on('error', gone)
    stream.on('end', () => {
      gone()
      stream.end()
    })
  }

  #refused(why: string, peer: Peer | undefined, name: string): void {
    this.#options.log.warn(`a member was refused${peer ? ` (${peer.address})` : ''}: ${why}`)
    for (const handler of this.#handlers.refused) handler(why, peer, name)
  }

  #unfit(hello: Hello | undefined, remote: Remote | undefined): string | undefined {
    if (!hello) return 'its first message is not a hello'
    const { chassis, version } = this.#options
    if (hello.member === '') return 'it has no name'
    if (remote) {
      if (hello.member === localMember) return `member '${localMember}' is the one beside the control plane`
      const why = refusal(() => remote.gate.judge(hello, remote.peer))
      if (why !== undefined) return why
    } else if (hello.chassis !== chassis)
      return `it belongs to chassis '${hello.chassis}', this one is '${chassis}'`
    else if (hello.member !== localMember)
      return `it says it is member '${hello.member}'; by this socket only member '${localMember}' is attached`
    if (hello.protocol !== protocolVersion)
      return (
        `member ${hello.member} of version ${hello.version} speaks version ${hello.protocol} of the protocol, ` +
        `this control plane of version ${version} speaks version ${protocolVersion}`
      )
    const other = this.#members.get(hello.member)
    if (remote && other?.attached && other.boot !== hello.boot)
      return `another member '${hello.member}' is attached already, from ${other.address ?? 'this machine'}`
    return undefined
  }

  async #enrol(
    call: ServerUnaryCall<EnrolRequest, EnrolReply>,
    reply: sendUnaryData<EnrolReply>,
    { gate, peer }: Remote,
  ): Promise<void> {
    try {
      reply(null, await gate.enrol(call.request, peer))
    } catch (error) {
      if (!(error instanceof RefusedError)) this.#options.log.error(`enrolment: ${(error as Error).message}`)
      this.#refused((error as Error).message, peer, call.request.member)
      reply({ code: status.FAILED_PRECONDITION, details: (error as Error).message })
    }
  }

  async #renew(member: AttachedMember, request: string, { gate, peer }: Remote): Promise<void> {
    let answer = { certificate: '', error: '' }
    try {
      answer = { certificate: await gate.renew(member.name, request), error: '' }
    } catch (error) {
      answer.error = (error as Error).message
      this.#refused(answer.error, peer, member.name)
    }
    member.send({ certificate: answer })
  }

  #welcome(stream: ServerAttach, hello: Hello, peer: Peer | undefined): AttachedMember {
    const { chassis, version, log } = this.#options
    const member = this.#member(hello.member)
    if (member.attached) log.warn(`member ${member.name} attached again while it was attached`)
    member.attach(stream, hello, peer)
    log.info(
      `member ${member.name} is attached (process ${hello.pid}, version ${hello.version}, commit ${hello.commit})`,
    )
    member.send({ welcome: { chassis, version } })
    for (const handler of this.#handlers.attached) handler(member)
    return member
  }

  #receive(member: AttachedMember, message: MemberMessage, remote: Remote | undefined): void {
    if (message.ports) {
      const devices = message.ports.devices.map(readDevice)
      for (const handler of this.#handlers.devices) handler(member, devices)
      return
    }
    if (message.renew) {
      if (remote) void this.#renew(member, message.renew.request, remote)
      return
    }
    if (!message.event) return member.receive(message)
    const event = readEvent(message.event)
    if (!event) return
    for (const handler of this.#handlers.event) handler(member, event)
  }

  async shutdown(): Promise<void> {
    const ends = [...this.#streams].map(
      (stream) => new Promise<void>((resolve) => stream.once('close', resolve)),
    )
    for (const member of this.#members.values())
      if (member.address === undefined) member.send({ shutdown: {} })
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
