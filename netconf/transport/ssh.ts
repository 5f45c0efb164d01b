/**
 * The SSH transport of NETCONF (RFC 6242): authenticates the connections that listeners hand to it, and hands each
 * `netconf` subsystem channel on as a `Transport`. It owns the sockets: Nagle's algorithm is off, keepalives of TCP and SSH
 * notice a dead client, and what a client makes the server hold is bounded in both directions (ssh2 itself enforces neither
 * its receive window nor the socket's buffer). Shells and commands get one helpful line; everything else is refused.
 */
import type { Socket } from 'node:net'
import ssh2 from 'ssh2'
import type { Connection, Session as SshSession } from 'ssh2'
import type { Limits } from '../limits.js'
import type { Log } from '../../datastore/index.js'
import { forSsh2, offered } from './algorithms.js'
import type { AlgorithmLists } from './algorithms.js'
import { Authentication } from './authentication.js'
import type { Authenticator } from './authentication.js'
import type { Login, Observer } from '../observer.js'
import type { HostKeys } from './host-key-store.js'
import type { HostKey } from './host-keys.js'
import { SshChannel } from './ssh-channel.js'
import type { SshConnection } from './ssh-channel.js'
import { LoginThrottle, sourceOf } from './throttle.js'
import type { Transport } from './transport.js'

const CHANNELS_PER_CONNECTION = 16

export interface SshOptions {
  readonly hostKeys: HostKeys
  readonly authenticate: Authenticator
  /** Looked at whenever they matter: they may change. */
  readonly limits: Limits
  readonly log: Log
  readonly observer?: Observer | undefined
  /** A client asked for the `netconf` subsystem; false refuses it. */
  accept(transport: () => Transport, user: string): boolean
}

export class SshServer {
  readonly throttle: LoginThrottle
  private readonly sockets = new Set<Socket>()
  private readonly byPeer = new Map<string, Socket>()
  /** Connections that have not logged in yet, by where they come from. */
  private readonly logins = new Map<string, number>()
  private protocol: ssh2.Server

  /** Throws when a host key cannot be used. */
  constructor(
    private readonly options: SshOptions,
    public algorithms: AlgorithmLists,
  ) {
    this.throttle = new LoginThrottle(options.limits)
    this.protocol = this.speak()
  }

  /** From the next connection on; limits and host keys as they are now. */
  configure(algorithms = this.algorithms): void {
    this.algorithms = algorithms
    this.protocol = this.speak()
  }

  /** Connections that have not logged in yet. */
  get pending(): number {
    return [...this.logins.values()].reduce((sum, count) => sum + count, 0)
  }

  /** Ends all connections at once. */
  close(): void {
    for (const socket of this.sockets) socket.destroy()
  }

