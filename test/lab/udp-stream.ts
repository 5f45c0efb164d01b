/**
 * A paced stream of numbered datagrams between hosts of a lab, run in them by Node:
 *
 *   send ADDRESS PORT RATE          until SIGTERM, then prints how many it has sent
 *   receive ADDRESS PORT            prints `ready`; until SIGTERM, then prints how many different ones came, and how often one came again
 *
 * What came to the receiver's socket while its process had no turn, and found no room there, has come: nobody on the way lost it.
 */
import { createSocket } from 'node:dgram'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Host } from './lab.js'

const program = fileURLToPath(import.meta.url)

export class UdpStream {
  readonly #sender: ChildProcess
  readonly #receiver: ChildProcess

  private constructor(sender: ChildProcess, receiver: ChildProcess) {
    this.#sender = sender
    this.#receiver = receiver
  }

  /**
   * Resolves when the first datagrams are on their way. The neighbours on it know each other by then: of a burst, more would wait
   * for them than a router holds.
   */
  static async start(from: Host, to: Host, address: string, rate: number, port = 9000): Promise<UdpStream> {
    if (!(await from.pings(address))) throw new Error(`${address} does not answer to ${from.name}`)
    const receiver = to.spawn(process.execPath, program, 'receive', address, String(port))
    await once(receiver.stdout!, 'data')
    const sender = from.spawn(process.execPath, program, 'send', address, String(port), String(rate))
    await once(sender.stdout!, 'data')
    return new UdpStream(sender, receiver)
  }

  /** Ends the stream; what is on its way still counts. */
  async stop(): Promise<{ sent: number; received: number; repeated: number }> {
    const sent = Number(await finish(this.#sender))
    const [received, repeated] = (await finish(this.#receiver)).split(' ').map(Number)
    return { sent, received: received as number, repeated: repeated as number }
  }
}

async function finish(child: ChildProcess): Promise<string> {
  let text = ''
  child.stdout!.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const closed = once(child, 'close')
  child.kill('SIGTERM')
  await closed
  return text.trim()
}

/** Datagrams that found no room in the socket of a port of this namespace. */
function withoutRoom(family: 'udp' | 'udp6', port: number): number {
  const sockets = readFileSync(`/proc/net/${family}`, 'utf8').trim().split('\n').slice(1)
  const own = sockets
    .map((line) => line.trim().split(/\s+/))
    .find(([, local]) => parseInt(local?.split(':')[1] ?? '', 16) === port)
  return Number(own?.at(-1) ?? 0)
}

function receive(address: string, port: number): void {
  const socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', recvBufferSize: 4 << 20 })
  const seen = new Set<number>()
  let repeated = 0
  let last = performance.now()
  socket.on('message', (message) => {
    const number = message.readUInt32BE(0)
    if (seen.has(number)) repeated++
    seen.add(number)
    last = performance.now()
  })
  socket.bind(port, address, () => process.stdout.write('ready\n'))
  process.on('SIGTERM', () => {
    // What is on its way is read first: the stream has ended when nothing has come for a while.
    last = performance.now()
    setInterval(() => {
      if (performance.now() - last < 500) return
      const came = seen.size + withoutRoom(address.includes(':') ? 'udp6' : 'udp', port)
      process.stdout.write(`${came} ${repeated}\n`, () => process.exit(0))
    }, 50)
  })
}

function send(address: string, port: number, rate: number): void {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  let sent = 0
  let gone = 0
  let ending = false
  socket.connect(port, address, () => {
    const start = performance.now()
    process.stdout.write('sending\n')
    const timer = setInterval(() => {
      const due = Math.floor(((performance.now() - start) / 1000) * rate)
      // After a pause of this process it does not make up for more than a few: the stream stays paced.
      for (let burst = 0; !ending && sent < due && burst < 64; burst++) {
        const message = Buffer.alloc(32)
        message.writeUInt32BE(sent++)
        socket.send(message, () => gone++)
      }
      // Closing the socket would take away what it has not sent yet.
      if (!ending || gone < sent) return
      clearInterval(timer)
      socket.close(() => process.stdout.write(`${sent}\n`, () => process.exit(0)))
    }, 1)
  })
  process.on('SIGTERM', () => (ending = true))
}

if (process.argv[1] === program) {
  const [mode, address = '', port, rate] = process.argv.slice(2)
  if (mode === 'send') send(address, Number(port), Number(rate))
  else receive(address, Number(port))
}
