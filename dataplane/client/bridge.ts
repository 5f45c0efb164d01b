/** Bridge domains as members are told them (dataplane/engine/tables/bridges.h), their packed records, and their state. */
import type { Writer } from './writer.js'

/** Of what goes to all of a domain, in the order of their numbers in records. */
export const floodClasses = ['unknownUnicast', 'broadcast', 'multicast'] as const
export type FloodClass = (typeof floodClasses)[number]

export interface BridgeMember {
  readonly interface: string
  /** Split horizon; 0: of none. */
  readonly group: number
  /** Addresses; undefined: no limit of its own. */
  readonly most: number | undefined
}

export interface StaticMac {
  readonly mac: Uint8Array
  readonly interface: string
  /** Address, of a tunnel that has several. */
  readonly remote?: Uint8Array
}

export interface BridgeSpec {
  readonly name: string
  readonly learns: boolean
  readonly floodsUnknown: boolean
  readonly forwardsReserved: boolean
  readonly suppresses: boolean
  /** Seconds; 0: never. */
  readonly ageing: number
  /** Addresses. */
  readonly most: number
  /** Frames a second, and at once. */
  readonly policers: Readonly<
    Record<FloodClass, { readonly rate: number; readonly burst: number } | undefined>
  >
  /** More moves of an address in so many seconds are told; it is then held for `hold` seconds. */
  readonly moves: { readonly most: number; readonly window: number; readonly hold: number }
  /** The interface that routes. */
  readonly routed: string | undefined
  readonly members: readonly BridgeMember[]
  readonly macs: readonly StaticMac[]
}

/** Bytes that its record may need. */
export function roomForBridge({ name, routed, members, macs }: BridgeSpec): number {
  const names = [...members, ...macs].reduce((sum, one) => sum + 3 * one.interface.length + 34, 0)
  return 128 + 3 * (name.length + (routed?.length ?? 0)) + names
}

const noLimit = 0xffffffff

/** Behind its kind. */
export function writeBridge(writer: Writer, bridge: BridgeSpec): void {
  writer.text(bridge.name)
  writer.u8(
    (bridge.learns ? 1 : 0) |
      (bridge.floodsUnknown ? 2 : 0) |
      (bridge.forwardsReserved ? 4 : 0) |
      (bridge.suppresses ? 8 : 0),
  )
  writer.u32(bridge.ageing)
  writer.u32(bridge.most)
  for (const name of floodClasses) {
    const policer = bridge.policers[name]
    writer.u8(policer ? 1 : 0)
    writer.u32(policer?.rate ?? 0)
    writer.u32(policer?.burst ?? 0)
  }
  writer.u32(bridge.moves.most)
  writer.u32(bridge.moves.window)
  writer.u32(bridge.moves.hold)
  writer.text(bridge.routed ?? '')
  writer.u16(bridge.members.length)
  for (const member of bridge.members) {
    writer.text(member.interface)
    writer.u16(member.group)
    writer.u32(member.most ?? noLimit)
  }
  writer.u32(bridge.macs.length)
  for (const { mac, interface: name, remote } of bridge.macs) {
    writer.mac(mac)
    writer.text(name)
    writer.u8(remote ? 1 : 0)
    if (remote) writer.address(remote)
  }
}

export const bridgeCounters = [
  ...(['forwarded', 'toBox', 'fromBox', 'copies'] as const),
  ...(['learned', 'moves', 'held', 'notLearned', 'suppressed'] as const),
  ...(['floodedUnknownUnicast', 'floodedBroadcast', 'floodedMulticast'] as const),
  ...(['policedUnknownUnicast', 'policedBroadcast', 'policedMulticast'] as const),
] as const
export type BridgeCounter = (typeof bridgeCounters)[number]

/** An address that moved too often. */
export interface MovingMac {
  readonly mac: Uint8Array
  readonly from: string
  readonly to: string
  /** Milliseconds since the epoch. */
  readonly time: number
}

export interface BridgeState {
  readonly name: string
  readonly routed: string
  readonly addresses: number
  /** In the last minute an address found no room. */
  readonly limited: boolean
  readonly members: readonly {
    readonly interface: string
    readonly up: boolean
    readonly addresses: number
  }[]
  readonly moving: readonly MovingMac[]
  /** Milliseconds since the epoch. */
  readonly discontinuity: number
  readonly counters: Readonly<Record<BridgeCounter, bigint>>
}

/** Addresses for which all is true that is said. */
export interface MacSelection {
  readonly domain?: string
  readonly interface?: string
  readonly mac?: Uint8Array
}

export interface MacState {
  readonly domain: string
  readonly interface: string
  readonly mac: Uint8Array
  /** Address, of a tunnel that has several. */
  readonly remote: Uint8Array | undefined
  readonly fixed: boolean
  /** Seconds since it was heard. */
  readonly age: number
}

/** `next`: where the next ones are; undefined when there are none. */
export interface MacPage {
  readonly macs: readonly MacState[]
  readonly next: number | undefined
}
