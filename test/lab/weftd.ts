/**
 * A weftd of one test's or benchmark's own: the real command with a temporary state folder and a free port, by default with
 * the demo chassis. Disposing ends it and all that it left, even after a `kill -9`.
 */
import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { connectKeeper, type KeeperClient } from '../../dataplane/client/index.js'
import { NetconfClient } from '../../src/demo/client.js'
import { execIn } from '../../src/lab/namespace.js'
import { runFolder } from '../../src/state.js'
import { patiently } from './patience.js'

const execute = promisify(execFile)
const root = resolve(fileURLToPath(import.meta.url), '../../../..')

/** Milliseconds that weftd may take to come or to go on a machine that has much else to do. */
const patience = 110_000

export const adminPassword = 'test-password-of-admin'

export interface WeftdOptions {
  /** Besides --state and --netconf. */
  readonly options?: readonly string[]
  /** Folder to use, which the caller removes; a new one, removed at the end, when absent. */
  readonly state?: string
  readonly port?: number
  /** A command line that weftd and its clients are run by, such as an nsenter into a network namespace. */
  readonly within?: readonly string[]
  /** Added to the environment. */
  readonly environment?: Readonly<Record<string, string>>
}

export interface Output {
  readonly stdout: string
  readonly stderr: string
  readonly code: number
}

/** Those to be ended when the test process itself ends before their tests could do it. */
const living = new Set<Weftd>()
process.on('exit', () => {
  for (const weftd of living) weftd.endNow()
})

export class Weftd implements AsyncDisposable {
  readonly state: string
  readonly #keepState: boolean
  readonly #options: WeftdOptions
  #process: ChildProcess | undefined
  #port: number
  #output = ''

  private constructor(state: string, options: WeftdOptions) {
    this.state = state
    this.#keepState = options.state !== undefined
    this.#options = options
    this.#port = options.port ?? 0
  }

  /** Resolves when it is ready, and, with the demo, has shown that the hosts reach each other. */
  static async start(options: WeftdOptions = {}): Promise<Weftd> {
    const state = options.state ?? (await mkdtemp(join(tmpdir(), 'weft-test-')))
    const weftd = new Weftd(state, options)
    living.add(weftd)
    try {
      await weftd.start()
    } catch (error) {
      await weftd[Symbol.asyncDispose]()
      throw error
    }
    return weftd
  }

  get port(): number {
    return this.#port
  }

  /** Everything it has printed since it was started. */
  get output(): string {
    return this.#output
  }

