/** Access lists as members are told them (dataplane/engine/tables/acl_rule.h), and their packed records. */
import type { Address, Prefix } from './operations.js'
import type { Writer } from './writer.js'

export type AclAction = 'pass' | 'drop' | 'reject'
export type AclFragment = 'none' | 'any' | 'first' | 'later'
export type AclDirection = 'in' | 'out'

/** Lowest and highest. */
export type AclRange = readonly [low: number, high: number]

/** What is absent is not looked at. */
export interface AclEntry {
  readonly name: string
  readonly action: AclAction
  readonly source?: Prefix
  readonly destination?: Prefix
  readonly protocol?: number
  /** Of ICMP the types. */
  readonly sourcePorts?: readonly AclRange[]
  /** Of ICMP the codes. */
  readonly destinationPorts?: readonly AclRange[]
  readonly dscp?: number
  readonly tcpFlags?: { readonly flags: number; readonly mask: number }
  readonly fragment?: AclFragment
  readonly ttl?: AclRange
  readonly length?: AclRange
}

export interface AclSpec {
  readonly name: string
  readonly family: 4 | 6
  /** Of packets that no entry matches. */
  readonly otherwise: AclAction
  readonly entries: readonly AclEntry[]
}

const actions: Readonly<Record<AclAction, number>> = { pass: 0, drop: 1, reject: 2 }
const fragments: Readonly<Record<AclFragment, number>> = { none: 0, any: 1, first: 2, later: 3 }

/** Bytes that a list needs, at most. */
export function roomForAcl({ name, entries }: AclSpec): number {
  let room = 16 + Buffer.byteLength(name)
  for (const entry of entries) {
    const ranges = (entry.sourcePorts?.length ?? 0) + (entry.destinationPorts?.length ?? 0)
    room += 64 + Buffer.byteLength(entry.name) + 4 * ranges
  }
  return room
}

function writePrefix(writer: Writer, address: Address, length: number): void {
  writer.address(address)
  writer.u8(length)
}

function writeRanges(writer: Writer, ranges: readonly AclRange[]): void {
  writer.u8(ranges.length)
  for (const [low, high] of ranges) {
    writer.u16(low)
    writer.u16(high)
  }
}

function writeEntry(writer: Writer, entry: AclEntry): void {
  const { source, destination, protocol, sourcePorts, destinationPorts, dscp, tcpFlags, fragment } = entry
  const { ttl, length } = entry
  const asked = [source, destination, protocol, sourcePorts, destinationPorts]
  const all = [...asked, dscp, tcpFlags, fragment, ttl, length]
  writer.text(entry.name)
  writer.u8(actions[entry.action])
  writer.u16(all.reduce<number>((bits, one, at) => (one === undefined ? bits : bits | (1 << at)), 0))
  if (source) writePrefix(writer, source.address, source.length)
  if (destination) writePrefix(writer, destination.address, destination.length)
  if (protocol !== undefined) writer.u8(protocol)
  if (sourcePorts) writeRanges(writer, sourcePorts)
  if (destinationPorts) writeRanges(writer, destinationPorts)
  if (dscp !== undefined) writer.u8(dscp)
  if (tcpFlags) {
    writer.u8(tcpFlags.flags)
    writer.u8(tcpFlags.mask)
  }
  if (fragment) writer.u8(fragments[fragment])
  if (ttl) {
    writer.u8(ttl[0])
    writer.u8(ttl[1])
  }
  if (length) {
    writer.u16(length[0])
    writer.u16(length[1])
  }
}

/** The body of an `acl_set` record. */
export function writeAcl(writer: Writer, { name, family, otherwise, entries }: AclSpec): void {
  writer.text(name)
  writer.u8(family)
  writer.u8(actions[otherwise])
  writer.u32(entries.length)
  for (const entry of entries) writeEntry(writer, entry)
}
