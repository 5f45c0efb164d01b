/** What hosts, ports and interfaces on the path of a driver's suite have counted, and how the counts differ. */
import { isDeepStrictEqual } from 'node:util'
import type { InterfaceState, PortState } from '../../dataplane/client/index.js'
import type { Host } from '../lab/lab.js'

export type Port = 'p1' | 'p2'

interface Counted {
  readonly inPackets: number
  readonly inOctets: number
  readonly outPackets: number
  readonly outOctets: number
}

/** A port beside its host; both by what the port takes in and gives out. */
export interface Beside {
  readonly host: Counted
  readonly port: Counted
  readonly interface: Counted
  readonly lost: bigint
}
export type Counts = readonly [Beside, Beside]

export interface Counters {
  /** What hosts and ports have counted so far. */
  readonly counts: () => Promise<Counts>
  /** That which all have counted while the hosts' kernels said nothing of their own. */
  readonly quietCounts: () => Promise<Counts>
}

export interface CountersOptions {
  readonly hosts: readonly [Host, Host]
  readonly portState: (name: Port) => Promise<PortState>
  readonly interfaceState: (name: Port) => Promise<InterfaceState>
  /** Octets of each packet that the device of the host that sends it does not count. */
  readonly uncounted: number
}

export function countersOf({ hosts, portState, interfaceState, uncounted }: CountersOptions): Counters {
  /** Both directions of a host's device, as its kernel counts. */
  const hostCounters = async (host: Host) => {
    const [link] = JSON.parse(await host.ip('-j', '-s', 'link', 'show', 'eth0')) as {
      stats64: Record<'rx' | 'tx', { packets: number; bytes: number }>
    }[]
    const { rx, tx } = link!.stats64
    return { rx, tx: { packets: tx.packets, bytes: tx.bytes + tx.packets * uncounted } }
  }
  const beside = async (host: Host, name: Port): Promise<Beside> => {
    const { counters } = await portState(name)
    const { counters: of } = await interfaceState(name)
    const { rx, tx } = await hostCounters(host)
    return {
      host: { inPackets: tx.packets, inOctets: tx.bytes, outPackets: rx.packets, outOctets: rx.bytes },
      port: {
        inPackets: Number(counters.rxPackets),
        inOctets: Number(counters.rxOctets),
        outPackets: Number(counters.txPackets),
        outOctets: Number(counters.txOctets),
      },
      interface: {
        inPackets: Number(of.inUnicast + of.inMulticast + of.inBroadcast),
        inOctets: Number(of.inOctets),
        outPackets: Number(of.outUnicast + of.outMulticast + of.outBroadcast),
        outOctets: Number(of.outOctets),
      },
      lost: counters.rxDropped + counters.txDropped,
    }
  }
  const counts = async (): Promise<Counts> => [await beside(hosts[0], 'p1'), await beside(hosts[1], 'p2')]
  return {
    counts,
    quietCounts: async () => {
      for (
        let [before, after] = [await counts(), await counts()];
        ;
        [before, after] = [after, await counts()]
      )
        if (isDeepStrictEqual(before, after)) return after
    },
  }
}

/** What one of them has counted in between, at the first port or the second. */
export const difference = (
  after: Counts,
  before: Counts,
  at: 0 | 1,
  of: 'host' | 'port' | 'interface',
): Counted => ({
  inPackets: after[at][of].inPackets - before[at][of].inPackets,
  inOctets: after[at][of].inOctets - before[at][of].inOctets,
  outPackets: after[at][of].outPackets - before[at][of].outPackets,
  outOctets: after[at][of].outOctets - before[at][of].outOctets,
})
