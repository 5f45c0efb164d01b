/**
 * A lab of namespaces for one test or bench: a keeper of its own in a temporary folder, hosts, and links (veth pairs) between
 * them. Disposing it ends whatever was started in it and removes all.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startKeeper, type KeeperClient, type Namespace } from '../../dataplane/client/index.js'
import { patiently } from './patience.js'

const execute = promisify(execFile)

export interface Device {
  readonly name: string
  /** With prefix lengths: `192.0.2.2/24`. */
  readonly addresses?: readonly string[]
  readonly mac?: string
  readonly mtu?: number
}

/** A namespace of the lab and what runs in it. */
export class Host {
  readonly name: string
  readonly namespace: Namespace
  readonly #keeper: KeeperClient
  readonly #children: Set<ChildProcess>

  constructor(name: string, namespace: Namespace, keeper: KeeperClient, children: Set<ChildProcess>) {
    this.name = name
    this.namespace = namespace
    this.#keeper = keeper
    this.#children = children
  }

  /** Runs a command to its end; resolves with its output, rejects with what it complained about. */
  async exec(...command: readonly string[]): Promise<string> {
    const [program, ...args] = this.#keeper.enter(this.namespace, command)
    try {
      return (await execute(program, args, { maxBuffer: 1 << 26 })).stdout
    } catch (error) {
      const {
        stdout = '',
        stderr = '',
        message,
      } = error as { stdout?: string; stderr?: string; message: string }
      throw new Error(`${this.name}: ${command.join(' ')}: ${stderr.trim() || stdout.trim() || message}`, {
        cause: error,
      })
    }
  }

  /** Starts a command that goes on beside the test; its standard streams are pipes. */
  spawn(...command: readonly string[]): ChildProcess {
    const [program, ...args] = this.#keeper.enter(this.namespace, command)
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#children.add(child)
    child.once('exit', () => this.#children.delete(child))
    return child
  }

  ip(...args: readonly string[]): Promise<string> {
    return this.exec('ip', ...args)
  }

  /** Does this host get an answer from the address within so many seconds? */
  pings(address: string, { count = 1, seconds = 20 } = {}): Promise<boolean> {
    const ping = ['ping', '-n', '-q', '-i', '0.05', '-c', String(count)]
    return patiently(seconds, (left) =>
      this.exec(...ping, '-w', String(left), address).then(
        () => true,
        () => false,
      ),
    )
  }

  /** A counter of /proc/net/snmp, such as `Ip`, `ForwDatagrams`. */
  async counter(group: string, name: string): Promise<number> {
    const lines = (await this.exec('cat', '/proc/net/snmp'))
      .split('\n')
      .filter((line) => line.startsWith(`${group}: `))
    const names = lines[0]?.split(' ') ?? []
    return Number(lines[1]?.split(' ')[names.indexOf(name)])
  }
}

export class Lab implements AsyncDisposable {
  readonly folder: string
  readonly keeper: KeeperClient
  readonly #hosts = new Map<string, Host>()
  readonly #children = new Set<ChildProcess>()

  private constructor(folder: string, keeper: KeeperClient) {
    this.folder = folder
    this.keeper = keeper
  }

  static async create({
    userNamespace = true,
    keeper,
  }: { userNamespace?: boolean; keeper?: string | undefined } = {}): Promise<Lab> {
    const folder = mkdtempSync(join(tmpdir(), 'weft-lab-'))
    try {
      return await Lab.#begin(folder, userNamespace, keeper)
    } catch (error) {
      rmSync(folder, { recursive: true, force: true })
      throw error
    }
  }

  /** The lab in a folder where another process has begun it. */
  static adopt(folder: string): Promise<Lab> {
    return Lab.#begin(folder, true)
  }

  static async #begin(folder: string, userNamespace: boolean, program?: string): Promise<Lab> {
    const files = { socketPath: join(folder, 'keeper.sock'), logFile: join(folder, 'keeper.log') }
    return new Lab(
      folder,
      await startKeeper({ ...files, userNamespace, ...(program !== undefined && { program }) }),
    )
  }

  get keeperSocket(): string {
    return join(this.folder, 'keeper.sock')
  }

  /** Makes it, or finds it again. `ports` and `chassis` are the engine's own namespaces. */
  async host(name: string): Promise<Host> {
    const found = this.#hosts.get(name)
    if (found) return found
    const host = new Host(name, await this.keeper.namespace(name), this.keeper, this.#children)
    this.#hosts.set(name, host)
    return host
  }

  /** A veth pair between two hosts, both ends up. */
  async link(a: Host, deviceA: Device, b: Host, deviceB: Device): Promise<void> {
    const peer = ['peer', 'name', deviceB.name, 'netns', b.namespace.path]
    await a.ip('link', 'add', deviceA.name, 'type', 'veth', ...peer)
    await this.#raise(a, deviceA)
    await this.#raise(b, deviceB)
  }

  async #raise(host: Host, device: Device): Promise<void> {
    const { name, addresses = [], mac, mtu } = device
    const change = [
      ...(mac === undefined ? [] : ['address', mac]),
      ...(mtu === undefined ? [] : ['mtu', String(mtu)]),
    ]
    await host.ip('link', 'set', name, ...change, 'up')
    for (const address of addresses) {
      await host.ip('addr', 'add', address, 'dev', name, ...(address.includes(':') ? ['nodad'] : []))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      [...this.#children].map(async (child) => {
        const exit = once(child, 'exit')
        child.kill('SIGKILL')
        await exit
      }),
    )
    await this.keeper.quit().catch(() => undefined)
    rmSync(this.folder, { recursive: true, force: true })
  }
}
