/**
 * The SSH transport of NETCONF (RFC 6242): listens, authenticates, and hands each `netconf` subsystem channel on as a
 * `Transport`. It owns the sockets: Nagle's algorithm is off, keepalives of TCP and SSH notice a dead client, and what a
 * client makes the server hold is bounded in both directions (ssh2 itself enforces neither its receive window nor the
 * socket's buffer). Shells and commands get one helpful line; everything else is refused.
 */
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import ssh2 from 'ssh2'
import type { Algorithms, Connection, Session as SshSession } from 'ssh2'
import type { Limits } from '../limits.js'
import type { Log } from '../../datastore/index.js'
import { Authentication } from './authentication.js'
import type { Authenticator } from './authentication.js'
import type { HostKey } from './host-keys.js'
import { SshChannel } from './ssh-channel.js'
import type { SshConnection } from './ssh-channel.js'
import type { Transport } from './transport.js'

const CHANNELS_PER_CONNECTION = 16

const algorithms: Algorithms = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
    'diffie-hellman-group14-sha256',
    'diffie-hellman-group-exchange-sha256',
  ],
  serverHostKey: ['ssh-ed25519', 'rsa-sha2-512', 'rsa-sha2-256'],
  cipher: [
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'aes128-ctr',
    'aes192-ctr',
    'aes256-ctr',
    'chacha20-poly1305@openssh.com',
  ],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
  // Compressed bytes could not be counted against what the socket took.
  compress: ['none'],
}

export interface SshOptions {
  readonly address: string
  readonly port: number
  readonly hostKeys: readonly HostKey[]
  readonly authenticate: Authenticator
  readonly limits: Limits
  readonly log: Log
  /** A client asked for the `netconf` subsystem; false refuses it. */
  accept(transport: () => Transport, user: string): boolean
}

export class SshListener {
  private readonly sockets = new Set<Socket>()
  private readonly byPeer = new Map<string, Socket>()
  private logins = 0
  private stopped: Promise<void> | undefined

  private constructor(
    private readonly options: SshOptions,
    private readonly listener: Server,
    private readonly server: ssh2.Server,
  ) {}

  /** Rejects when the address cannot be bound. */
  static async listen(options: SshOptions): Promise<SshListener> {
    const { limits, hostKeys } = options
    const server = new ssh2.Server({
      hostKeys: hostKeys.map((key) => key.privateKey),
      ident: 'Weft',
      algorithms,
      keepaliveInterval: limits.keepaliveTime,
      keepaliveCountMax: limits.keepaliveCount,
    })
    const listener = createServer({
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: limits.keepaliveTime,
    })
    const self = new SshListener(options, listener, server)
    listener.on('connection', (socket) => self.takeSocket(socket))
    server.on('connection', (client, info) =>
      self.takeConnection(client, self.byPeer.get(`${info.ip} ${info.port}`)),
    )
    await new Promise<void>((resolve, reject) => {
      listener.once('error', (error) => {
        reject(new Error(`cannot listen for NETCONF on ${options.address}:${options.port}: ${error.message}`))
      })
      listener.listen({ host: options.address, port: options.port }, resolve)
    })
    listener.on('error', (error) => options.log.error(`NETCONF listener: ${error.message}`))
    return self
  }

  get address(): { readonly address: string; readonly port: number } {
    const { address, port } = this.listener.address() as AddressInfo
    return { address, port }
  }

  /** Takes no more connections. */
  stop(): void {
    this.stopped ??= new Promise((resolve) => this.listener.close(() => resolve()))
  }

  /** Ends all connections at once. */
  async close(): Promise<void> {
    this.stop()
    for (const socket of this.sockets) socket.destroy()
    await this.stopped
  }

  private takeSocket(socket: Socket): void {
    if (this.logins >= this.options.limits.logins) {
      this.options.log.warn(`${socket.remoteAddress}: refused, ${this.logins} connections wait for a login`)
      socket.destroy()
      return
    }
    const peer = `${socket.remoteAddress} ${socket.remotePort}`
    socket.setMaxListeners(2 * CHANNELS_PER_CONNECTION + 16)
    this.sockets.add(socket)
    this.byPeer.set(peer, socket)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => {
      this.sockets.delete(socket)
      if (this.byPeer.get(peer) === socket) this.byPeer.delete(peer)
    })
    this.startLogin(socket)
    this.server.injectSocket(socket)
  }

  /** Until the client has asked for its first channel it counts as a login, whose time is limited. */
  private startLogin(socket: Socket): void {
    this.logins++
    const timer = setTimeout(() => {
      this.options.log.info(
        `${socket.remoteAddress}: no NETCONF session within ${this.options.limits.loginTime} ms, closed`,
      )
      socket.destroy()
    }, this.options.limits.loginTime)
    const done = (): void => {
      clearTimeout(timer)
      socket.off('close', done)
      socket.off('netconf-login', done)
      this.logins--
    }
    socket.once('close', done)
    socket.once('netconf-login', done)
  }

  private takeConnection(client: Connection, socket: Socket | undefined): void {
    if (socket === undefined) {
      client.end()
      return
    }
    const { log, limits, authenticate } = this.options
    const peer = `${socket.remoteAddress}:${socket.remotePort}`
    const connection: SshConnection = { client, socket, channels: new Set() }
    let user = ''
    let channels = 0
    const authentication = new Authentication(authenticate, limits, log, peer, () => {
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
    const host = socket.localAddress ?? this.options.address
    const target = `-p ${socket.localPort} ${user}@${host}`
    channel.on('error', () => socket.destroy())
    channel.once('close', () => client.end())
    channel.write(`This is a NETCONF server: connect with  ssh -s ${target} netconf\r\n`)
    channel.exit(1)
    channel.end()
  }
}
