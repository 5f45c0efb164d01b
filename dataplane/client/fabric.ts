/** The fabric, over which the members of a chassis reach each other, as values and as records. */
import type { Address } from './operations.js'
import type { Writer } from './writer.js'

/** In the order of their numbers in records, from 1. */
export const fabricKinds = ['vxlan', 'nvgre', 'pbb'] as const
export type FabricKind = (typeof fabricKinds)[number]

/** A member's end of an internal link. */
export interface FabricEnd {
  /** Its internal interface. */
  readonly interface: string
  /** Needed for VXLAN and NVGRE. */
  readonly address?: Address
  /** Needed for 802.1ah. */
  readonly mac?: Uint8Array
}

export interface FabricSpec {
  readonly kind: FabricKind
  /** Of the internal interfaces. */
  readonly vrf: number
  /** Of the internal links; 0: theirs. */
  readonly mtu: number
  /** UDP port of VXLAN. */
  readonly port: number
  /** VLAN of 802.1ah; 0: none. */
  readonly vlan: number
  /** Milliseconds between hellos. */
  readonly interval: number
  /** So many missed hellos in a row are the loss of a member. */
  readonly multiplier: number
  /** A link of one member is with the links of the others that have the same place in the list. */
  readonly members: readonly { readonly slot: number; readonly links: readonly FabricEnd[] }[]
}

/** Of the chassis; all but the slot are the same for all members. */
export type FabricOperation =
  /** The member's own slot; without, it is in slot 0. */
  | { readonly op: 'slot-set'; readonly slot: number }
  | ({ readonly op: 'fabric-set' } & FabricSpec)
  | { readonly op: 'fabric-delete' }
  /** The member that has a port; the others reach it over the fabric. Without, it is everybody's own. */
  | { readonly op: 'port-place-set'; readonly name: string; readonly slot: number }
  /** The key of an interface (1 to 0x3fffff) or bridge domain (1 to 0x3fff) on the fabric; 0: none. */
  | {
      readonly op: 'fabric-key-set'
      readonly of: 'interface' | 'bridge'
      readonly name: string
      readonly key: number
    }

const endHas = { address: 1, mac: 2 } as const

/** Bytes that the records of a fabric may need. */
export function roomForFabric({ members }: FabricSpec): number {
  const ends = members.flatMap(({ links }) => links)
  return ends.reduce((sum, { interface: name }) => sum + 3 * name.length + 32, 64 + 4 * members.length)
}

export function writeFabric(writer: Writer, spec: FabricSpec): void {
  writer.u8(fabricKinds.indexOf(spec.kind) + 1)
  writer.u32(spec.vrf)
  writer.u16(spec.mtu)
  writer.u16(spec.port)
  writer.u16(spec.vlan)
  writer.u16(spec.interval)
  writer.u8(spec.multiplier)
  writer.u16(spec.members.length)
  for (const { slot, links } of spec.members) {
    writer.u16(slot)
    writer.u8(links.length)
    for (const { interface: name, address, mac } of links) {
      writer.text(name)
      writer.u8((address ? endHas.address : 0) | (mac ? endHas.mac : 0))
      if (address) writer.address(address)
      if (mac) writer.mac(mac)
    }
  }
}
