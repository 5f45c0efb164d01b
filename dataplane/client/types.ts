/**
 * weftd's view of its members: operations as values, transactions over gRPC, state and events. Inside, an address is an
 * address value: bytes in network order.
 */
import type { AclDirection, AclSpec } from './acl.js'
import type { BridgeSpec, BridgeState, MacPage, MacSelection } from './bridge.js'
import type { PacketFilter } from './filter.js'

/** 4 or 16 bytes in network order. */
export type Address = Uint8Array

export interface Prefix {
  readonly address: Address
  readonly length: number
}

/** Identity of a forwarding object, the same in all members and after every restart: a hash of what it stands for. */
export type ObjectKey = bigint

export type DropKind = 'blackhole' | 'unreachable' | 'prohibit'

export type ForwardingObject =
  | { readonly type: 'adjacency'; readonly interface: string; readonly nextHop: Address }
  | { readonly type: 'glean'; readonly interface: string }
  | { readonly type: 'local'; readonly vrf: number }
  /** The destination is looked up in that VRF. */
  | { readonly type: 'lookup'; readonly vrf: number }
  | { readonly type: 'drop'; readonly kind: DropKind }
  | {
      readonly type: 'group'
      readonly members: readonly { readonly key: ObjectKey; readonly weight: number }[]
    }
  /**
   * Packets wait for what `id` stands for with the controller that programs it, which hears of them by `resolve` events and
   * answers by programming something else. Without `hold` they are dropped.
   */
  | { readonly type: 'resolve'; readonly kind: ResolveKind; readonly id: number; readonly hold: boolean }

/** A LISP mapping of the destination; an IPsec security association for the object. */
export type ResolveKind = 'lisp' | 'ike'

export interface InterfaceSpec {
  readonly name: string
  readonly vrf: number
  /** Name of the port it sits on; undefined: none (it stays down). */
  readonly port: string | undefined
  readonly enabled: boolean
  readonly ipv4: boolean
  readonly ipv6: boolean
  readonly ipv4Forwarding: boolean
  readonly ipv6Forwarding: boolean
  /** Octets of layer 3; 0: the port's. */
  readonly mtu: number
  readonly mac?: Uint8Array
  readonly addresses: readonly Prefix[]
}

/** A VLAN as a tag names it. */
export interface VlanTag {
  /** 0x8100 (802.1Q) or 0x88a8 (802.1ad). */
  readonly tpid: number
  readonly vid: number
}

export type CircuitMatch = 'untagged' | 'tag' | 'two-tags' | 'tag-and-any' | 'rest'

/** Which frames of another interface's port are an interface's; `pop` and `push` of what is switched. */
export interface CircuitSpec {
  readonly parent: string
  readonly match: CircuitMatch
  /** As many as the match names, the outermost first. */
  readonly tags: readonly VlanTag[]
  readonly pop: number
  readonly push: readonly VlanTag[]
}

export interface FamilyFeatures {
  readonly reversePath: 'strict' | 'loose' | undefined
  /** A default route counts for the reverse path. */
  readonly allowDefault: boolean
  readonly redirects: boolean
  readonly unreachables: boolean
}

/** In the order of their numbers in records. */
export const puntClasses = [
  'arp-nd',
  'icmp',
  'options',
  'routing',
  'management',
  'multicast',
  'other',
] as const
export type PuntClass = (typeof puntClasses)[number]

/** Packets a second, and at once. */
export interface Limit {
  readonly rate: number | undefined
  readonly burst: number | undefined
}

/** The threads that forward, numbered from 0; those without a CPU run on any. */
export interface WorkerSettings {
  readonly count: number
  readonly cpus: readonly { readonly worker: number; readonly cpu: number }[]
}

/** Where in the kernel plain routed packets are forwarded. */
export type FastPath = 'off' | 'tc' | 'xdp'

export interface PortSettings {
  readonly driver: string
  /** 0: as many as workers serve them. */
  readonly rxQueues: number
  /** Who serves the receive queues, in turn; none: all workers. */
  readonly workers: readonly number[]
  readonly fastPath: FastPath
}

/** In the order of their numbers in records, from 1. */
export const tunnelKinds = [
  'ipip',
  'gre',
  'l2gre',
  'nvgre',
  'vxlan',
  'vxlan-gpe-ip',
  'vxlan-gpe-ethernet',
] as const
export type TunnelKind = (typeof tunnelKinds)[number]

