/**
 * One `netconf` channel as a Transport. Outgoing: a write settles when the channel's window and the socket have taken it.
 * Incoming: a session that wants no more pauses the channel, whose window then closes; a client that sends on past its
 * window is cut off.
 */
import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import type { Connection, ServerChannel, Session } from 'ssh2'
import type { Receiver, Transport } from './transport.js'

/** Twice the receive window that ssh2 grants. */
const RECEIVE_LIMIT = 4 * 1024 * 1024
/** What makes one packet. */
const PACKET_BYTES = 16 * 1024
const EMPTY = Buffer.alloc(0)
/** Encrypted at one go: other sessions get their turn between two. */
const WRITE_BYTES = 64 * 1024
const SOCKET_BUFFER = 1024 * 1024
/** Bytes that the SSH layer may hold back, as it does during a key exchange. */
const PROTOCOL_BUFFER = 4 * 1024 * 1024

/** Milliseconds that a connection gets to send its last words. */
const FAREWELL = 1_000

/** One SSH connection, shared by its channels: it ends with the last of them. */
export interface SshConnection {
  readonly client: Connection
  readonly socket: Socket
  readonly channels: Set<SshChannel>
}

export class SshChannel implements Transport {
  readonly kind = 'netconf-ssh'
  readonly peer: { readonly address: string; readonly port: number }
  readonly closed: Promise<void>
  private isClosed = false
  private resolveClosed = (): void => undefined
  /** Writes that wait: let go when the channel closes. */
  private readonly waiting = new Set<() => void>()
  private sent = 0
  private readonly sentBefore: number

  constructor(
    private readonly connection: SshConnection,
    session: Session,
    private readonly channel: ServerChannel,
    readonly user: string,
  ) {
    const { socket, channels } = connection
    this.peer = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
    this.sentBefore = socket.bytesWritten
    this.closed = new Promise((resolve) => (this.resolveClosed = resolve))
    channels.add(this)
    // The channel itself tells of its end only after all of its input was read.
    session.once('close', this.onClose)
    socket.once('close', this.onClose)
    socket.on('data', this.onSocketData)
    channel.on('error', () => this.destroy())
    if (socket.destroyed) this.onClose()
  }

  start(receiver: Receiver): void {
    this.channel.on('data', (bytes: Buffer) => {
      const wait = receiver.data(bytes)
      if (wait === undefined) return
      this.channel.pause()
      void wait.then(() => this.channel.resume())
    })
    this.channel.once('end', () => receiver.end())
  }

  async write(bytes: Buffer): Promise<boolean> {
    for (let from = 0; from < bytes.length; from += WRITE_BYTES) {
      if (from > 0) await setImmediate()
      if (!(await this.writePart(bytes.subarray(from, from + WRITE_BYTES)))) return false
    }
    return !this.isClosed
  }

  private async writePart(bytes: Buffer): Promise<boolean> {
    if (this.isClosed || !this.channel.writable) return false
    const { socket, client } = this.connection
    this.sent += bytes.length
    if (bytes.length <= PACKET_BYTES) {
      this.channel.write(bytes)
      // Most often it is through already; else an empty write is, when it is.
      if (this.channel.writableLength > 0) await this.until((done) => this.channel.write(EMPTY, done))
    } else {
      await this.until((done) => {
        socket.cork()
        this.channel.write(bytes, done)
        socket.uncork()
      })
    }
    while (!this.isClosed && socket.writableLength > SOCKET_BUFFER) {
      await this.until((done) => socket.once('drain', done))
    }
    while (!this.isClosed && this.sent - (socket.bytesWritten - this.sentBefore) > PROTOCOL_BUFFER) {
      await this.until((done) => client.once('rekey', done))
    }
    return !this.isClosed
  }

  async end(): Promise<void> {
    if (!this.isClosed) {
      this.channel.exit(0)
      this.channel.end()
      setTimeout(() => this.destroy(), FAREWELL).unref()
    }
    await this.closed
  }

  destroy(): void {
    if (this.isClosed) return
    ;(this.channel as unknown as { close(): void }).close()
    this.onClose()
  }

  private readonly onClose = (): void => {
    if (this.isClosed) return
    this.isClosed = true
    const { socket, client, channels } = this.connection
    socket.off('close', this.onClose)
    socket.off('data', this.onSocketData)
    channels.delete(this)
    if (channels.size === 0 && !socket.destroyed) {
      client.end()
      setTimeout(() => socket.destroy(), FAREWELL).unref()
    }
    for (const release of this.waiting) release()
    this.resolveClosed()
  }

  private readonly onSocketData = (): void => {
    if (this.channel.readableLength > RECEIVE_LIMIT) this.connection.socket.destroy()
  }

  /** Settles when `begin` calls back, or when the channel closes. */
  private until(begin: (done: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.waiting.delete(done)
        resolve()
      }
      this.waiting.add(done)
      begin(done)
    })
  }
}
