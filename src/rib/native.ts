/** The RIB's native half (src/rib/native): its shapes, and nothing else. `Rib` in rib.ts is what to use. */
import { createRequire } from 'node:module'
import type { Address, Prefix } from './address.js'
import type { Import, NextHop, RibInterface } from './route.js'

/** Text of row r: `bytes.subarray(offsets[r], offsets[r + 1])` where `present[r]` is 1. */
export interface TextColumn {
  readonly offsets: Uint32Array
  readonly bytes: Uint8Array
  readonly present: Uint8Array
}

export interface NativeSource {
  readonly protocol: string
  readonly name: string
  readonly preference: number
}

/** Routes of one protocol in columns; those of a list of next hops lie beside, `starts[r]` to `starts[r + 1]` for row r. */
export interface NativeRows {
  readonly vrf: number
  /** The VRFs of instances of the protocol; rows of others are left out. Absent: all are in `vrf`. */
  readonly vrfs?: readonly { readonly name: string; readonly vrf: number }[]
  /** Whatever the rows say, their routes go. */
  readonly withdrawn?: boolean
  readonly family: 4 | 6
  readonly protocol: string
  readonly preference: number
  readonly rows: number
  /** 2: deleted; only prefix and name are there. */
  readonly ops: Uint8Array
  readonly prefix: TextColumn
  /** Of the protocol's instance. */
  readonly name: TextColumn
  readonly address: TextColumn
  readonly interface: TextColumn
  readonly special: TextColumn
  /** Name of a network instance: the destination is looked up there. */
  readonly instance: TextColumn
  readonly starts: Uint32Array
  readonly label: TextColumn
  readonly hopAddress: TextColumn
  readonly hopInterface: TextColumn
}

/** Why a row is no route, by number (native/load.h). */
export const rejections = [
  'prefix',
  'destination',
  'too-many-hops',
  'no-next-hop',
  'empty-hop',
  'address',
  'zone',
  'link-local',
  'not-a-neighbour',
] as const

/** Why a hop leads nowhere, by number (native/resolve.h). */
export const failures = [
  'loop',
  'own-address',
  'own-address-on-interface',
  'no-interface',
  'no-family',
  'no-port',
  'disabled',
  'down',
  'unreachable',
  'broadcast',
  'network',
] as const

/** Packed records (dataplane/engine/program/records.h). */
export interface NativeRecords {
  readonly count: number
  readonly blocks: readonly Uint8Array[]
}

export interface NativeUnresolved {
  readonly vrf: number
  readonly prefix: Prefix
  readonly source: NativeSource
  readonly nextHop: NextHop
  /** Index in `failures`. */
  readonly failure: number
  /** Index of the hop. */
  readonly hop: number
  readonly interface: string | undefined
  readonly subnet: Prefix
  readonly connected: readonly { readonly prefix: Prefix; readonly interface: string }[]
}

export interface NativeResult {
  readonly objectsSet: NativeRecords
  readonly routesSet: NativeRecords & { readonly some: readonly Prefix[] }
  readonly routesDeleted: NativeRecords & { readonly some: readonly Prefix[] }
  readonly objectsDeleted: NativeRecords
  readonly unresolved: readonly NativeUnresolved[]
  /** Routes of the same kind that are not told. */
  readonly more: number
  readonly examined: number
}

/** Where a tracked address leads. */
export interface NativeResolution {
  readonly vrf: number
  readonly address: Address
  readonly byDefault: boolean
  /** It is an address of this box. */
  readonly local: boolean
  /** Of the route that was found; neither is there when there was none. */
  readonly prefix?: Prefix
  readonly source?: NativeSource
  readonly ways: readonly {
    readonly interface: string
    readonly address?: Address
    readonly weight: number
  }[]
}

/** Entries in columns; routes of entry e are `starts[e]` to `starts[e + 1]`. */
export interface NativePage {
  /** Where the next page begins; undefined after the last one. */
  readonly next: number | undefined
  readonly addresses: Uint8Array
  readonly lengths: Uint8Array
  readonly starts: Uint32Array
  /** Which route of the entry is active; -1: none. */
  readonly active: Int32Array
  readonly updated: Float64Array
  /** Indexes of `sources` and `nextHops`. */
  readonly routeSources: Uint32Array
  readonly routeNextHops: Uint32Array
  readonly sources: readonly NativeSource[]
  readonly nextHops: readonly NextHop[]
}

/** All calls return at once; those with a number of microseconds work no longer than that and are called again. */
export interface NativeRib {
  /** An update makes no transaction void that began before it; it may hold nothing while one does. */
  begin(full: boolean, update: boolean): number
  /** No transaction holds what it has changed or finished. */
  vacant(): boolean
  empty(transaction: number): boolean
  setInterface(transaction: number, name: string, value: RibInterface | undefined): void
  setImports(transaction: number, vrf: number, imports: readonly Import[]): void
  /** Numbers that hold as long as the transaction: of a source, and of a next hop of one table. */
  source(transaction: number, source: NativeSource): number
  nextHop(transaction: number, vrf: number, family: 4 | 6, to: NextHop): number
  set(transaction: number, source: number, vrf: number, address: Address, length: number, to: number): void
  delete(transaction: number, source: number, vrf: number, address: Address, length: number): void
  /**
   * Rows from one on. Tells the row to go on with and how many rows are no route, then for each of these, 20 at most: the row,
   * the reason, the row of the next hop (-1: none).
   */
  load(transaction: number, rows: NativeRows, from: number, microseconds: number): Int32Array
  /** `tracked`: from now on, or no more. Not undone when the transaction is abandoned. */
  track(transaction: number, vrf: number, address: Address, byDefault: boolean, tracked: boolean): void
  /** Some of what is tracked and was resolved again, each taken out once or more; undefined when there is no more. */
  moved(limit: number): NativeResolution[] | undefined
  linkChanged(transaction: number, name: string): void
  finish(transaction: number, now: number, microseconds: number): NativeResult | undefined
  adopt(transaction: number): void
  abandon(transaction: number): void
  /** True when what was adopted or abandoned is in the columns. */
  settle(microseconds: number): boolean
  /** False when nothing is new. */
  link(name: string, up: boolean): boolean
  linkUp(name: string): boolean
  interfaces(): RibInterface[]
  sizes(): { prefixes: number; nextHops: number; objects: number }
  /** Prefixes with routes in a table. */
  prefixes(vrf: number, family: 4 | 6): number
  page(vrf: number, family: 4 | 6, from: number, limit: number): NativePage
  entry(vrf: number, address: Address, length: number): NativePage
}

interface Addon {
  /** `keyBits`: keys of objects have no more bits than this. */
  readonly Rib: new (keyBits: number) => NativeRib
  objectKey(identity: string): bigint
  vrfNumber(name: string): number
}

export const addon = createRequire(import.meta.url)('../../rib/weft-rib.node') as Addon
