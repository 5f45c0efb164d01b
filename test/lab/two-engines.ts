/**
 * Two data planes back to back, each with a keeper of its own, and a host behind each.
 *
 *   h 192.0.2.2       --- host [a] way 10.0.3.1       --- 10.0.3.2 way [b] host --- 198.51.100.2 h
 *     2001:db8:1::2                2001:db8:3::1          2001:db8:3::2             2001:db8:2::2
 *
 * The second one's user namespace is made in that of the first, whose keeper may then link them.
 */
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  DataplaneProcess,
  listenMembers,
  type Members,
  type Operation,
} from '../../dataplane/client/index.js'
import { keeperProgram } from '../../dataplane/client/keeper.js'
import { prefixOf } from '../../src/rib/address.js'
import { Lab, type Host } from './lab.js'
import { address, collectLog, until } from './router.js'

const hostNets: readonly (readonly [four: string, six: string])[] = [
  ['192.0.2', '2001:db8:1:'],
  ['198.51.100', '2001:db8:2:'],
]
export const hostAddresses = hostNets.map(([four, six]) => [`${four}.2`, `${six}:2`] as const)
/** Ends of the way between the two. */
export const ends = [1, 2].map((n) => [`10.0.3.${n}`, `2001:db8:3::${n}`] as const)

export const local = 1n

/** An interface, its connected prefixes and its own addresses. */
export function interfaceWith(
  name: string,
  port: string | undefined,
  key: bigint,
  own: readonly string[],
): Operation[] {
  const at = own.map((text) => ({ address: address(text), length: text.includes(':') ? 64 : 24 }))
  return [
    {
      op: 'interface-set',
      interface: {
        ...{ name, vrf: 0, port, enabled: true, mtu: 0, addresses: at },
        ...{ ipv4: true, ipv6: true, ipv4Forwarding: true, ipv6Forwarding: true },
      },
    },
    { op: 'object-set', key, object: { type: 'glean', interface: name } },
    ...at.flatMap(({ address, length }): Operation[] => [
      { op: 'route-set', vrf: 0, prefix: prefixOf(address, length), key },
      { op: 'route-set', vrf: 0, prefix: { address, length: address.length * 8 }, key: local },
    ]),
  ]
}

/** One of the two. */
export class Side implements AsyncDisposable {
  readonly lab: Lab
  readonly host: Host
  readonly members: Members
  readonly dataplane: DataplaneProcess
  readonly base: Operation[] = []
  #commit = 0

  private constructor(lab: Lab, host: Host, members: Members, dataplane: DataplaneProcess) {
    this.lab = lab
    this.host = host
    this.members = members
    this.dataplane = dataplane
  }

  static async start(lab: Lab, index: number): Promise<Side> {
    const [four, six] = hostNets[index] ?? ['', '']
    const [host, ports] = [await lab.host('h'), await lab.host('ports')]
    const [own4, own6] = [`${four}.2/24`, `${six}:2/64`]
    await lab.link(host, { name: 'eth0', addresses: [own4, own6] }, ports, { name: 'host' })
    await host.ip('route', 'add', 'default', 'via', `${four}.1`)
    await host.ip('-6', 'route', 'add', 'default', 'via', `${six}:1`)
    const log = collectLog()
    const membersSocket = join(lab.folder, 'dataplane.sock')
    const members = await listenMembers({
      socketPath: membersSocket,
      chassis: 'lab',
      version: 'test',
      log,
      term: 1,
    })
    const dataplane = await DataplaneProcess.start({
      ...{ runFolder: lab.folder, keeper: lab.keeper, keeperSocket: lab.keeperSocket, membersSocket },
      ...{ chassis: 'lab', logFile: join(lab.folder, 'dataplane.log'), log },
    })
    const side = new Side(lab, host, members, dataplane)
    await until('the member is attached', () => members.member0.attached, 20_000)
    side.base.push(
      { op: 'workers-set', count: 1, cpus: [] },
      { op: 'object-set', key: local, object: { type: 'local', vrf: 0 } },
      ...['host', 'way'].map((name): Operation => ({
        op: 'port-set',
        name,
        driver: 'af_packet',
        device: name,
      })),
      ...interfaceWith('host', 'host', 2n, [`${four}.1`, `${six}:1`]),
      ...interfaceWith('way', 'way', 3n, ends[index] as readonly string[]),
    )
    return side
  }

  /** From now on it has its two ports and these. */
  async program(operations: readonly Operation[]): Promise<void> {
    const all = [...this.base, ...operations]
    const prepared = await this.members.member0.prepare(all, { full: true, deadline: 10_000 })
    await prepared.apply(++this.#commit)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dataplane.stop()
    await this.members[Symbol.asyncDispose]()
  }
}

export class TwoEngines implements AsyncDisposable {
  readonly #begun: AsyncDisposable[] = []
  readonly sides: Side[] = []

  static async start(): Promise<TwoEngines> {
    const two = new TwoEngines()
    try {
      const a = two.#own(await Lab.create())
      const inside = join(a.folder, 'keeper-inside')
      const enter = `exec nsenter --target=${a.keeper.pid} --user --preserve-credentials -- '${keeperProgram}' "$@"`
      writeFileSync(inside, `#!/bin/sh\n${enter}\n`)
      chmodSync(inside, 0o700)
      const b = two.#own(await Lab.create({ keeper: inside }))
      await a.link(await a.host('ports'), { name: 'way' }, await b.host('ports'), { name: 'way' })
      for (const [n, lab] of [a, b].entries()) two.sides.push(two.#own(await Side.start(lab, n)))
      return two
    } catch (error) {
      await two[Symbol.asyncDispose]()
      throw error
    }
  }

  #own<T extends AsyncDisposable>(one: T): T {
    this.#begun.push(one)
    return one
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of this.#begun.splice(0).toReversed()) await one[Symbol.asyncDispose]()
  }
}