  /** A connection that a listener has accepted. */
  readonly take = (socket: Socket): void => {
    const { limits, log } = this.options
    const address = socket.remoteAddress ?? ''
    const suspect = this.throttle.suspects(address) && this.logins.has(sourceOf(address))
    if (this.pending >= limits.logins || suspect) {
      const why = suspect
        ? 'one connection at a time after its failed logins'
        : `${this.pending} connections wait for a login`
      log.warn(`${address}: refused, ${why}`)
      socket.destroy()
      return
    }
    const peer = `${address} ${socket.remotePort}`
    socket.setNoDelay(true)
    socket.setKeepAlive(true, limits.keepaliveTime)
    socket.setMaxListeners(2 * CHANNELS_PER_CONNECTION + 16)
    this.sockets.add(socket)
    this.byPeer.set(peer, socket)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => {
      this.sockets.delete(socket)
      if (this.byPeer.get(peer) === socket) this.byPeer.delete(peer)
    })
    this.startLogin(socket, sourceOf(address))
    this.protocol.injectSocket(socket)
  }

  private speak(): ssh2.Server {
    const { algorithms } = this
    const { limits, hostKeys } = this.options
    const chosen = offered(hostKeys.keys, algorithms)
    const protocol = new ssh2.Server({
      // A list that names none of the keys cannot be set; one that was there before its key was lost bars nobody.
      hostKeys: (chosen.length > 0 ? chosen : hostKeys.keys).flatMap((key) => inForms(key)),
      ident: 'Weft',
      algorithms: forSsh2(algorithms),
      keepaliveInterval: limits.keepaliveTime,
      keepaliveCountMax: limits.keepaliveCount,
    })
    protocol.on('connection', (client, info) =>
      this.takeConnection(client, this.byPeer.get(`${info.ip} ${info.port}`)),
    )
    return protocol
  }

  /** Until the client has asked for its first channel it counts as a login, whose time is limited. */
  private startLogin(socket: Socket, source: string): void {
    this.logins.set(source, (this.logins.get(source) ?? 0) + 1)
    const { loginTime } = this.options.limits
    const timer = setTimeout(() => {
      this.options.log.info(`${socket.remoteAddress}: no NETCONF session within ${loginTime} ms, closed`)
      socket.destroy()
    }, loginTime)
    const done = (): void => {
      clearTimeout(timer)
      socket.off('close', done)
      socket.off('netconf-login', done)
      const left = (this.logins.get(source) ?? 1) - 1
      if (left > 0) this.logins.set(source, left)
      else this.logins.delete(source)
    }
    socket.once('close', done)
    socket.once('netconf-login', done)
  }

  private takeConnection(client: Connection, socket: Socket | undefined): void {
    if (socket === undefined) {
      client.end()
      return
    }
    const { log, limits, authenticate, observer } = this.options
    const peer = `${socket.remoteAddress}:${socket.remotePort}`
    const connection: SshConnection = { client, socket, channels: new Set() }
    let user = ''
    let channels = 0
    const from = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
    const held = (): number => this.throttle.fail(from.address)
    const tried = (login: Omit<Login, 'peer'>): void => observer?.login({ peer: from, ...login })
    const authentication = new Authentication(authenticate, limits, log, peer, held, tried, () => {
      client.end()
      socket.destroySoon()
    })
    client.on('authentication', (context) => {
      user = context.username
      void authentication.request(context)
    })
    client.on('error', (error: Error & { level?: string }) => {
      log.info(`${peer}: ${error.message}`)
      socket.destroy()
    })
    client.on('session', (accept, reject) => {
      if (channels >= CHANNELS_PER_CONNECTION) return reject()
      channels++
      const session = accept()
      session.on('close', () => channels--)
      this.takeSession(connection, session, user)
    })
  }

  private takeSession(connection: SshConnection, session: SshSession, user: string): void {
    session.on('pty', (accept) => accept?.())
    session.on('shell', (accept) => this.explain(connection, accept(), user))
    session.on('exec', (accept) => this.explain(connection, accept(), user))
    session.on('subsystem', (accept, reject, { name }) => {
      if (name !== 'netconf') return reject?.()
      const open = (): Transport => {
        connection.socket.emit('netconf-login')
        return new SshChannel(connection, session, accept(), user)
      }
      if (!this.options.accept(open, user)) reject?.()
    })
  }

  private explain({ client, socket }: SshConnection, channel: ssh2.ServerChannel, user: string): void {
    const host = socket.localAddress ?? 'localhost'
    const target = `-p ${socket.localPort} ${user}@${host}`
    channel.on('error', () => socket.destroy())
    channel.once('close', () => client.end())
    channel.write(`This is a NETCONF server: connect with  ssh -s ${target} netconf\r\n`)
    channel.exit(1)
    channel.end()
  }
}

/**
 * An RSA key under the names of its signatures over SHA-2 (RFC 8332). Left to itself, ssh2 would offer SHA-1 too, whatever its
 * list of algorithms says.
 */
function inForms({ type, privateKey }: HostKey): { key: ssh2.ParsedKey }[] {
  const parsed = ssh2.utils.parseKey(privateKey)
  if (parsed instanceof Error) throw parsed
  const key = (Array.isArray(parsed) ? parsed[0] : parsed) as ssh2.ParsedKey
  if (type !== 'ssh-rsa') return [{ key }]
  return ['rsa-sha2-512', 'rsa-sha2-256'].map((name) => ({
    key: Object.create(key, { type: { value: name } }) as ssh2.ParsedKey,
  }))
}