  get pid(): number {
    if (this.#process?.pid === undefined) throw new Error('weftd is not running')
    return this.#process.pid
  }

  /** Starts it (again) on the same state folder and port. */
  async start(): Promise<void> {
    const options = this.#options.options ?? []
    const demo = !options.includes('--no-demo')
    this.#output = ''
    const places = ['--state', this.state, '--netconf', `127.0.0.1:${this.#port}`]
    const node = [process.execPath, '--initial-heap-size=64'] as const
    const [command, args] = this.#within(...node, join(root, 'bin/weftd'), ...places, ...options)
    const child = spawn(command, args, {
      env: { ...process.env, WEFT_ADMIN_PASSWORD: adminPassword, ...this.#options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#process = child
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((ready, failed) => {
      timer = setTimeout(() => failed(new Error(`weftd was not ready in time:\n${this.#output}`)), patience)
      const read = (chunk: Buffer) => {
        this.#output += chunk.toString()
        const port = [...this.#output.matchAll(/ready.*:(\d+)\s/g)].at(-1)?.[1]
        if (port === undefined) return
        this.#port = Number(port)
        if (!demo || this.#output.includes('Ctrl-C')) ready()
      }
      child.stdout.on('data', read)
      child.stderr.on('data', read)
      child.once('exit', (code, signal) =>
        failed(new Error(`weftd ended with ${code ?? signal} before it was ready:\n${this.#output}`)),
      )
    }).finally(() => clearTimeout(timer))
  }

  /** Resolves when it has told so many times how to connect, with what it had printed by then. */
  async ready(times: number): Promise<string> {
    for (let waited = 0; (this.#output.match(/Ctrl-C/g)?.length ?? 0) < times; waited += 50) {
      if (waited > patience) throw new Error(`weftd was not ready ${times} times:\n${this.#output}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    return this.#output
  }

  /** As an operator's client: a session of admin. */
  connect(): Promise<NetconfClient> {
    const to = { host: '127.0.0.1', port: this.port, username: 'admin', password: adminPassword }
    return NetconfClient.connect(to)
  }

  /** Ends it by a signal and waits until it is gone. Rejects when it had to be killed because it did not go. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, 'exit')
    child.kill(signal)
    let late = false
    const timer = setTimeout(() => {
      late = true
      child.kill('SIGKILL')
    }, patience)
    await exit
    clearTimeout(timer)
    if (late) throw new Error(`weftd did not end by ${signal} in time:\n${this.#output}`)
  }

  /** Runs a command in a demo host. Does not reject when the command fails. */
  exec(host: string, ...command: readonly string[]): Promise<Output> {
    return this.tool('lab', 'exec', '--state', this.state, host, '--', ...command)
  }

  /** Runs bin/weft. */
  tool(...args: readonly string[]): Promise<Output> {
    return run(...this.#within(process.execPath, join(root, 'bin/weft'), ...args))
  }

  #within(program: string, ...args: readonly string[]): [string, string[]] {
    const [first, ...rest] = [...(this.#options.within ?? []), program, ...args]
    return [first as string, rest]
  }

  /** The command line that runs a command in a demo host, for one that goes on beside the test. */
  hostCommand(host: string, ...command: readonly string[]): [string, string[]] {
    return [
      process.execPath,
      [join(root, 'bin/weft'), 'lab', 'exec', '--state', this.state, host, '--', ...command],
    ]
  }

  /** Runs a Python script with Debian's ncclient; `m` is a connected manager. Rejects with what it printed when it fails. */
  async ncclient(script: string): Promise<string> {
    const prelude = [
      'from ncclient import manager',
      'from ncclient.operations import RPCError',
      'import sys',
      `m = manager.connect(host='127.0.0.1', port=${this.port}, username='admin', password='${adminPassword}', hostkey_verify=False, allow_agent=False, look_for_keys=False, timeout=60)`,
    ]
    const python: [string, ...string[]] = [
      '/usr/bin/python3',
      '-c',
      [...prelude, script, 'm.close_session()'].join('\n'),
    ]
    const result = await run(...this.#within(...python))
    if (result.code !== 0) throw new Error(`ncclient: ${result.stdout}${result.stderr}`)
    return result.stdout
  }

  /**
   * Does one ping from a host through the engine get an answer within so many seconds? Rejects when it got one without the
   * engine's counters having moved, or when a kernel of the chassis has forwarded anything.
   */
  async pings(host: string, address: string, seconds = 20): Promise<boolean> {
    const before = await this.sentByEngine()
    if (!(await patiently(seconds, (left) => this.#pingsOnce(host, address, left)))) return false
    const after = await this.sentByEngine()
    // A new engine has counted from the beginning.
    if (after <= (after < before ? 0 : before))
      throw new Error(`${address} answered, but the engine sent ${before} and then ${after} packets`)
    const kernel = await this.forwardedByKernel()
    if (kernel !== 0) throw new Error(`${address} answered, but the kernel forwarded ${kernel} packets`)
    return true
  }

  async #pingsOnce(host: string, address: string, seconds: number): Promise<boolean> {
    const ping = ['ping', '-n', '-i', '0.2', '-c', '1', '-w', String(seconds), address]
    return (await this.exec(host, ...ping)).code === 0
  }

  /** Unicast packets that the engine has sent on all interfaces, as `get` says; 0 while there is no engine. */
  async sentByEngine(): Promise<number> {
    await using client = await this.connect()
    const reply = await client.rpc(
      '<get><filter type="subtree"><interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"><interface><statistics><out-unicast-pkts/></statistics></interface></interfaces></filter></get>',
    )
    const counters = [...reply.matchAll(/<out-unicast-pkts>(\d+)</g)]
    return counters.reduce((sum, [, packets]) => sum + Number(packets), 0)
  }

  /** Datagrams of both families that the kernel has forwarded in the namespaces of chassis and ports. */
  async forwardedByKernel(): Promise<number> {
    const all = await Promise.all(['chassis', 'ports'].map((name) => this.#ofKernel(name)))
    return all.reduce((sum, { forwarded }) => sum + forwarded, 0)
  }

  /** IPv4 datagrams that the kernel's stack was given in the namespace of ports. */
  async takenByKernel(): Promise<number> {
    return (await this.#ofKernel('ports')).received4
  }

  async #ofKernel(name: string): Promise<{ received4: number; forwarded: number }> {
    await using keeper = await this.keeper()
    const namespace = await keeper.namespace(name)
    const ipv4 = await execIn(keeper, namespace, ['cat', '/proc/net/snmp'])
    const [names = [], values = []] = ipv4
      .split('\n')
      .filter((line) => line.startsWith('Ip:'))
      .map((line) => line.split(' '))
    const ipv6 = await execIn(keeper, namespace, ['cat', '/proc/net/snmp6'])
    return {
      received4: Number(values[names.indexOf('InReceives')]),
      forwarded:
        Number(values[names.indexOf('ForwDatagrams')]) +
        Number(/Ip6OutForwDatagrams\s+(\d+)/.exec(ipv6)?.[1]),
    }
  }

  /** Process id of the engine. */
  get enginePid(): number {
    return Number(/^\d+/.exec(readFileSync(join(runFolder(this.state), 'dataplane.pid'), 'utf8'))?.[0])
  }

  /** The keeper of its namespaces; to be disposed by the caller. */
  keeper(): Promise<KeeperClient> {
    return connectKeeper(join(runFolder(this.state), 'keeper.sock'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.kill('SIGTERM')
    } finally {
      await this.tool('down', '--state', this.state)
      if (!this.#keepState) await rm(this.state, { recursive: true, force: true })
      living.delete(this)
    }
  }

  /** Ends it and what it left at once, without waiting for its own order. */
  endNow(): void {
    this.#process?.kill('SIGKILL')
    spawnSync(process.execPath, [join(root, 'bin/weft'), 'down', '--state', this.state])
    if (!this.#keepState) rmSync(this.state, { recursive: true, force: true })
  }
}

export async function run(command: string, args: readonly string[]): Promise<Output> {
  try {
    const { stdout, stderr } = await execute(command, [...args], { maxBuffer: 1 << 28 })
    return { stdout, stderr, code: 0 }
  } catch (error) {
    const failed = error as { stdout?: string; stderr?: string; code?: number | string; message: string }
    if (typeof failed.code !== 'number') throw new Error(`${command}: ${failed.message}`, { cause: error })
    return { stdout: failed.stdout ?? '', stderr: failed.stderr ?? '', code: failed.code }
  }
}
