/**
 * Supervises the weft-dataplane process: starts it in the chassis namespace so that it lives on without weftd, finds the one
 * that a weftd before has started, and starts it again when it dies. Ending weftd leaves it alone; stop() ends it.
 */
import { spawn } from 'node:child_process'
import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { checkSocketPath } from '../proto/socket-path.js'
import type { KeeperClient } from './keeper.js'
import type { MemberLog } from './member.js'
import { isAlive, readProcessFile, startTimeOf, type ProcessName } from './process-file.js'

export interface DataplaneOptions {
  /** For the file that names the process. */
  readonly runFolder: string
  readonly keeper: KeeperClient
  readonly keeperSocket: string
  /** weftd's, where members attach. */
  readonly membersSocket: string
  readonly chassis: string
  readonly member?: string
  /** Folder of what it shows there; undefined: the socket is that of weftd itself. */
  readonly credentials?: string
  /** Forwarding threads; default 1. */
  readonly workers?: number
  readonly logFile: string
  readonly log: MemberLog
  /** Default: the namespace `chassis` of the keeper. */
  readonly namespace?: string
}

const program = fileURLToPath(new URL('../agent/main.js', import.meta.url))
const forwardingPriority = -10
const lookEvery = 100
const firstPause = 50
const longestPause = 5_000
/** A process that lived this long was not a failed start. */
const goodLife = 5_000
const stopPatience = 5_000

export class DataplaneProcess {
  readonly #options: DataplaneOptions
  readonly #file: string
  readonly #ended = new AbortController()
  #process: ProcessName | undefined
  #watching: Promise<void> | undefined
  #restarts = 0

  private constructor(options: DataplaneOptions) {
    this.#options = options
    this.#file = join(options.runFolder, 'dataplane.pid')
  }

  /** Finds or starts it. Rejects when it can't be started at all. */
  static async start(options: DataplaneOptions): Promise<DataplaneProcess> {
    checkSocketPath(options.membersSocket)
    checkSocketPath(options.keeperSocket)
    const dataplane = new DataplaneProcess(options)
    dataplane.#process = readProcessFile(dataplane.#file)
    if (dataplane.#process)
      options.log.info(`the data plane is running already (process ${dataplane.#process.pid})`)
    else await dataplane.#spawn()
    dataplane.#watching = dataplane.#watch()
    return dataplane
  }

  /** Undefined while it is down. */
  get pid(): number | undefined {
    return this.#process && isAlive(this.#process) ? this.#process.pid : undefined
  }

  /** How often it had to be started again. */
  get restarts(): number {
    return this.#restarts
  }

  /** Leaves the process running and looks after it no more. */
  async release(): Promise<void> {
    this.#ended.abort()
    await this.#watching
  }

  /** Ends the process and waits until it is gone. */
  async stop(): Promise<void> {
    await this.release()
    const running = this.#process
    if (!running) return
    this.#process = undefined
    await endProcess(running)
    rmSync(this.#file, { force: true })
  }

  async #spawn(): Promise<void> {
    const { keeper, keeperSocket, membersSocket, chassis, member = '0', workers = 1, logFile } = this.#options
    const place = await keeper.namespace(this.#options.namespace ?? 'chassis')
    const { credentials } = this.#options
    const options = [
      '--socket',
      membersSocket,
      '--keeper',
      keeperSocket,
      '--chassis',
      chassis,
      '--member',
      member,
      ...(credentials === undefined ? [] : ['--credentials', credentials]),
    ]
    const agent = [
      process.execPath,
      program,
      ...options,
      '--workers',
      String(workers),
      '--process-file',
      this.#file,
    ]
    const [command, ...args] = keeper.enter(place, [...this.#restraint(), ...agent])
    const log = openSync(logFile, 'a', 0o600)
    const child = spawn(command, args, { cwd: '/', detached: true, stdio: ['ignore', log, log] })
    closeSync(log)
    child.unref()
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', (error) => reject(new Error(`the data plane can't be started: ${error.message}`)))
    })
    // nsenter becomes the agent: the same process, under the same start time.
    const pid = child.pid as number
    this.#process = { pid, startTime: startTimeOf(pid) ?? '' }
    prefer(pid)
    this.#options.log.info(`the data plane is started (process ${pid})`)
  }

  /** Root outside of a user namespace keeps just what forwarding needs. */
  #restraint(): string[] {
    if (this.#options.keeper.userNamespace || process.getuid?.() !== 0) return []
    const kept = ['net_admin', 'net_raw', 'bpf', 'perfmon', 'ipc_lock'].map((name) => `,+${name}`).join('')
    return ['setpriv', `--bounding-set=-all${kept}`, '--inh-caps=-all', '--']
  }

  async #watch(): Promise<void> {
    const signal = this.#ended.signal
    const sleep = (milliseconds: number) => delay(milliseconds, undefined, { signal }).catch(() => undefined)
    let pause = firstPause
    let since = performance.now()
    while (!signal.aborted) {
      if (this.#process && isAlive(this.#process)) {
        await sleep(lookEvery)
        continue
      }
      if (performance.now() - since > goodLife) pause = firstPause
      this.#options.log.error(
        `the data plane (process ${this.#process?.pid}) died; it is started again in ${pause} ms`,
      )
      await sleep(pause)
      if (signal.aborted) return
      pause = Math.min(2 * pause, longestPause)
      since = performance.now()
      this.#restarts++
      this.#process = readProcessFile(this.#file)
      if (!this.#process) {
        await this.#spawn().catch((error: unknown) => this.#options.log.error((error as Error).message))
      }
    }
  }
}

/** Ends the weft-dataplane process that a run folder names, if there is one, and waits until it is gone. */
export async function endDataplane(runFolder: string): Promise<void> {
  const file = join(runFolder, 'dataplane.pid')
  const running = readProcessFile(file)
  if (running) await endProcess(running)
  rmSync(file, { force: true })
}

async function endProcess(running: ProcessName): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (isAlive(running)) kill(running.pid, signal)
    for (const end = performance.now() + stopPatience; isAlive(running) && performance.now() < end;)
      await delay(10)
  }
}

/** Packets go before management, where this user may say so; the threads that the process is going to have inherit it. */
function prefer(pid: number): void {
  try {
    setPriority(pid, forwardingPriority)
    writeFileSync(`/proc/${pid}/autogroup`, String(forwardingPriority))
  } catch {
    // An ordinary user's engine takes its turn like everything else.
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // Gone by itself in the meantime.
  }
}
