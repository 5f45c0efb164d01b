/**
 * A chassis of several members, each with namespaces, keeper and process of its own, as on machines of their own:
 *
 *   host h0 eth0 --- p0 [member 0, weftd] fab0 ---+
 *   host h1 eth0 --- p1 [member m1]       fab0 ---+--- bridge of the internal link
 *   host h2 eth0 --- p2 [member m2]       fab0 ---+
 *
 * Host hN has 10.0.N.2/24 and 2001:db8:N::2/64, its gateway is .1 on the chassis. The control network is loopback.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connectKeeper, endDataplane, type KeeperClient } from '../../dataplane/client/index.js'
import { keeperProgram } from '../../dataplane/client/keeper.js'
import type { NetconfClient } from '../../src/demo/client.js'
import { privateRunFolder, runFolder } from '../../src/state.js'
import { Lab, type Host } from './lab.js'
import { until } from './router.js'
import { Weftd } from './weftd.js'

const root = resolve(fileURLToPath(import.meta.url), '../../../..')
const patience = 60_000

export const chassisNamespace = 'urn:weft:params:xml:ns:yang:weft-chassis'

/** A port that nobody listens on now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** The weft-dataplane of another machine. */
export class MemberMachine {
  readonly name: string
  readonly state: string
  readonly keeper: KeeperClient
  readonly #within: readonly string[]
  #process: ChildProcess | undefined
  #output = ''

  constructor(name: string, state: string, keeper: KeeperClient, within: readonly string[]) {
    this.name = name
    this.state = state
    this.keeper = keeper
    this.#within = within
  }

  get output(): string {
    return this.#output
  }

