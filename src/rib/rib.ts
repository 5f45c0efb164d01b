/**
 * The routing information base (RFC 8349, section 5): routes from several sources per VRF and family, the best of each
 * prefix resolved to a forwarding object. Changes are transactions: values that are adopted or abandoned. What a FIB must do
 * is the difference of two states, never searched for.
 *
 * It programs nothing. Routes are stored natively, in columns (src/rib/native); JavaScript sees changes and pages of entries,
 * not the table. What takes long is done in slices of a few milliseconds, between which the event loop goes on.
 */
import { setImmediate } from 'node:timers/promises'
import { widthOf, type Address, type Family, type Prefix } from './address.js'
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
import { sayer, type Sayer } from './sayer.js'
import { Tracking, type Resolution, type Tracker, type TrackOptions } from './tracking.js'
import type { Entry, Hop, Import, NextHop, RibInterface, Source } from './route.js'

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

/**
 * Changes on top of the RIB, which does not show them until `adopt`. One that changes something makes older ones void. One that
 * is ready or has changed something must be closed (adopted or abandoned): until then updates wait.
 */
export interface RibTransaction extends Sayer {
  /** Nothing was set or deleted. */
  readonly empty: boolean
  /** Resolves when changes do not have to wait for what came before; from then on updates wait for it. */
  ready(): Promise<void>
  setInterface(value: RibInterface): void
  deleteInterface(name: string): void
  /** All that a VRF imports from others from now on. */
  setImports(vrf: number, imports: readonly Import[]): void
  /** Sets and deletes many routes; those that are none are left out and told. */
  load(rows: RouteRows): Promise<Loaded>
  /** Once, after all changes: what the FIB must do. Rejects when two objects have one key, or the transaction is void. */
  finish(): Promise<Finished>
  /** The RIB becomes what was finished, at once. Throws when the transaction is not finished, or void. */
  adopt(): void
  abandon(): void
}

/** What an update may say. */
export interface RibUpdate extends Pick<RibTransaction, 'set' | 'delete' | 'load'> {
  /**
   * An interface got or lost its link: its connected routes come or go, and what is resolved over them. False when nothing is
   * new.
   */
  link(name: string, up: boolean): boolean
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
  /** An update under way. */
  #updating: Promise<void> | undefined
  /** The transaction that was ready last, until it is closed. */
  #ready: number | undefined
  #waiting: (() => void)[] = []
  readonly #tracking: Tracking