export interface TunnelSpec {
  readonly kind: TunnelKind
  /** Of the way. */
  readonly vrf: number
  readonly source: Address
  /** Other ends, of the source's family. */
  readonly remotes: readonly Address[]
  /** Of GRE (undefined: none), VSID or VNI. */
  readonly key: number | undefined
  /** Of UDP; else 0. */
  readonly port: number
  /** Of GRE or UDP, over what is carried. */
  readonly checksum: boolean
  /** 0: the packet's own. */
  readonly hopLimit: number
  /** Undefined: the packet's own. */
  readonly dscp: number | undefined
  /** Packets longer than the way may be fragmented on it. */
  readonly fragmentsOutside: boolean
}

export type Direction = 'in' | 'out' | 'both'

/** Copies of what passes interfaces, to another one. */
export interface MirrorSpec {
  readonly name: string
  readonly destination: string
  readonly sources: readonly { readonly interface: string; readonly direction: Direction }[]
  /** Packets a second; 0: no limit. */
  readonly rate: number
  /** Classic BPF for frames; empty: all. */
  readonly filter: Uint8Array
}

/** One change of a member's tables; `encodeRecords` packs them (dataplane/engine/program/records.h). */
export type Operation =
  | { readonly op: 'port-set'; readonly name: string; readonly driver: string; readonly device: string }
  | { readonly op: 'port-delete'; readonly name: string }
  /** What interfaces, routes and objects may be in, with a namespace of its name. VRF 0 is always there. */
  | { readonly op: 'vrf-set'; readonly vrf: number; readonly name: string }
  | { readonly op: 'vrf-delete'; readonly vrf: number }
  | { readonly op: 'interface-set'; readonly interface: InterfaceSpec }
  | { readonly op: 'interface-delete'; readonly name: string }
  /** Makes an interface without a port a circuit; `circuit-delete` takes it back. */
  | { readonly op: 'circuit-set'; readonly interface: string; readonly circuit: CircuitSpec }
  | { readonly op: 'circuit-delete'; readonly interface: string }
  /** Frames of each of the two leave by the other. */
  | {
      readonly op: 'cross-connect-set'
      readonly name: string
      readonly interfaces: readonly [string, string]
    }
  | { readonly op: 'cross-connect-delete'; readonly name: string }
  | { readonly op: 'object-set'; readonly key: ObjectKey; readonly object: ForwardingObject }
  | { readonly op: 'object-delete'; readonly key: ObjectKey }
  | { readonly op: 'route-set'; readonly vrf: number; readonly prefix: Prefix; readonly key: ObjectKey }
  | { readonly op: 'route-delete'; readonly vrf: number; readonly prefix: Prefix }
  | {
      readonly op: 'neighbour-set'
      readonly interface: string
      readonly address: Address
      readonly mac: Uint8Array
    }
  | { readonly op: 'neighbour-delete'; readonly interface: string; readonly address: Address }
  | { readonly op: 'bridge-set'; readonly bridge: BridgeSpec }
  | { readonly op: 'bridge-delete'; readonly name: string }
  | { readonly op: 'acl-set'; readonly acl: AclSpec }
  | { readonly op: 'acl-delete'; readonly name: string }
  | {
      readonly op: 'acl-bind'
      readonly interface: string
      readonly direction: AclDirection
      readonly family: 4 | 6
      /** Undefined: none. */
      readonly acl: string | undefined
    }
  /** How an interface treats packets; `interface-features-delete` takes it back to what it is without. */
  | {
      readonly op: 'interface-features-set'
      readonly name: string
      readonly ipv4: FamilyFeatures
      readonly ipv6: FamilyFeatures
    }
  | { readonly op: 'interface-features-delete'; readonly name: string }
  /** What is undefined is the class's default. */
  | ({ readonly op: 'punt-policer-set'; readonly class: PuntClass } & Limit)
  | ({ readonly op: 'icmp-settings-set'; readonly forwardRouterAlerts: boolean } & Limit)
  | ({ readonly op: 'workers-set' } & WorkerSettings)
  | ({ readonly op: 'port-settings-set'; readonly name: string } & PortSettings)
  | { readonly op: 'port-settings-delete'; readonly name: string }
  /** The interface of this name is a tunnel. */
  | { readonly op: 'tunnel-set'; readonly name: string; readonly tunnel: TunnelSpec }
  | { readonly op: 'tunnel-delete'; readonly name: string }
  | ({ readonly op: 'mirror-set' } & MirrorSpec)
  | { readonly op: 'mirror-delete'; readonly name: string }
  /** Records packed already: many routes at once. */
  | { readonly op: 'records'; readonly bytes: Uint8Array }

/** A prepared transaction of one member: all that can fail has been done. */
export interface PreparedTransaction {
  apply(commit: number): Promise<void>
  abort(): Promise<void>
}

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

