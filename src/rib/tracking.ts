/**
 * Next-hop tracking: who cares where packets to an address go (a locator, the far end of a tunnel, a BGP next hop) is told when
 * that changes. The RIB resolves such an address like any next hop of a route, so that a change finds it without searching; what
 * comes of it is told after it was adopted, the last of several changes in a row, and only when it is another than what was told
 * before.
 */
import { formatAddress, formatPrefix, type Address, type Prefix } from './address.js'
import type { NativeResolution, NativeRib, NativeSource } from './native.js'
import type { Source } from './route.js'

/** A neighbour on an interface, or the address itself on it; `weight`: its share of the packets. */
export interface TrackedWay {
  readonly interface: string
  readonly address: Address | undefined
  readonly weight: number
}

/** Where packets to an address go. */
export interface Resolution {
  /** There is a way, or it is an address of this box. */
  readonly reachable: boolean
  readonly local: boolean
  /** The route by which: the longest that can be used. One that drops packets is told too. The less preferable, the higher `preference`. */
  readonly route: { readonly prefix: Prefix; readonly source: Source } | undefined
  /** By interface and neighbour. */
  readonly ways: readonly TrackedWay[]
}

export interface TrackOptions {
  /** Default false, as for next hops of routes: a default route leads nowhere. */
  readonly byDefault?: boolean
}

/** Tracking of one address by one listener; ends when disposed. */
export interface Tracker extends Disposable {
  /** As it was told last. */
  readonly resolution: Resolution | undefined
}

export interface TrackingParts {
  readonly native: NativeRib
  /** Says something in an update of the RIB. */
  readonly update: (say: (transaction: number) => void) => Promise<unknown>
  readonly sourceOf: (source: NativeSource) => Source
}

interface Listener {
  readonly told: (resolution: Resolution) => void
  resolution: Resolution | undefined
}

interface Tracked {
  readonly vrf: number
  readonly address: Address
  readonly byDefault: boolean
  readonly listeners: Set<Listener>
  /** The RIB knows that it is tracked. */
  said: boolean
  resolution: Resolution | undefined
  /** Of the resolution, to tell whether another one is the same. */
  text: string
}

const pageSize = 128

export class Tracking {
  readonly #parts: TrackingParts
  readonly #tracked = new Map<string, Tracked>()
  /** Those that the RIB is to be told of: tracked, or no more. */
  readonly #unsaid = new Set<Tracked>()
  readonly #changed = new Set<Tracked>()
  #saying = false
  #telling = false
  #reading = false

  constructor(parts: TrackingParts) {
    this.#parts = parts
  }

  track(
    vrf: number,
    address: Address,
    told: (resolution: Resolution) => void,
    { byDefault = false }: TrackOptions = {},
  ): Tracker {
    const key = keyOf({ vrf, address, byDefault })
    let tracked = this.#tracked.get(key)
    if (!tracked) {
      const listeners = new Set<Listener>()
      tracked = { vrf, address, byDefault, listeners, said: false, resolution: undefined, text: '' }
      this.#tracked.set(key, tracked)
      this.#say(tracked)
    }
    const of = tracked
    const listener: Listener = { told, resolution: undefined }
    of.listeners.add(listener)
    if (of.resolution) this.#change(of)
    return {
      get resolution() {
        return listener.resolution
      },
      [Symbol.dispose]: () => {
        of.listeners.delete(listener)
        if (of.listeners.size > 0 || this.#tracked.get(key) !== of) return
        this.#tracked.delete(key)
        this.#say(of)
      },
    }
  }

  /** What was adopted is in the columns: what moved by it is told soon. */
  settled(): void {
    if (this.#tracked.size > 0 && !this.#reading) this.#read()
  }

  /** A page at a time, between other work. */
  #read(): void {
    const page = this.#parts.native.moved(pageSize)
    this.#reading = page !== undefined
    for (const moved of page ?? []) {
      const tracked = this.#tracked.get(keyOf(moved))
      if (!tracked) continue
      const resolution = read(moved, this.#parts.sourceOf)
      const text = textOf(resolution)
      if (tracked.text === text) continue
      tracked.text = text
      tracked.resolution = resolution
      this.#change(tracked)
    }
    if (page) setImmediate(() => this.#read())
  }

  #say(tracked: Tracked): void {
    this.#unsaid.add(tracked)
    if (this.#saying) return
    this.#saying = true
    setImmediate(() => {
      const say = (transaction: number): void => {
        this.#saying = false
        for (const one of this.#unsaid) this.#sayOne(transaction, one)
        this.#unsaid.clear()
      }
      // It fails when two objects have one key: what is tracked stays without an answer until something else changes.
      this.#parts.update(say).catch((error: unknown) => process.emitWarning(error as Error))
    })
  }

  #sayOne(transaction: number, tracked: Tracked): void {
    const { vrf, address, byDefault, said } = tracked
    if (said === (this.#tracked.get(keyOf(tracked)) === tracked)) return
    tracked.said = !said
    this.#parts.native.track(transaction, vrf, address, byDefault, !said)
  }

  #change(tracked: Tracked): void {
    this.#changed.add(tracked)
    if (this.#telling) return
    this.#telling = true
    setImmediate(() => {
      this.#telling = false
      const changed = [...this.#changed]
      this.#changed.clear()
      for (const { listeners, resolution } of changed)
        for (const listener of [...listeners]) if (resolution) tell(listener, resolution)
    })
  }
}

function tell(listener: Listener, resolution: Resolution): void {
  if (listener.resolution === resolution) return
  listener.resolution = resolution
  try {
    listener.told(resolution)
  } catch (error) {
    process.emitWarning(error as Error)
  }
}

const keyOf = ({ vrf, address, byDefault }: Pick<Tracked, 'vrf' | 'address' | 'byDefault'>): string =>
  `${vrf} ${formatAddress(address)} ${byDefault}`

const textOf = ({ local, route, ways }: Resolution): string =>
  JSON.stringify([
    local,
    route && [formatPrefix(route.prefix), route.source.protocol, route.source.name, route.source.preference],
    ways.map((way) => [way.interface, way.address && formatAddress(way.address), way.weight]),
  ])

function read(
  { local, prefix, source, ways }: NativeResolution,
  sourceOf: TrackingParts['sourceOf'],
): Resolution {
  return {
    reachable: local || ways.length > 0,
    local,
    route: prefix && source && { prefix, source: sourceOf(source) },
    ways: ways.map((way) => ({ interface: way.interface, address: way.address, weight: way.weight })),
  }
}
