/**
 * weftd's side of the keeper's protocol (dataplane/keeper/holdings.h): lines only. The descriptors that come with some
 * answers are for native clients; here they are closed unread, and namespaces are reached by their /proc path.
 */
import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { checkSocketPath } from '../proto/socket-path.js'
import { KeeperDiedError } from './errors.js'
import { startTimeOf } from './process-file.js'
import { writeProcessFile } from './process-file.js'

/** A network namespace that a keeper holds. */
export interface Namespace {
  /** Process id of the keeper. */
  readonly keeper: number
  /** `/proc/PID/fd/N`. */
  readonly path: string
}

const answerPatience = 10_000
const startPatience = 10_000

interface Waiting {
  resolve(answer: string): void
  reject(error: Error): void
}

export class KeeperClient implements AsyncDisposable {
  readonly pid: number
  /** Whether the keeper has a user namespace of its own, which must be entered before its network namespaces. */
  readonly userNamespace: boolean
  /** Resolves when the connection has ended, by either side. */
  readonly closed: Promise<void>
  readonly #socket: Socket
  readonly #waiting: Waiting[]

  private constructor(socket: Socket, waiting: Waiting[], pid: number, userNamespace: boolean) {
    this.#socket = socket
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
    this.#waiting = waiting
    this.pid = pid
    this.userNamespace = userNamespace
  }

  /** Rejects when no keeper answers there. */
  static async connect(socketPath: string): Promise<KeeperClient> {
    checkSocketPath(socketPath)
    const socket = connect(socketPath)
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', (error) =>
        reject(new Error(`no keeper answers at ${socketPath}: ${error.message}`)),
      )
    })
    const waiting: Waiting[] = []
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => {
      const lines = (text + chunk).split('\n')
      text = lines.pop() ?? ''
      for (const line of lines) waiting.shift()?.resolve(line)
    })
    const fail = (error?: Error) => {
      const text = error ? `: ${error.message}` : ''
      for (const { reject } of waiting.splice(0))
        reject(new Error(`the keeper at ${socketPath} hung up${text}`))
    }
    socket.on('error', fail)
    socket.on('close', () => fail())
    const [pid, kind] = (await ask(socket, waiting, 'pid')).split(' ')
    return new KeeperClient(socket, waiting, Number(pid), kind === 'user-namespace')
  }

  /** Sends one request; resolves with what follows `ok`, rejects with what follows `error`. */
  request(line: string): Promise<string> {
    return ask(this.#socket, this.#waiting, line)
  }

  /** Is it there still? */
  answers(): Promise<boolean> {
    return this.request('pid').then(
      () => true,
      () => false,
    )
  }

  /** Makes it, or finds it again. */
  async namespace(name: string): Promise<Namespace> {
    return { keeper: this.pid, path: await this.request(`namespace ${name}`) }
  }

  async namespaces(): Promise<Map<string, Namespace>> {
    const words = (await this.request('namespaces')).split(' ').filter((word) => word !== '')
    return new Map(
      words.map((word) => {
        const [name = '', path = ''] = word.split('=')
        return [name, { keeper: this.pid, path }]
      }),
    )
  }

  async dropNamespace(name: string): Promise<void> {
    await this.request(`drop-namespace ${name}`)
  }

  /** The command line that runs a command in one of its namespaces. */
  enter(namespace: Namespace, command: readonly string[]): [string, ...string[]] {
    const user = this.userNamespace ? [`--target=${this.pid}`, '--user', '--preserve-credentials'] : []
    return ['nsenter', ...user, `--net=${namespace.path}`, '--', ...command]
  }

  /** Ends the keeper; what it held and nobody else uses is gone when this resolves. */
  async quit(): Promise<void> {
    if (this.#socket.destroyed) return
    await this.request('quit')
    await this.closed
    while (startTimeOf(this.pid) !== undefined) await delay(5)
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy()
    return Promise.resolve()
  }
}

function ask(socket: Socket, waiting: Waiting[], line: string): Promise<string> {
  if (socket.destroyed) return Promise.reject(new Error('the keeper hung up'))
  return new Promise<string>((resolve, reject) => {
    const timer = setTimeout(
      () => socket.destroy(new Error(`no answer to '${line}' within ${answerPatience / 1000} s`)),
      answerPatience,
    )
    waiting.push({
      resolve: (answer) => {
        clearTimeout(timer)
        if (answer === 'ok') resolve('')
        else if (answer.startsWith('ok ')) resolve(answer.slice(3))
        else reject(new Error(`keeper: ${answer.replace(/^error /, '')}`))
      },
      reject: (error) => {
        clearTimeout(timer)
        reject(error)
      },
    })
    socket.write(`${line}\n`)
  })
}

/** Connects to a running keeper. */
export function connectKeeper(socketPath: string): Promise<KeeperClient> {
  return KeeperClient.connect(socketPath)
}

export interface KeeperOptions {
  /** At most 107 bytes, in a folder of this user alone. */
  readonly socketPath: string
  /** Where its complaints go. */
  readonly logFile: string
  /** Default true: root of a user namespace of its own; root itself can do without. */
  readonly userNamespace?: boolean
  /** Written when the keeper answers: who it is, for people and tools. */
  readonly processFile?: string
  readonly program?: string
}

export const keeperProgram = fileURLToPath(new URL('../../engine/weft-keeper', import.meta.url))

/**
 * Finds the keeper that listens there, or starts one that lives on without this process. Rejects with KeeperDiedError when that
 * was killed before it answered.
 */
export async function startKeeper(options: KeeperOptions): Promise<KeeperClient> {
  const keeper = await findOrSpawn(options)
  if (options.processFile !== undefined) writeProcessFile(options.processFile, keeper.pid)
  return keeper
}

async function findOrSpawn(options: KeeperOptions): Promise<KeeperClient> {
  const { socketPath, logFile } = options
  checkSocketPath(socketPath)
  const found = await KeeperClient.connect(socketPath).catch(() => undefined)
  if (found) return found
  const log = openSync(logFile, 'a', 0o600)
  const user = options.userNamespace === false ? [] : ['--user-namespace']
  const program = options.program ?? keeperProgram
  const child = spawn(program, ['--socket', socketPath, ...user], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  child.unref()
  let ended: string | undefined
  let killed = false
  child.once('error', (error) => (ended = error.message))
  child.once('exit', (code, signal) => {
    ended = `it ended with ${code ?? signal}; see ${logFile}`
    killed = signal === 'SIGKILL' || signal === 'SIGTERM'
  })
  for (const end = performance.now() + startPatience; performance.now() < end; await delay(5)) {
    if (ended !== undefined)
      throw new (killed ? KeeperDiedError : Error)(`the keeper ${program} can't be started: ${ended}`)
    const keeper = await KeeperClient.connect(socketPath).catch(() => undefined)
    if (keeper) return keeper
  }
  throw new Error(`the keeper ${program} did not answer within ${startPatience / 1000} s; see ${logFile}`)
}
