/**
 * The data plane without the rest of the appliance: two hosts, h1 and h2, on ports p1 and p2 of a weft-dataplane process, and
 * the server side of its contract, with the tables that connect the two.
 *
 *   h1 eth0 192.0.2.2/24      --- p1 192.0.2.1     engine     198.51.100.1 p2 --- eth0 198.51.100.2/24      h2
 *           2001:db8:1::2/64         2001:db8:1::1            2001:db8:2::1            2001:db8:2::2/64
 */
import { join } from 'node:path'
import {
  DataplaneProcess,
  listenMembers,
  type Address,
  type FastPath,
  type Member,
  type MemberEvent,
  type MemberLog,
  type Members,
  type Operation,
  type PortSettings,
} from '../../dataplane/client/index.js'
import { parseAddress, prefixOf } from '../../src/rib/address.js'
import { Lab, type Host } from './lab.js'

export const addresses = {
  h1: ['192.0.2.2', '2001:db8:1::2'],
  h2: ['198.51.100.2', '2001:db8:2::2'],
  p1: ['192.0.2.1', '2001:db8:1::1'],
  p2: ['198.51.100.1', '2001:db8:2::1'],
} as const

export const keys = { local: 1n, p1: 11n, p2: 12n } as const

export function address(text: string): Address {
  const bytes = parseAddress(text)
  if (!bytes) throw new Error(`${text} is not an address`)
  return bytes
}

/** A port, its interface, its connected prefixes and its own addresses. */
function portOperations(name: 'p1' | 'p2', driver: string): Operation[] {
  const own = addresses[name].map(address)
  const lengths = own.map((bytes) => (bytes.length === 4 ? 24 : 64))
  const at = own.map((bytes, i) => ({ address: bytes, length: lengths[i] as number }))
  return [
    { op: 'port-set', name, driver, device: name },
    {
      op: 'interface-set',
      interface: {
        name,
        vrf: 0,
        port: name,
        enabled: true,
        ipv4: true,
        ipv6: true,
        ipv4Forwarding: true,
        ipv6Forwarding: true,
        mtu: 0,
        addresses: at,
      },
    },
    { op: 'object-set', key: keys[name], object: { type: 'glean', interface: name } },
    ...at.flatMap(({ address, length }): Operation[] => [
      { op: 'route-set', vrf: 0, prefix: prefixOf(address, length), key: keys[name] },
      { op: 'route-set', vrf: 0, prefix: { address, length: address.length * 8 }, key: keys.local },
    ]),
  ]
}

/** Of a port, those that are given and the rest as without. */
export function portSettings(name: string, settings: Partial<PortSettings>): Operation {
  return {
    ...{ op: 'port-settings-set', name, driver: '', rxQueues: 0, workers: [], fastPath: 'off' },
    ...settings,
  }
}

/** Everything that a member of this lab should have. */
export function tables(driver = 'af_packet', workers = 1, fastPath: FastPath = 'off'): Operation[] {
  return [
    { op: 'workers-set', count: workers, cpus: [] },
    { op: 'object-set', key: keys.local, object: { type: 'local', vrf: 0 } },
    ...portOperations('p1', driver),
    ...portOperations('p2', driver),
    ...(fastPath === 'off' ? [] : ['p1', 'p2'].map((name) => portSettings(name, { driver, fastPath }))),
  ]
}

export interface LogLines extends MemberLog {
  readonly lines: string[]
}

export function collectLog(): LogLines {
  const lines: string[] = []
  const add = (message: string) => void lines.push(message)
  return { lines, info: add, warn: add, error: add }
}

/** Resolves when the condition holds; rejects, saying which one, when it does not within the time. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  milliseconds = 10_000,
): Promise<void> {
  for (const end = performance.now() + milliseconds; performance.now() < end;) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`not within ${milliseconds} ms: ${what}`)
}

export interface RouterOptions {
  /** Workers from the beginning; one without. */
  readonly workers?: number
  readonly userNamespace?: boolean
  /** Another program than the usual keeper. */
  readonly keeper?: string | undefined
  readonly driver?: string | undefined
  readonly fastPath?: FastPath
}

