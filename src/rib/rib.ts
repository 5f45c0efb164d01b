/**
 * The routing information base (RFC 8349, section 5): routes from several sources per VRF and family, the best of each
 * prefix resolved to a forwarding object. Changes are transactions: values that are adopted or abandoned. What a FIB must do
 * is the difference of two states, never searched for.
 *
 * It programs nothing. Routes are stored natively, in columns (src/rib/native); JavaScript sees changes and pages of entries,
 * not the table. What takes long is done in slices of a few milliseconds, between which the event loop goes on.
 */
import { setImmediate } from 'node:timers/promises'
import { widthOf, type Family, type Prefix } from './address.js'
import type { Delta } from './delta.js'
import { hopOf, reasonOf, type Reason } from './failure.js'
import {
  addon,
  rejections,
  type NativePage,
  type NativeRib,
  type NativeRows,
  type NativeSource,
  type NativeUnresolved,
} from './native.js'
import type { Entry, Hop, NextHop, RibInterface, Source } from './route.js'

export interface RibOptions {
  /** Milliseconds since the epoch. */
  readonly now?: () => number
  /** Keys of objects have no more bits than this, for tests of collisions. */
  readonly keyBits?: number
}

/** A route with a hop that cannot lead anywhere, whatever links do. */
export interface Unresolved {
  readonly vrf: number
  readonly prefix: Prefix
  readonly source: Source
  readonly nextHop: NextHop
  readonly hop: Hop | undefined
  readonly reason: Reason
}

export interface Finished {
  readonly delta: Delta
  /** Of the routes that this transaction set or whose next hops it changed; some 20 at most. */
  readonly unresolved: readonly Unresolved[]
  /** Routes of the same kind that are not told. */
  readonly more: number
  /** Next hops that were resolved, and prefixes whose routes were looked at: what it cost. */
  readonly examined: number
}

/** Routes of one protocol, one a row, in columns. */
export interface RouteRows extends Omit<NativeRows, 'protocol' | 'preference'> {
  /** The source of that name; all have the protocol and preference of `sourceOf('')`. */
  readonly sourceOf: (name: string) => Source
}

/** A row that is no route. */
export interface Rejected {
  readonly row: number
  readonly reason: (typeof rejections)[number]
  /** Row of the next hop in the columns of hops; undefined: the route's own. */
  readonly hop: number | undefined
}

export interface Loaded {
  /** 20 at most. */
  readonly rejected: readonly Rejected[]
  /** Rows of the same kind that are not told. */
  readonly more: number
}

/** Changes on top of the RIB, which does not show them until `adopt`. One that changes something makes older ones void. */
export interface RibTransaction {
  /** Nothing was set or deleted. */
  readonly empty: boolean
  /** Resolves when changes do not have to wait for what came before. */
  ready(): Promise<void>
  setInterface(value: RibInterface): void
  deleteInterface(name: string): void
  /** A source's route to a prefix; takes the place of the one it said before. */
  set(source: Source, vrf: number, prefix: Prefix, nextHop: NextHop): void
  delete(source: Source, vrf: number, prefix: Prefix): void
  /** Sets and deletes many routes; those that are none are left out and told. */
  load(rows: RouteRows): Promise<Loaded>
  /** Once, after all changes: what the FIB must do. Rejects when two objects have one key, or the transaction is void. */
  finish(): Promise<Finished>
  /** The RIB becomes what was finished, at once. Throws when the transaction is not finished, or void. */
  adopt(): void
  abandon(): void
}

/** Microseconds that a slice takes. */
const slice = 3_000
/** Entries that are fetched at once. */
const pageEntries = 128
const rejectionLimit = 20

export class Rib {
  readonly #native: NativeRib
  readonly #now: () => number
  readonly #sourcesOf = new Map<string, (name: string) => Source>()
  readonly #sources = new Map<string, Source>()
  #settling: Promise<void> | undefined
  /** A link that changes. */
  #linking: Promise<unknown> | undefined
  #waiting: (() => void)[] = []

  constructor(options: RibOptions = {}) {
    this.#now = options.now ?? Date.now
    this.#native = new addon.Rib(options.keyBits ?? 64)
  }

  /** `full`: from nothing, as for a FIB that has nothing; the links stay as they are known. */
  begin(options: { readonly full?: boolean } = {}): RibTransaction {
    const native = this.#native
    const id = native.begin(options.full ?? false)
    let finished: Promise<Finished> | undefined
    const alone = () => {
      if (this.#linking)
        throw new Error('a link of the RIB is changing; a transaction waits until it is ready')
    }
    return {
      get empty() {
        return native.empty(id)
      },
      ready: () => this.#ready(),
      setInterface: (value) => {
        alone()
        native.setInterface(id, value.name, value)
      },
      deleteInterface: (name) => {
        alone()
        native.setInterface(id, name, undefined)
      },
      set: (source, vrf, { address, length }, nextHop) => {
        alone()
        this.#learn(source)
        native.set(id, source, vrf, address, length, nextHop)
      },
      delete: (source, vrf, { address, length }) => {
        alone()
        native.delete(id, source, vrf, address, length)
      },
      load: (rows) => this.#load(id, rows),
      finish: () => (finished ??= this.#ready().then(() => this.#finish(id))),
      adopt: () => {
        native.adopt(id)
        this.#closed()
      },
      abandon: () => {
        native.abandon(id)
        this.#closed()
      },
    }
  }

  async #load(id: number, { sourceOf, ...rows }: RouteRows): Promise<Loaded> {
    await this.#ready()
    const { protocol, preference } = sourceOf('')
    this.#sourcesOf.set(protocol, sourceOf)
    const rejected: Rejected[] = []
    let count = 0
    for (let from = 0; ;) {
      const [next = 0, bad = 0, ...found] = this.#native.load(
        id,
        { protocol, preference, ...rows },
        from,
        slice,
      )
      for (let i = 0; i < found.length && rejected.length < rejectionLimit; i += 3) {
        const [row, reason, hop] = found.slice(i, i + 3) as [number, number, number]
        rejected.push({ row, reason: rejections[reason] ?? 'prefix', hop: hop < 0 ? undefined : hop })
      }
      count += bad
      if (next >= rows.rows) return { rejected, more: count - rejected.length }
      from = next
      await setImmediate()
    }
  }