  /** Of weft-dataplane, not of its engine. */
  get pid(): number {
    if (this.#process?.pid === undefined) throw new Error(`member ${this.name} is not running`)
    return this.#process.pid
  }

  get enginePid(): number {
    return Number(/^\d+/.exec(readFileSync(join(runFolder(this.state), 'dataplane.pid'), 'utf8'))?.[0])
  }

  get engineLog(): string {
    return readFileSync(join(this.state, 'log', 'dataplane.log'), 'utf8')
  }

  /** Resolves when it has started its engine. */
  async start(port: number, ...options: readonly string[]): Promise<void> {
    const child = this.launch(port, ...options)
    await new Promise<void>((ready, failed) => {
      const timer = setTimeout(
        () => failed(new Error(`${this.name} was not ready:\n${this.#output}`)),
        patience,
      )
      const settle = (done: () => void) => {
        clearTimeout(timer)
        done()
      }
      child.stdout?.on('data', () => this.#output.includes('ready') && settle(ready))
      child.once('exit', (code) =>
        settle(() => failed(new Error(`${this.name} ended with ${code}:\n${this.#output}`))),
      )
    })
  }

  launch(port: number, ...options: readonly string[]): ChildProcess {
    const program = [process.execPath, '--initial-heap-size=64', join(root, 'bin/weft-dataplane')]
    const said = ['--join', `127.0.0.1:${port}`, '--member', this.name, '--state', this.state, ...options]
    const [command, ...args] = [...this.#within, ...program, ...said]
    const child = spawn(command as string, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (this.#output += chunk.toString()))
    this.#process = child
    return child
  }

  /** Ends weft-dataplane by a signal, and waits until it is gone. */
  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, 'exit')
    child.kill(signal)
    await exit
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL')
    await endDataplane(runFolder(this.state)).catch(() => undefined)
    await this.keeper.quit().catch(() => undefined)
  }
}

export class Stitch implements AsyncDisposable {
  readonly lab: Lab
  readonly port: number
  readonly machines: ReadonlyMap<string, MemberMachine>
  #weftd: Weftd | undefined
  readonly #keeper: KeeperClient

  private constructor(
    lab: Lab,
    port: number,
    keeper: KeeperClient,
    machines: ReadonlyMap<string, MemberMachine>,
  ) {
    this.lab = lab
    this.port = port
    this.#keeper = keeper
    this.machines = machines
  }

  /** All but members' processes are at work; of those none has joined. */
  static async start(names: readonly string[], options: readonly string[] = []): Promise<Stitch> {
    const lab = await Lab.create()
    const machines = new Map<string, MemberMachine>()
    const within = ['nsenter', `--target=${lab.keeper.pid}`, '--user', '--preserve-credentials', '--']
    const keeper = await keeperOf(join(lab.folder, 'weftd'), within)
    for (const name of names) {
      const state = join(lab.folder, name)
      machines.set(name, new MemberMachine(name, state, await keeperOf(state, within), within))
    }
    const stitch = new Stitch(lab, await freePort(), keeper, machines)
    try {
      await stitch.#wire()
      stitch.#weftd = await Weftd.start({
        ...{ state: join(lab.folder, 'weftd'), within },
        options: ['--no-demo', '--port', 'p0=p0', '--port', 'fab0=fab0', ...options],
      })
      await stitch.commit(
        `<chassis xmlns="${chassisNamespace}"><listen><address>127.0.0.1</address><port>${stitch.port}</port></listen></chassis>`,
      )
    } catch (error) {
      await stitch[Symbol.asyncDispose]()
      throw error
    }
    return stitch
  }

  get weftd(): Weftd {
    if (!this.#weftd) throw new Error('weftd has not been started')
    return this.#weftd
  }

  machine(name: string): MemberMachine {
    const machine = this.machines.get(name)
    if (!machine) throw new Error(`there is no machine ${name}`)
    return machine
  }

  /** Host `hN`. */
  host(number: number): Promise<Host> {
    return this.lab.host(`h${number}`)
  }

  async rpc(content: string): Promise<string> {
    await using client: NetconfClient = await this.weftd.connect()
    return await client.rpc(content)
  }

  async commit(config: string): Promise<void> {
    await using client = await this.weftd.connect()
    await client.rpc(`<edit-config><target><candidate/></target><config>${config}</config></edit-config>`)
    await client.rpc('<commit/>')
  }

  /** What `get` says under a subtree filter. */
  async get(filter: string): Promise<string> {
    return await this.rpc(`<get><filter type="subtree">${filter}</filter></get>`)
  }

  /** State of a member, as text; empty when it is not known. */
  async member(name: string): Promise<string> {
    const reply = await this.get(
      `<chassis xmlns="${chassisNamespace}"><member><name>${name}</name><state/></member></chassis>`,
    )
    return /<state>.*<\/state>/s.exec(reply)?.[0] ?? ''
  }

  /** Joins with a token; resolves when it is attached and programmed. */
  async join(name: string): Promise<void> {
    const reply = await this.rpc(
      `<create-token xmlns="${chassisNamespace}"><member>${name}</member></create-token>`,
    )
    const token = /<token[^>]*>([^<]+)/.exec(reply)?.[1] ?? ''
    await this.machine(name).start(this.port, '--token', token)
    await this.programmed(name)
  }

  async programmed(name: string): Promise<void> {
    await using client = await this.weftd.connect()
    const asked = `<get><filter type="subtree"><chassis xmlns="${chassisNamespace}"><member><name>${name}</name><state><connected/><commit/></state></member></chassis></filter></get>`
    const programmed = async () => {
      const reply = await client.rpc(asked)
      return reply.includes('<connected>true') && reply.includes('<commit>')
    }
    await until(`member ${name} is programmed`, programmed, patience)
  }

  /** The devices of the drawing above. */
  async #wire(): Promise<void> {
    const { lab } = this
    const bridge = await lab.host('fabric')
    await bridge.ip('link', 'add', 'br0', 'type', 'bridge')
    await bridge.ip('link', 'set', 'br0', 'up')
    const members: readonly [number, KeeperClient][] = [
      [0, this.#keeper],
      ...[...this.machines.values()].map(
        ({ keeper }, index) => [index + 1, keeper] as [number, KeeperClient],
      ),
    ]
    for (const [number, keeper] of members) {
      const ports = await keeper.namespace('ports')
      const host = await this.host(number)
      const veth = async (place: Host, name: string, device: string) => {
        await place.ip('link', 'add', name, 'type', 'veth', 'peer', 'name', device, 'netns', ports.path)
        await place.ip('link', 'set', name, 'up')
      }
      await veth(host, 'eth0', `p${number}`)
      await host.ip('link', 'set', 'lo', 'up')
      await host.ip('addr', 'add', `10.0.${number}.2/24`, 'dev', 'eth0')
      await host.ip('addr', 'add', `2001:db8:${number}::2/64`, 'dev', 'eth0', 'nodad')
      await host.ip('route', 'add', 'default', 'via', `10.0.${number}.1`)
      await host.ip('-6', 'route', 'add', 'default', 'via', `2001:db8:${number}::1`, 'dev', 'eth0')
      await veth(bridge, `to${number}`, 'fab0')
      await bridge.ip('link', 'set', `to${number}`, 'master', 'br0')
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const machine of this.machines.values()) await machine[Symbol.asyncDispose]()
    await this.#weftd?.[Symbol.asyncDispose]()
    await this.#keeper.quit().catch(() => undefined)
    await this.lab[Symbol.asyncDispose]()
  }
}

/** The keeper that a process on this state folder is to find, so that devices can be made in its namespaces first. */
async function keeperOf(state: string, within: readonly string[]): Promise<KeeperClient> {
  mkdirSync(state, { mode: 0o700 })
  const socket = join(privateRunFolder(state), 'keeper.sock')
  rmSync(socket, { force: true })
  const [command, ...args] = [...within, keeperProgram, '--socket', socket, '--user-namespace']
  spawn(command as string, args, { cwd: '/', detached: true, stdio: 'ignore' }).unref()
  let keeper: KeeperClient | undefined
  await until('the keeper answers', async () => {
    keeper = await connectKeeper(socket).catch(() => undefined)
    return keeper !== undefined
  })
  return keeper as unknown as KeeperClient
}

/** An interface with the addresses of the chassis on the link of host `hN`. */
export const routed = (name: string, number: number): string =>
  `<interface><name>${name}</name><type xmlns:i="urn:ietf:params:xml:ns:yang:iana-if-type">i:ethernetCsmacd</type>` +
  '<ipv4 xmlns="urn:ietf:params:xml:ns:yang:ietf-ip"><forwarding>true</forwarding>' +
  `<address><ip>10.0.${number}.1</ip><prefix-length>24</prefix-length></address></ipv4>` +
  '<ipv6 xmlns="urn:ietf:params:xml:ns:yang:ietf-ip"><forwarding>true</forwarding>' +
  `<address><ip>2001:db8:${number}::1</ip><prefix-length>64</prefix-length></address></ipv6></interface>`
