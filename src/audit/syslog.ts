/**
 * Records to a syslog server: by UDP, a datagram each (RFC 5426), or by TCP with the length before each (RFC 6587, section
 * 3.4.1), over a connection that is made when there is something to send. Neither transport is acknowledged: what is
 * under way when a server dies is lost, and what was sent again after a failure may arrive twice; the sequence numbers tell.
 */
import { createSocket, type Socket as DatagramSocket } from 'node:dgram'
import { connect, isIPv6, type Socket } from 'node:net'
import type { Sink } from './outbox.js'
import type { SyslogServer } from './settings.js'

/** Milliseconds that a server has to take a connection, or some bytes. */
const patience = 3_000

export function syslogSink(server: SyslogServer): Sink {
  return server.transport === 'udp' ? new UdpSink(server) : new TcpSink(server)
}

function nameOf({ name, transport, address, port }: SyslogServer): string {
  return `syslog server ${name} (${transport} ${isIPv6(address) ? `[${address}]` : address}:${port})`
}

class UdpSink implements Sink {
  readonly name: string
  #socket: DatagramSocket | undefined

  constructor(private readonly server: SyslogServer) {
    this.name = nameOf(server)
  }

  async write(records: readonly string[]): Promise<void> {
    const socket = this.#open()
    const { address, port } = this.server
    for (const record of records) {
      await new Promise<void>((sent, failed) =>
        socket.send(record, port, address, (error) => (error ? failed(error) : sent())),
      )
    }
  }

  async close(): Promise<void> {
    const socket = this.#socket
    this.#socket = undefined
    if (socket) await new Promise<void>((closed) => socket.close(closed))
  }

  #open(): DatagramSocket {
    if (this.#socket) return this.#socket
    const socket = createSocket(isIPv6(this.server.address) ? 'udp6' : 'udp4')
    socket.unref()
    socket.on('error', () => void this.close())
    this.#socket = socket
    return socket
  }
}

class TcpSink implements Sink {
  readonly name: string
  #socket: Socket | undefined

  constructor(private readonly server: SyslogServer) {
    this.name = nameOf(server)
  }

  async write(records: readonly string[]): Promise<void> {
    const socket = this.#socket ?? (await this.#connect())
    const frames = records.map((record) => `${Buffer.byteLength(record)} ${record}`)
    await settle(socket, (done) => socket.write(frames.join(''), done))
  }

  async close(): Promise<void> {
    const socket = this.#socket
    this.#socket = undefined
    if (!socket || socket.destroyed) return
    await settle(socket, (done) => socket.end(done)).catch(() => undefined)
    socket.destroy()
  }

  async #connect(): Promise<Socket> {
    const { address, port } = this.server
    const socket = connect({ host: address, port, keepAlive: true, keepAliveInitialDelay: 10_000 })
    await settle(socket, (done) => socket.once('connect', () => done()))
    socket.unref()
    // The server never says anything: that it does, or ends, is the end of the connection.
    socket.on('error', () => socket.destroy())
    socket.once('end', () => socket.destroy())
    socket.once('close', () => (this.#socket = this.#socket === socket ? undefined : this.#socket))
    socket.resume()
    this.#socket = socket
    return socket
  }
}

/** Rejects, and ends the socket, when it fails, closes, or takes too long before `begin` calls back. */
async function settle(socket: Socket, begin: (done: (error?: Error | null) => void) => void): Promise<void> {
  const ended = new AbortController()
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer within ${patience / 1000} s`)), patience)
      const failed = (error: Error) => reject(error)
      const closed = () => reject(new Error('the server closed the connection'))
      socket.once('error', failed)
      socket.once('close', closed)
      ended.signal.addEventListener('abort', () => {
        clearTimeout(timer)
        socket.off('error', failed)
        socket.off('close', closed)
      })
      begin((error) => (error ? reject(error) : resolve()))
    })
  } catch (error) {
    socket.on('error', () => undefined)
    socket.destroy()
    throw error
  } finally {
    ended.abort()
  }
}
