/** What the cases of a driver's suite are about: an engine whose two ports the driver serves, and the hosts on either side. */
import type { FastPath, InterfaceState, Member, PortState } from '../../dataplane/client/index.js'
import { addresses, until, type Router } from '../lab/router.js'
import type { Host } from '../lab/lab.js'
import { countersOf, type Counters, type Port } from './counts.js'

export interface SubjectOptions {
  readonly driver: string
  readonly fastPath: FastPath
  /** TCP of the hosts comes in super-packets; false: the driver has the device cut them. */
  readonly superPackets: boolean
  /** Octets of each packet that the device of the host that sends it does not count. */
  readonly uncounted: number
}

export interface Subject extends SubjectOptions, Counters {
  readonly router: Router
  readonly member: Member
  readonly h1: Host
  readonly h2: Host
  /** The namespace of the ports' devices. */
  readonly ports: Host
  /** Of a case: says of which driver it is. */
  readonly title: (text: string) => string
  readonly portState: (name: Port | 'p3') => Promise<PortState>
  readonly interfaceState: (name: Port) => Promise<InterfaceState>
  /** Packets that a node has dropped so far, for that reason. */
  readonly dropsOf: (node: string, reason: string) => Promise<bigint>
  /** From h1 to h2, by both families. */
  readonly reaches: () => Promise<boolean>
}

/** Resolves when the fast path, if one is asked for, has followed the links, or can't. */
export async function subjectOf(router: Router, options: SubjectOptions): Promise<Subject> {
  const { driver, fastPath, uncounted } = options
  const { member, h1, h2 } = router
  const ports = await router.lab.host('ports')
  // XDP sends to a veth pair only when the other end has it.
  if (fastPath === 'xdp') for (const host of [h1, h2]) await host.exec('ethtool', '-K', 'eth0', 'gro', 'on')
  const portState = async (name: Port | 'p3') =>
    (await member.state({ ports: true })).ports.find((port) => port.name === name) as PortState
  const interfaceState = async (name: Port) =>
    (await member.state({ interfaces: true, interface: name })).interfaces[0]!
  // Until then packets go by the engine, and those that come later may overtake them.
  await until('the fast path has followed', async () =>
    (await member.state({ ports: true })).ports.every(
      (port) => port.fastPath !== fastPath || port.fastPathReason === '',
    ),
  )
  return {
    ...options,
    ...{ router, member, h1, h2, ports, portState, interfaceState },
    ...countersOf({ hosts: [h1, h2], portState, interfaceState, uncounted }),
    title: (text) => `${driver}${fastPath === 'off' ? '' : ` and ${fastPath}`}: ${text}`,
    dropsOf: async (node, reason) =>
      (await member.state({ drops: true })).drops.find((drop) => drop.node === node && drop.reason === reason)
        ?.packets ?? 0n,
    reaches: async () => (await h1.pings(addresses.h2[0])) && (await h1.pings(addresses.h2[1])),
  }
}
