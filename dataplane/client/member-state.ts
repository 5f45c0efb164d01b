/** What members say of their tables and ports, and how they are asked. */
import type { BridgeState, MacPage, MacSelection } from './bridge.js'
import type { Address, FastPath, ObjectKey, ResolveKind } from './operations.js'

export interface StateQuery {
  readonly interfaces?: boolean
  readonly neighbours?: boolean
  readonly ports?: boolean
  readonly drops?: boolean
  readonly statistics?: boolean
  readonly punt?: boolean
  readonly mirrors?: boolean
  readonly workers?: boolean
  readonly interface?: string
  readonly acls?: boolean
  /** Only this access list. */
  readonly acl?: string
  readonly bridges?: boolean
  /** Only this bridge domain. */
  readonly bridge?: string
  /** Some addresses of bridge domains from a place on: 0, then `next` of the page before. */
  readonly macs?: MacSelection & { readonly from: number; readonly most: number }
  readonly holds?: boolean
  readonly nodes?: boolean
  /** One forwarding object, or some from a place on: 0, then `next` of the page before. */
  readonly objects?: { readonly key: ObjectKey } | { readonly from: number; readonly most: number }
}

export interface InterfaceState {
  readonly name: string
  readonly port: string
  /** Of a tunnel the interface by which its packets leave. */
  readonly device: string
  readonly driver: string
  /** Of a tunnel why it is not up. */
  readonly driverReason: string
  readonly index: number
  readonly adminUp: boolean
  readonly operUp: boolean
  readonly present: boolean
  readonly mtu: number
  readonly speed: bigint
  readonly mac: Uint8Array
  /** Milliseconds since the epoch. */
  readonly lastChange: number
  readonly discontinuity: number
  readonly counters: Readonly<Record<InterfaceCounter, bigint>>
  /** The host's side; undefined: it has none. */
  readonly tap: HostTapState | undefined
}

export interface HostTapState {
  readonly device: string
  readonly driver: string
  /** What is wrong with it. */
  readonly reason: string
  readonly rxQueues: number
  /** From the host, and to it. */
  readonly inDrops: bigint
  readonly outDrops: bigint
}

export type InterfaceCounter =
  | 'inOctets'
  | 'inUnicast'
  | 'inMulticast'
  | 'inBroadcast'
  | 'inDiscards'
  | 'inErrors'
  | 'inUnknown'
  | 'outOctets'
  | 'outUnicast'
  | 'outMulticast'
  | 'outBroadcast'
  | 'outDiscards'
  | 'outErrors'
  | 'in4'
  | 'forwarded4'
  | 'in6'
  | 'forwarded6'
  /** Dropped by reverse path checks. */
  | 'unicastRpf4'
  | 'unicastRpf6'

export interface AclCount {
  readonly packets: bigint
  readonly octets: bigint
}

export interface AclState {
  readonly name: string
  /** By entry, in their order. */
  readonly entries: readonly (AclCount & { readonly name: string })[]
  /** What no entry matched. */
  readonly rest: AclCount
}

export interface NeighbourState {
  readonly interface: string
  readonly address: Address
  readonly mac: Uint8Array
  readonly origin: 'other' | 'static' | 'dynamic'
  readonly state: 'incomplete' | 'reachable' | 'stale' | 'delay' | 'probe'
  readonly router: boolean
}

/** In the order of their numbers in dataplane.proto. */
export const portProblems = [
  'none',
  'device-missing',
  'driver-refused',
  'other-driver',
  'settings-refused',
] as const
export type PortProblem = (typeof portProblems)[number]

export interface PortState {
  readonly name: string
  /** That serves it; empty: none. */
  readonly driver: string
  readonly device: string
  /** Why this driver, or what is wrong, for a person. */
  readonly reason: string
  readonly problem: PortProblem
  /** Milliseconds since the epoch: when the counters began. */
  readonly discontinuity: number
  readonly up: boolean
  readonly present: boolean
  readonly mtu: number
  readonly mac: Uint8Array
  readonly counters: Readonly<
    Record<'rxPackets' | 'rxOctets' | 'rxDropped' | 'txPackets' | 'txOctets' | 'txDropped', bigint>
  >
  /** By receive queue. */
  readonly workers: readonly number[]
  /** The other end of one that is made. `link`: as it is now; absent when it is not there. */
  readonly made?: {
    readonly namespace: string
    readonly device: string
    readonly link?: { readonly up: boolean; readonly mtu: number; readonly mac: Uint8Array }
  }
  /** Where the kernel fast path is attached. */
  readonly fastPath: FastPath
  /** Why it is not attached, or what does not go by it. */
  readonly fastPathReason: string
  /** Of what came in, what it forwarded. */
  readonly fastPathPackets: bigint
  /** For some seconds packets have been lost: received ones because its rings were full, others because it did not take them. */
  readonly overrun: boolean
  readonly notDraining: boolean
  /** Drivers that do not serve it, and why. */
  readonly others: readonly { readonly name: string; readonly reason: string }[]
}