export class Router implements AsyncDisposable {
  readonly lab: Lab
  readonly h1: Host
  readonly h2: Host
  readonly chassis: Host
  readonly log = collectLog()
  readonly events: MemberEvent[] = []
  /** Sent whole whenever the member attaches. */
  tables: Operation[]
  members!: Members
  dataplane!: DataplaneProcess
  #commit = 0
  #programmed: Promise<void> = Promise.resolve()

  private constructor(lab: Lab, h1: Host, h2: Host, chassis: Host, own: Operation[]) {
    this.tables = own
    this.lab = lab
    this.h1 = h1
    this.h2 = h2
    this.chassis = chassis
  }

  /** With the ports served by a driver; the usual one without. */
  static async start({
    userNamespace = true,
    keeper,
    driver,
    workers = 1,
    fastPath = 'off',
  }: RouterOptions = {}): Promise<Router> {
    const own = tables(driver, workers, fastPath)
    return await Router.#begin(await Lab.create({ userNamespace, keeper }), true, own)
  }

  /** One whose processes another process has started in this folder. */
  static async adopt(folder: string): Promise<Router> {
    return await Router.#begin(await Lab.adopt(folder), false)
  }

  static async #begin(lab: Lab, links: boolean, own = tables()): Promise<Router> {
    try {
      const [h1, h2, ports, chassis] = await Promise.all(
        ['h1', 'h2', 'ports', 'chassis'].map((name) => lab.host(name)),
      )
      const router = new Router(lab, h1 as Host, h2 as Host, chassis as Host, own)
      if (links) await router.#links(ports as Host)
      await router.openMembers()
      await router.startDataplane()
      await router.programmed()
      return router
    } catch (error) {
      await lab[Symbol.asyncDispose]()
      throw error
    }
  }

  async #links(ports: Host): Promise<void> {
    for (const [host, port, at] of [
      [this.h1, 'p1', addresses.h1],
      [this.h2, 'p2', addresses.h2],
    ] as const) {
      await this.lab.link(host, { name: 'eth0', addresses: [`${at[0]}/24`, `${at[1]}/64`] }, ports, {
        name: port,
      })
      await host.ip('route', 'add', 'default', 'via', addresses[port][0])
      await host.ip('-6', 'route', 'add', 'default', 'via', addresses[port][1])
    }
  }

  get member(): Member {
    return this.members.member0
  }

  get membersSocket(): string {
    return join(this.lab.folder, 'dataplane.sock')
  }

  /** Listens (again), and programs the member whenever it attaches, unless told not to. */
  async openMembers({ term = 1, program = true } = {}): Promise<void> {
    this.members = await listenMembers({
      socketPath: this.membersSocket,
      chassis: 'lab',
      version: 'test',
      log: this.log,
      term,
    })
    this.members.on('attached', () => {
      if (!program) return
      this.#programmed = this.commit(this.tables, { full: true })
      this.#programmed.catch(() => undefined)
    })
    this.members.on('event', (_member, event) => this.events.push(event))
  }

  async startDataplane(): Promise<void> {
    this.dataplane = await DataplaneProcess.start({
      runFolder: this.lab.folder,
      keeper: this.lab.keeper,
      keeperSocket: this.lab.keeperSocket,
      membersSocket: this.membersSocket,
      chassis: 'lab',
      logFile: this.dataplaneLog,
      log: this.log,
    })
  }

  get dataplaneLog(): string {
    return join(this.lab.folder, 'dataplane.log')
  }

  /** One transaction, from prepare to apply. */
  async commit(operations: Iterable<Operation>, { full = false } = {}): Promise<void> {
    const prepared = await this.member.prepare(operations, { full, deadline: 10_000 })
    await prepared.apply(++this.#commit)
  }

  /** Resolves when the member is attached and has been given the tables. */
  async programmed(): Promise<void> {
    await until('the member is attached', () => this.member.attached, 20_000)
    await this.#programmed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dataplane.stop()
    await this.members[Symbol.asyncDispose]()
    await this.lab[Symbol.asyncDispose]()
  }
}