export interface InterfaceEvent {
  readonly kind: 'link' | 'neighbour' | 'port-lost'
  readonly interface: string
  readonly up: boolean
}

/** What a controller is to resolve, and a packet that waits for it; ports are 0 where it has none. */
export interface Miss {
  readonly kind: ResolveKind
  readonly id: number
  readonly vrf: number
  readonly source: Address
  readonly destination: Address
  readonly protocol: number
  readonly sourcePort: number
  readonly destinationPort: number
}

export type MemberEvent =
  | InterfaceEvent
  /** What is wrong with ports, workers or packets that wait is something else now. */
  | { readonly kind: 'condition' }
  | { readonly kind: 'resolve'; readonly miss: Miss }

/** The next packets that match in every respect that is said. */
export interface TraceRequest {
  /** 1 to 1000. */
  readonly count: number
  /** 1 to 60. */
  readonly seconds: number
  /** Of ingress. */
  readonly interface?: string
  /** By a port, or from the host's own stack. */
  readonly from?: 'port' | 'host'
  readonly family?: 4 | 6
  readonly source?: Prefix
  readonly destination?: Prefix
  readonly protocol?: number
  readonly sourcePort?: number
  readonly destinationPort?: number
}

export interface TraceStep {
  readonly node: string
  /** Empty: passed on. */
  readonly decision: string
  /** Of a packet that was made or let go because of the traced one. */
  readonly other: boolean
}

export interface TracedPacket {
  /** Milliseconds since the epoch. */
  readonly time: number
  /** Empty: from the host's stack, by no interface. */
  readonly interface: string
  readonly length: number
  readonly description: string
  readonly result: string
  readonly steps: readonly TraceStep[]
}

/** What is captured, and when that ends. */
export interface CaptureRequest {
  /** None: all that there are and come to be. */
  readonly interfaces: readonly string[]
  /** Packets that come in and leave. */
  readonly direction: Direction | undefined
  /** `all`, a node, or `node/reason`. */
  readonly drops: readonly string[]
  readonly filter: PacketFilter
  /** Octets of a packet. */
  readonly snapLength: number
  readonly packets: number
  /** Of the file. */
  readonly octets: number
  readonly seconds: number
  /** Packets a second. */
  readonly rate: number
}

export interface CaptureCounts {
  readonly packets: bigint
  /** Lost: above the rate, and because they were not taken in time. */
  readonly overRate: bigint
  readonly ringFull: bigint
}

/** What limit was reached; or it was stopped. */
export type CaptureEnd = 'packets' | 'size' | 'time' | 'stopped'

export interface RunningCapture {
  /** The rest is still to come. */
  stop(): void
  /** Why it ended, once all has been taken; rejects when the member went away or a piece was not taken. */
  readonly ended: Promise<CaptureEnd>
}

/** One member, attached or not. */
export interface Member {
  readonly name: string
  readonly attached: boolean
  /** Process id the member said; undefined while it is not attached. */
  readonly pid: number | undefined
  /** Last commit the member applied, as it said or was told. */
  readonly commit: number
  /** Stages and prepares; rejects with what the member said, or `DeadlineError`. When not attached: resolves to a no-op. */
  prepare(
    operations: Iterable<Operation>,
    options: { full: boolean; deadline: number },
  ): Promise<PreparedTransaction>
  /** Rejects when the member is not attached. */
  state(query: StateQuery): Promise<MemberState>
  /** Forgets addresses that were learned; how many. */
  clearMacs(selection: MacSelection): Promise<number>
  /**
   * Resolves with the packets, in order, when there are enough, the time is over or the signal is given. Rejects with `MemberError` when the member
   * refuses (it traces for somebody else, there is no such interface), and when it is not attached or goes away.
   */
  trace(request: TraceRequest, signal: AbortSignal): Promise<readonly TracedPacket[]>
  /**
   * Resolves when it has begun; its pcapng is then given to `take`, piece by piece, each when the one before has been taken.
   * Rejects as trace() does.
   */
  capture(
    request: CaptureRequest,
    take: (octets: Uint8Array, counts: CaptureCounts) => Promise<void>,
  ): Promise<RunningCapture>
}

/**
 * The server side of the contract: listens on a unix socket, accepts members, keeps them by name.
 * `attached` handlers run each time a member comes (again): the reconciler sends it a full transaction.
 */
export interface Members extends AsyncDisposable {
  readonly member0: Member
  on(event: 'attached' | 'detached', handler: (member: Member) => void): void
  on(event: 'event', handler: (member: Member, event: MemberEvent) => void): void
  /** Tells every attached member to end, and waits until they have. */
  shutdown(): Promise<void>
}
