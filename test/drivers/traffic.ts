/** Traffic between hosts of a lab that is counted and compared at both ends; traffic.py and bench/native/udp_load.cc make it. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Host } from '../lab/lab.js'

const root = resolve(fileURLToPath(import.meta.url), '../../../..')
export const python: readonly string[] = ['/usr/bin/python3', join(root, 'test/drivers/traffic.py')]
const udpLoad = join(root, 'build/engine/udp-load')

let lastPort = 20_000
/** One that no other traffic of this process uses. */
const newPort = (): string => String(++lastPort)

/** Starts a command; resolves when it has said its first word; then ends its input, and resolves with what it says after its end. */
export async function listening(host: Host, ...command: readonly string[]): Promise<() => Promise<string>> {
  const child: ChildProcess = host.spawn(...command)
  const closed = once(child, 'close')
  let text = ''
  let complaint = ''
  child.stderr?.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
  await new Promise<void>((said, failed) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('\n')) said()
    })
    child.once('close', () => failed(new Error(`${host.name}: ${command.join(' ')}: ${complaint}`)))
  })
  return async () => {
    child.stdin?.end()
    await closed
    return text.split('\n').slice(1).join('\n').trim()
  }
}

export interface Transfer {
  readonly octets: number
  /** Did all come, as it was sent? */
  readonly same: boolean
  /** Segments that were sent again. */
  readonly retransmits: number
}

/** So many MiB over one TCP connection. */
export async function transfer(
  from: Host,
  to: Host,
  address: string,
  mebibytes: number,
  port = newPort(),
): Promise<Transfer> {
  const end = await listening(to, ...python, 'tcp-receive', address, port)
  const sent = (await from.exec(...python, 'tcp-send', address, port, String(mebibytes))).trim().split(' ')
  const received = (await end()).split(' ')
  return {
    octets: Number(received[0]),
    same: sent[0] === received[0] && sent[1] === received[1],
    retransmits: Number(sent[2]),
  }
}

export interface Stream {
  readonly sent: number
  readonly received: number
  readonly reordered: number
}

export interface Load {
  readonly seconds: number
  readonly payload: number
  /** Datagrams a second; as fast as it can without. */
  readonly rate?: number
}

/** Numbered datagrams from socket to socket; the one end waits for as long as the other sends, and a second more. */
export async function datagrams(
  from: Host,
  to: Host,
  address: string,
  { seconds, payload, rate = 0 }: Load,
): Promise<Stream> {
  const port = newPort()
  const end = await listening(to, udpLoad, 'receive', address, port, '1', 'held')
  const sent = await from.exec(udpLoad, 'send', address, port, String(seconds), String(payload), String(rate))
  const [, received, reordered] = /received (\d+) lost \S+ reordered (\d+)/.exec(await end()) ?? []
  return {
    sent: Number(/sent (\d+)/.exec(sent)?.[1]),
    received: Number(received),
    reordered: Number(reordered),
  }
}

/** Holds the port that blast() sends to, so that nothing is answered, as long as the lab lives. */
export async function sink(at: Host, address: string): Promise<void> {
  await listening(at, udpLoad, 'sink', address, '9')
}

/** Datagrams that nobody need receive; resolves with how many were sent. */
export async function blast(
  from: Host,
  address: string,
  { seconds, payload, rate = 0 }: Load,
): Promise<number> {
  const sent = await from.exec(udpLoad, 'send', address, '9', String(seconds), String(payload), String(rate))
  return Number(/sent (\d+)/.exec(sent)?.[1])
}

/** Super-datagrams of UDP_SEGMENT: how many datagrams were sent in them, came, and came as they were sent. */
export async function superDatagrams(
  from: Host,
  to: Host,
  address: string,
  { size, count, times }: { readonly size: number; readonly count: number; readonly times: number },
): Promise<{ readonly sent: number; readonly received: number; readonly right: number }> {
  const port = newPort()
  const end = await listening(to, ...python, 'udp-collect', address, port)
  const numbers = [size, count, times].map(String)
  const sent = Number(await from.exec(...python, 'udp-segments', address, port, ...numbers))
  const [received = 0, different = 0, wrong = 0] = (await end()).split(' ').map(Number)
  return { sent, received, right: different - wrong }
}
