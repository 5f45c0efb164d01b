/**
 * The client of the benchmark: the program bench/native/netconf_load.cc in a process of its own, on libssh, so that what is
 * measured is the server.
 */
import { spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { adminPassword } from '../../test/lab/weftd.js'

const program = join(resolve(fileURLToPath(import.meta.url), '../../../..'), 'build/engine/netconf-load')

export interface Asked {
  /** Replies a second of all sessions together. */
  readonly rate: number
  /** Octets of one reply. */
  readonly bytes: number
  readonly cipher: string
  /** Milliseconds from the sending of an rpc to the end of its reply. */
  readonly times: readonly number[]
}

export interface SetUp {
  /** Milliseconds from the connect to the exchanged hellos. */
  readonly setup: readonly number[]
  readonly exchange: string
  readonly cipher: string
}

/** Each session has its connection and waits for a reply before it asks again, but for `depth` rpcs that may be on their way. */
export function ask(port: number, sessions: number, rpc: string, seconds: number, depth = 1): Promise<Asked> {
  return run(port, 'ask', String(sessions), String(seconds), String(depth), rpc)
}

export function setUp(port: number, count: number): Promise<SetUp> {
  return run(port, 'setup', String(count))
}

/** Runs `meanwhile` while so many sessions stand idle. */
export async function hold<T>(port: number, sessions: number, meanwhile: () => Promise<T>): Promise<T> {
  const child = start(port, 'hold', String(sessions))
  const ended = over(child)
  try {
    await Promise.race([
      new Promise((ready) => child.stdout.once('data', ready)),
      ended.then(() => Promise.reject(new Error('netconf-load ended early'))),
    ])
    return await meanwhile()
  } finally {
    child.stdin.end()
    await ended
  }
}

function start(port: number, ...args: readonly string[]) {
  return spawn(program, [String(port), 'admin', ...args], {
    env: { ...process.env, NETCONF_PASSWORD: adminPassword },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
}

function over(child: ReturnType<typeof start>): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`netconf-load ended with ${code}`)),
    )
  })
}

async function run<T>(port: number, ...args: readonly string[]): Promise<T> {
  const child = start(port, ...args)
  const pieces: Buffer[] = []
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece))
  await over(child)
  return JSON.parse(Buffer.concat(pieces).toString()) as T
}