  constructor(options: RibOptions = {}) {
    this.#now = options.now ?? Date.now
    this.#native = new addon.Rib(options.keyBits ?? 64)
    this.#tracking = new Tracking({
      native: this.#native,
      update: (say) => this.#update((id) => (say(id), true)),
      sourceOf: (source) => this.#source(source),
    })
  }

  /** `full`: from nothing, as for a FIB that has nothing; the links stay as they are known. */
  begin(options: { readonly full?: boolean } = {}): RibTransaction {
    const native = this.#native
    const id = native.begin(options.full ?? false, false)
    const say = sayer(this.#native, id, (source) => this.#learn(source))
    let finished: Promise<Finished> | undefined
    const alone = () => {
      if (this.#updating) throw new Error('the RIB is being updated; a transaction waits until it is ready')
    }
    return {
      get empty() {
        return native.empty(id)
      },
      ready: () => this.#makeReady(id),
      setInterface: (value) => {
        alone()
        native.setInterface(id, value.name, value)
      },
      deleteInterface: (name) => {
        alone()
        native.setInterface(id, name, undefined)
      },
      setImports: (vrf, imports) => {
        alone()
        native.setImports(id, vrf, imports)
      },
      set: (source, vrf, prefix, nextHop) => {
        alone()
        say.set(source, vrf, prefix, nextHop)
      },
      delete: (source, vrf, prefix) => {
        alone()
        say.delete(source, vrf, prefix)
      },
      load: (rows) => this.#makeReady(id).then(() => this.#load(id, rows)),
      finish: () => (finished ??= this.#makeReady(id).then(() => this.#finish(id))),
      adopt: () => {
        native.adopt(id)
        this.#closed(id)
      },
      abandon: () => {
        native.abandon(id)
        this.#closed(id)
      },
    }
  }

  async #load(id: number, { sourceOf, ...rows }: RouteRows): Promise<Loaded> {
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
  async #makeReady(id: number): Promise<void> {
    while (this.#updating ?? this.#settling) await (this.#updating ?? this.#settling)
    this.#ready = id
  }

  /** A transaction is over: it is brought to the columns, at once when it is little, else between other work. */
  #closed(id: number): void {
    if (this.#native.settle(slice)) this.#tracking.settled()
    else this.#settling ??= this.#settle()
    if (this.#ready === id) this.#ready = undefined
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  async #settle(): Promise<void> {
    do await setImmediate()
    while (!this.#native.settle(slice))
    this.#settling = undefined
    this.#tracking.settled()
  }

  /**
   * A change of its own, beside the transactions of others: waits until none is under way, and lets none begin until it is done;
   * what `say` returns is awaited. `deliver` is called at the moment at which the RIB becomes what was said, so that whoever carries the difference out there
   * does it before what comes later. Undefined when nothing was said.
   */
  async update(
    say: (update: RibUpdate) => unknown,
    deliver: (finished: Finished) => void = () => undefined,
  ): Promise<Finished | undefined> {
    const links = new Map<string, boolean>()
    try {
      return await this.#update(
        async (id) => {
          await say(this.#updateOf(id, links))
          return links.size > 0 || !this.#native.empty(id)
        },
        (finished) => {
          links.clear()
          deliver(finished)
        },
      )
    } finally {
      // What was not adopted.
      for (const [name, was] of links) this.#native.link(name, was)
    }
  }

  /** `say` tells whether it said something. */
  async #update(
    say: (id: number) => boolean | Promise<boolean>,
    deliver: (finished: Finished) => void = () => undefined,
  ): Promise<Finished | undefined> {
    // Who asked first is first.
    while (this.#updating ?? (this.#ready !== undefined || !this.#native.vacant()))
      await (this.#updating ?? new Promise<void>((resolve) => this.#waiting.push(resolve)))
    let done: () => void = () => undefined
    this.#updating = new Promise((resolve) => (done = resolve))
    const native = this.#native
    const id = native.begin(false, true)
    try {
      while (this.#settling) await this.#settling
      if (!(await say(id))) return undefined
      const finished = await this.#finish(id)
      native.adopt(id)
      deliver(finished)
      return finished
    } finally {
      // Nothing of it when it was adopted.
      native.abandon(id)
      this.#updating = undefined
      this.#closed(id)
      done()
    }
  }

  /** `links`: what the links were that it changes. */
  #updateOf(id: number, links: Map<string, boolean>): RibUpdate {
    const native = this.#native
    return {
      ...sayer(this.#native, id, (source) => this.#learn(source)),
      load: (rows) => this.#load(id, rows),
      link: (name, up) => {
        if (!native.link(name, up)) return false
        native.linkChanged(id, name)
        if (!links.delete(name)) links.set(name, !up)
        return true
      },
    }
  }

  /**
   * From now on tells where packets to an address go (next-hop tracking): once soon, and each time when that has changed by what
   * became the RIB. Cost: that of one next hop more; nothing for changes that do not concern it.
   */
  track(
    vrf: number,
    address: Address,
    told: (resolution: Resolution) => void,
    options?: TrackOptions,
  ): Tracker {
    return this.#tracking.track(vrf, address, told, options)
  }

  linkUp(name: string): boolean {
    return this.#native.linkUp(name)
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

  /** How many prefixes have routes in a table. */
  prefixes(vrf: number, family: Family): number {
    return this.#native.prefixes(vrf, family)
  }

  /** Sizes, for state and for tests that count them to zero. */
  get sizes(): { readonly prefixes: number; readonly nextHops: number; readonly objects: number } {
    return this.#native.sizes()
  }
}