  async #finish(id: number): Promise<Finished> {
    const now = this.#now()
    for (;;) {
      const result = this.#native.finish(id, now, slice)
      if (!result) {
        await setImmediate()
        continue
      }
      const { unresolved, more, examined, ...delta } = result
      return { delta, more, examined, unresolved: unresolved.map((one) => this.#unresolved(one)) }
    }
  }

  #unresolved(native: NativeUnresolved): Unresolved {
    const { vrf, prefix, nextHop, source } = native
    return {
      vrf,
      prefix,
      nextHop,
      source: this.#source(source),
      hop: hopOf(native),
      reason: reasonOf(native),
    }
  }

  #learn(source: Source): void {
    const id = `${source.protocol}/${source.name}`
    if (this.#sources.get(id) !== source) this.#sources.set(id, source)
  }

  #source({ protocol, name, preference }: NativeSource): Source {
    const known = this.#sources.get(`${protocol}/${name}`) ?? this.#sourcesOf.get(protocol)?.(name)
    return known?.preference === preference
      ? known
      : { ...known, protocol: protocol as Source['protocol'], name, preference }
  }

  /** Resolves when a transaction need not wait for what came before. */
  async #ready(): Promise<void> {
    while (this.#linking ?? this.#settling) await (this.#linking ?? this.#settling)
  }

  /** What was closed is brought to the columns: at once when it is little, else between other work. */
  #closed(): void {
    if (!this.#native.settle(slice)) this.#settling ??= this.#settle()
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  async #settle(): Promise<void> {
    do await setImmediate()
    while (!this.#native.settle(slice))
    this.#settling = undefined
  }

  /**
   * An interface got or lost its link: its connected routes come or go, and what is resolved over them. The RIB has the new
   * state when this resolves; the caller brings the difference to the FIB. Undefined when nothing is new. Not while a
   * transaction is under way: see `idle`.
   */
  async interfaceUp(name: string, up: boolean): Promise<Finished | undefined> {
    if (!this.#native.vacant()) throw new Error('a transaction of the RIB is not closed')
    if (!this.#native.link(name, up)) return undefined
    const id = this.#native.begin(false)
    const change = async () => {
      while (this.#settling) await this.#settling
      this.#native.linkChanged(id, name)
      try {
        const finished = await this.#finish(id)
        this.#native.adopt(id)
        return finished
      } catch (error) {
        this.#native.abandon(id)
        this.#native.link(name, !up)
        throw error
      } finally {
        this.#linking = undefined
        this.#closed()
      }
    }
    const changed = change()
    this.#linking = changed.catch(() => undefined)
    return changed
  }

  linkUp(name: string): boolean {
    return this.#native.linkUp(name)
  }

  /** Resolves when no transaction is under way: each that changed something is closed. */
  async idle(): Promise<void> {
    while (!this.#native.vacant()) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** Names of the interfaces that take part in routing. */
  interfaces(): readonly RibInterface[] {
    return this.#native.interfaces()
  }

  /**
   * All entries of a table, in pages. What is set or deleted while they are looked through is seen or not; each prefix that
   * stays is seen once.
   */
  *entries(vrf: number, family: Family): IterableIterator<Entry> {
    for (let from: number | undefined = 0; from !== undefined;) {
      const page: NativePage = this.#native.page(vrf, family, from, pageEntries)
      yield* this.#entriesOf(vrf, page)
      from = page.next
    }
  }

  /** What there is to one prefix. */
  entry(vrf: number, family: Family, { address, length }: Prefix): Entry | undefined {
    if (address.length * 8 !== widthOf(family)) return undefined
    return this.#entriesOf(vrf, this.#native.entry(vrf, address, length)).next().value
  }

  *#entriesOf(vrf: number, page: NativePage): Generator<Entry, undefined> {
    const { addresses, lengths, starts, active, updated, routeSources, routeNextHops } = page
    const sources = page.sources.map((source) => this.#source(source))
    const width = addresses.length / lengths.length
    for (const [e, length] of lengths.entries()) {
      const [from, to] = starts.subarray(e, e + 2) as unknown as [number, number]
      yield {
        vrf,
        prefix: { address: addresses.subarray(e * width, (e + 1) * width), length },
        routes: Array.from({ length: to - from }, (_, i) => ({
          source: sources[routeSources[from + i] as number] as Source,
          nextHop: page.nextHops[routeNextHops[from + i] as number] as NextHop,
        })),
        active: active[e] as number,
        updated: updated[e] as number,
      }
    }
    return undefined
  }

  /** Sizes, for state and for tests that count them to zero. */
  get sizes(): { readonly prefixes: number; readonly nextHops: number; readonly objects: number } {
    return this.#native.sizes()
  }
}
