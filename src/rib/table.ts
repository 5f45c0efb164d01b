/**
 * The routes of one VRF and family: for each prefix who says what, which of it is active, and the object that the FIB has.
 * Entries are values: a transaction replaces them and never changes one.
 */
import type { Family, Prefix } from './address.js'
import { widthOf } from './address.js'
import type { ObjectRecord } from './objects.js'
import { PrefixMap } from './prefix-map.js'
import type { NextHop, Route } from './route.js'

export interface Entry {
  readonly vrf: number
  readonly prefix: Prefix
  /** The most preferred first. */
  readonly routes: readonly Route[]
  /** Index of the active route; -1: none can be used. */
  readonly active: number
  /** What the FIB has for the prefix. */
  readonly object: ObjectRecord | undefined
  /** Milliseconds since the epoch. */
  readonly updated: number
}

/** An entry of a transaction that is not finished yet. */
export type DraftEntry = { -readonly [K in keyof Entry]: Entry[K] }

/** A next hop of some routes, and how many say it. */
export interface NextHopUse {
  readonly nextHop: NextHop
  readonly count: number
  /** Identity of the object it had when it was last resolved; '' for none. */
  readonly outcome: string
}

export class Table {
  readonly vrf: number
  readonly family: Family
  readonly entries: PrefixMap<Entry>
  /** By identity; only those that must be resolved. */
  readonly nextHops = new Map<string, NextHopUse>()

  constructor(vrf: number, family: Family) {
    this.vrf = vrf
    this.family = family
    this.entries = new PrefixMap(family)
  }
}

/** A table with the changes of a transaction on top. */
export class TableOverlay {
  readonly base: Table
  /** What becomes of a prefix; an entry without routes goes away. */
  readonly changed: PrefixMap<DraftEntry>
  readonly nextHopCounts = new Map<string, { nextHop: NextHop; delta: number }>()

  constructor(base: Table) {
    this.base = base
    this.changed = new PrefixMap(base.family)
  }

  get(prefix: Prefix): Entry | undefined {
    return this.changed.get(prefix) ?? this.base.entries.get(prefix)
  }

  count(nextHop: NextHop, by: number): void {
    if (nextHop.kind === 'local' || nextHop.kind === 'drop') return
    const known = this.nextHopCounts.get(nextHop.id)
    if (known) known.delta += by
    else this.nextHopCounts.set(nextHop.id, { nextHop, delta: by })
  }

  *covering(address: Uint8Array): IterableIterator<Entry> {
    for (let length = widthOf(this.base.family); length >= 0; length--) {
      const entry = this.changed.at(address, length) ?? this.base.entries.at(address, length)
      if (entry && entry.routes.length > 0) yield entry
    }
  }

  /** All entries with routes. */
  *values(): IterableIterator<Entry> {
    for (const entry of this.base.entries.values()) if (!this.changed.has(entry.prefix)) yield entry
    for (const entry of this.changed.values()) if (entry.routes.length > 0) yield entry
  }

  /** All next hops that routes say. */
  *nextHops(): IterableIterator<NextHop> {
    for (const { nextHop, count } of this.base.nextHops.values()) {
      if (count + (this.nextHopCounts.get(nextHop.id)?.delta ?? 0) > 0) yield nextHop
    }
    for (const [id, { nextHop, delta }] of this.nextHopCounts) {
      if (!this.base.nextHops.has(id) && delta > 0) yield nextHop
    }
  }
}