/** A thread that forwards. */
export interface WorkerState {
  readonly id: number
  readonly asleep: boolean
  /** That it is bound to. */
  readonly cpu: number | undefined
  /** Why it is not on the CPU that it should be on. */
  readonly reason: string
  /** Microseconds since it began. */
  readonly cpuTime: bigint
  /** Receive queues of ports that it serves. */
  readonly rxQueues: number
}

/** Packets that wait for something of this kind, and what became of those that did not get away. */
export interface HoldState {
  readonly kind: 'glean' | ResolveKind
  readonly counters: Readonly<Record<HoldCounter, bigint>>
  /** For some seconds packets have been lost: for want of room for more keys, for more packets. */
  readonly tableOverflows: boolean
  readonly holdingOverflows: boolean
}

export type HoldCounter =
  | 'entries'
  | 'packets'
  | 'octets'
  | 'events'
  | 'queueFull'
  | 'holdingFull'
  | 'tableFull'
  | 'expired'
  | 'failed'

/** A class of packets for the host's stack: its limit (packets a second, and at once), and what kept to it. */
export interface PuntState {
  readonly name: string
  readonly rate: number
  readonly burst: number
  readonly passed: bigint
  readonly dropped: bigint
}

/** Copies that were sent, and those that were not: above the rate, or because the destination did not take them. */
export interface MirrorState {
  readonly name: string
  readonly packets: bigint
  readonly octets: bigint
  readonly overRate: bigint
  readonly lost: bigint
}

export interface MemberState {
  readonly interfaces: readonly InterfaceState[]
  readonly neighbours: readonly NeighbourState[]
  readonly ports: readonly PortState[]
  readonly drops: readonly { readonly node: string; readonly reason: string; readonly packets: bigint }[]
  readonly statistics: Readonly<Record<MemberStatistic, bigint>> | undefined
  readonly acls: readonly AclState[]
  readonly bridges: readonly BridgeState[]
  readonly macs: MacPage | undefined
  readonly holds: readonly HoldState[]
  readonly punt: readonly PuntState[]
  readonly workers: readonly WorkerState[]
  readonly mirrors: readonly MirrorState[]
  readonly nodes: readonly NodeState[]
  readonly objects: ObjectPage | undefined
}

/** What a node of the packet graph did on one forwarding thread. */
export interface NodeState {
  readonly worker: number
  readonly node: string
  readonly packets: bigint
  readonly bursts: bigint
  /** Ticks of the processor's time stamp. */
  readonly cycles: bigint
}

export interface ObjectState {
  readonly key: ObjectKey
  readonly type: 'adjacency' | 'glean' | 'local' | 'drop' | 'group' | 'resolve' | 'lookup' | 'replicate'
  /** Of a drop or a resolve, or the name of the VRF of a local or lookup; else empty. */
  readonly kind: string
  readonly interface: string
  readonly nextHop: Address | undefined
  readonly members: readonly ObjectKey[]
  /** Of a replicate, who gets copies; `remote`: of a tunnel. */
  readonly legs?: readonly { readonly interface: string; readonly remote?: Address }[]
  readonly packets: bigint
  readonly octets: bigint
  /** That point at it. */
  readonly routes: number
}

export interface ObjectPage {
  readonly objects: readonly ObjectState[]
  /** Where the next ones are; undefined: there are no more. */
  readonly next: number | undefined
}

export type MemberStatistic =
  | 'routes4'
  | 'routes6'
  | 'objects'
  | 'neighbours'
  | 'heldPackets'
  | 'commit'
  /** Full transactions since the engine began. */
  | 'repairs'
  /** What the last of them found to be repaired. */
  | `${'interfaces' | 'objects' | 'routes'}${'Added' | 'Changed' | 'Removed'}`
