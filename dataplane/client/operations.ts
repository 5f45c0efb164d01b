/**
 * What weftd programs into its members: objects of their tables as values, and one change of them. An address is an address value:
 * bytes in network order.
 */
import type { AclDirection, AclSpec } from './acl.js'
import type { BridgeSpec } from './bridge.js'
import type { FabricOperation } from './fabric.js'

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

/** The other end of a port whose device is made, in a host's namespace, which is made when it is not there. */
export interface MadePort {
  readonly namespace: string
  readonly device: string
  /** Absent: as the kernel makes it. */
  readonly mac?: Uint8Array
  readonly mtu: number
  readonly addresses: InterfaceSpec['addresses']
  /** Of its default routes, at most one of a family. */
  readonly gateways: readonly Uint8Array[]
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
  /** A port as of `port-set`, whose device is one end of a veth pair. */
  | { readonly op: 'port-make'; readonly name: string; readonly made: MadePort }
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
  | FabricOperation
  /** Records packed already: many routes at once. */
  | { readonly op: 'records'; readonly bytes: Uint8Array }
