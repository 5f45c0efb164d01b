/**
 * The routing information base (RFC 8349, section 5): routes from several sources per VRF and family, the best of each
 * prefix resolved to a forwarding object. Changes are transactions: values that are adopted or abandoned. What a FIB must do
 * is the difference of two states, never searched for.
 *
 * It programs nothing. Storage is maps of values; who uses this interface sees neither.
 */
import type { Family, Prefix } from './address.js'
import type { ObjectRecord } from './objects.js'
import { ObjectTable } from './objects.js'
import type { NextHop, RibInterface, Source } from './route.js'
import { Table, type Entry } from './table.js'
import { Draft, tableKey, type Finished, type Outcome } from './transaction.js'

export interface RibOptions {
  /** Milliseconds since the epoch. */
  readonly now?: () => number
  /** Keys of objects, for tests of collisions. */
  readonly hash?: (identity: string) => bigint
}

/** Changes on top of the RIB, which does not see them until `adopt`. */
export interface RibTransaction {
  /** Nothing was set or deleted. */
  readonly empty: boolean
  interface(name: string): RibInterface | undefined
  setInterface(value: RibInterface): void
  deleteInterface(name: string): void
  /** A source's route to a prefix; takes the place of the one it said before. */
  set(source: Source, vrf: number, prefix: Prefix, nextHop: NextHop): void
  delete(source: Source, vrf: number, prefix: Prefix): void
  /** Once, after all changes: what the FIB must do. One transaction may be finished and not yet closed; an older one is void. */
  finish(): Finished
  /** The RIB becomes what was finished. Throws when another transaction has been adopted or finished since. */
  adopt(): void
  abandon(): void
}

export class Rib {
  readonly #now: () => number
  #tables = new Map<string, Table>()
  #interfaces = new Map<string, RibInterface>()
  readonly #linksDown = new Set<string>()
  readonly #objects: ObjectTable
  #open: object | undefined
  #waiting: (() => void)[] = []

  constructor(options: RibOptions = {}) {
    this.#now = options.now ?? Date.now
    this.#objects = new ObjectTable(options.hash)
  }

  /** `full`: from nothing, as for a FIB that has nothing; the links stay as they are known. */
  begin(options: { readonly full?: boolean } = {}): RibTransaction {
    const full = options.full ?? false
    const draft = this.#draft(full)
    const token = {}
    let finished: (Finished & { outcome: Outcome }) | undefined
    return {
      get empty() {
        return draft.empty
      },
      interface: (name) => draft.interface(name),
      setInterface: (value) => draft.setInterface(value.name, value),
      deleteInterface: (name) => draft.setInterface(name, undefined),
      set: (...route) => draft.set(...route),
      delete: (...route) => draft.delete(...route),
      finish: () => {
        this.#open = token
        return (finished ??= draft.finish())
      },
      adopt: () => {
        if (!finished || this.#open !== token) throw new Error('this transaction of the RIB is void')
        this.#adopt(finished.outcome, full)
        this.#close(token)
      },
      abandon: () => this.#close(token),
    }
  }

  /**
   * An interface got or lost its link: its connected routes come or go, and what is resolved over them. The RIB has the new
   * state at once; the caller brings the difference to the FIB. Undefined when nothing is new. Not while a transaction is
   * finished and not closed: see `idle`.
   */
  interfaceUp(name: string, up: boolean): Finished | undefined {
    if (this.#open) throw new Error('a transaction of the RIB is finished and not closed')
    if (this.#linksDown.has(name) === !up) return undefined
    if (up) this.#linksDown.delete(name)
    else this.#linksDown.add(name)
    const draft = this.#draft(false)
    draft.linkChanged(name)
    const finished = draft.finish()
    this.#adopt(finished.outcome, false)
    return finished
  }

  linkUp(name: string): boolean {
    return !this.#linksDown.has(name)
  }

  /** Resolves when no transaction is finished and not closed. */
  idle(): Promise<void> {
    return this.#open ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve()
  }

  /** Names of the interfaces that take part in routing. */
  interfaces(): readonly RibInterface[] {
    return [...this.#interfaces.values()]
  }

  *entries(vrf: number, family: Family): IterableIterator<Entry> {
    const table = this.#tables.get(tableKey(vrf, family))
    if (table) yield* table.entries.values()
  }

  /** What there is to one prefix. */
  entry(vrf: number, family: Family, prefix: Prefix): Entry | undefined {
    return this.#tables.get(tableKey(vrf, family))?.entries.get(prefix)
  }

  /** Sizes, for state and for tests that count them to zero. */
  get sizes(): { readonly prefixes: number; readonly nextHops: number; readonly objects: number } {
    const tables = [...this.#tables.values()]
    return {
      prefixes: tables.reduce((sum, table) => sum + table.entries.size, 0),
      nextHops: tables.reduce((sum, table) => sum + table.nextHops.size, 0),
      objects: this.#objects.size,
    }
  }

  #draft(full: boolean): Draft {
    return new Draft({
      tables: full ? new Map() : this.#tables,
      interfaces: full ? new Map() : this.#interfaces,
      linksDown: this.#linksDown,
      objects: this.#objects,
      counted: !full,
      now: this.#now(),
    })
  }

  #close(token: object): void {
    if (this.#open !== token) return
    this.#open = undefined
    this.#objects.forgetUnused()
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  #adopt({ overlays, outcomes, interfaces, references }: Outcome, full: boolean): void {
    if (full) {
      this.#tables = new Map()
      this.#interfaces = new Map()
      this.#objects.forgetReferences()
    }
    for (const [name, value] of interfaces) {
      if (value) this.#interfaces.set(name, value)
      else {
        // One of the same name is another interface, whose link is taken to be up until something else is said.
        this.#interfaces.delete(name)
        this.#linksDown.delete(name)
      }
    }
    for (const overlay of overlays) {
      const table = overlay.base
      this.#tables.set(tableKey(table.vrf, table.family), table)
      for (const entry of overlay.changed.values()) {
        if (entry.routes.length > 0) table.entries.set(entry.prefix, entry)
        else table.entries.delete(entry.prefix)
      }
      const resolved = outcomes.get(overlay)
      for (const [id, { nextHop, delta }] of overlay.nextHopCounts) {
        const known = table.nextHops.get(id)
        const count = (known?.count ?? 0) + delta
        if (count > 0) table.nextHops.set(id, { nextHop, count, outcome: known?.outcome ?? '' })
        else table.nextHops.delete(id)
      }
      for (const [id, outcome] of resolved ?? []) {
        const known = table.nextHops.get(id)
        if (known) table.nextHops.set(id, { ...known, outcome })
      }
    }
    addReferences(references)
  }
}

function addReferences(references: ReadonlyMap<ObjectRecord, number>): void {
  for (const [record, delta] of references) record.references += delta
}
