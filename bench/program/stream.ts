/** Packets through the engine at a steady rate, and how long each was on its way. */
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Router } from '../../test/lab/router.js'
import { target } from './box.js'

const udpLoad = join(resolve(fileURLToPath(import.meta.url), '../../../..'), 'build/engine/udp-load')

export interface Stream {
  readonly sent: number
  readonly lost: number
  readonly reordered: number
  /** Microseconds. */
  readonly p50: number
  readonly p99: number
  readonly longest: number
}

/** From h1 to the target behind h2 while `work` goes on, `rate` packets a second for so many seconds. */
export async function streamBeside(
  { h1, h2 }: Router,
  rate: number,
  seconds: number,
  work: () => Promise<unknown>,
): Promise<Stream> {
  const receiver = h2.spawn(udpLoad, 'receive', target, '9000', '1')
  let text = ''
  receiver.stdout?.on('data', (piece: Buffer) => (text += piece.toString()))
  const ended = once(receiver, 'close')
  while (!text.includes('listening')) await once(receiver.stdout as NodeJS.ReadableStream, 'data')
  const sending = h1.exec(udpLoad, 'send', target, '9000', String(seconds), '18', String(rate))
  const [told] = await Promise.all([sending, work()])
  await ended
  const [, received = 0, lost = 0, reordered = 0] =
    /received (\d+) lost (-?\d+) reordered (\d+)/.exec(text)?.map(Number) ?? []
  const [, p50 = NaN, p99 = NaN, longest = NaN] = /latency (\S+) (\S+) (\S+)/.exec(text)?.map(Number) ?? []
  const sent = Number(/sent (\d+)/.exec(told)?.[1])
  return { sent, lost: Math.max(lost, sent - received), reordered, p50, p99, longest }
}
