/**
 * Resolution of next hops to forwarding objects. An address leads over the longest connected prefix or route that contains
 * it and can be used, again and again until interfaces are reached; a default route resolves nothing, since with one every
 * mistyped address would seem to be reachable. A next hop that leads back to itself resolves to nothing.
 *
 * A resolver is for one state of one table: it remembers what it found and must not outlive that state.
 */
import { type Address, type Family, type Prefix, formatAddress, formatPrefix, kindOf } from './address.js'
import type { ObjectRecord, ObjectTable, WeightedObject } from './objects.js'
import type { Hop, NextHop, RibInterface, Route } from './route.js'

/** Routes of a prefix, the most preferred first. */
export interface Routes {
  readonly prefix: Prefix
  readonly routes: readonly Route[]
}

/** The state that next hops are resolved in. */
export interface ResolverView {
  readonly vrf: number
  readonly family: Family
  readonly objects: ObjectTable
  interface(name: string): RibInterface | undefined
  linkUp(name: string): boolean
  /** The longest prefix first. */
  covering(address: Address): Iterable<Routes>
  /** Some connected prefixes, for messages. */
  connected(limit: number): readonly string[]
}

/** Why a hop gives no object now. `nothing`: it cannot, as long as the configuration is what it is. */
export interface Failure {
  readonly hop: Hop | undefined
  readonly state: 'inactive' | 'nothing'
  /** For a person; what is wrong and what would be right. */
  readonly reason: string
}

export interface Resolution {
  /** Where packets go; undefined when no hop can be used. */
  readonly record: ObjectRecord | undefined
  readonly ways: readonly WeightedObject[]
  /** The interface on which the destination itself is a neighbour. */
  readonly onLink: string | undefined
  readonly failures: readonly Failure[]
}

const failed = (failure: Failure): Resolution => ({
  record: undefined,
  ways: [],
  onLink: undefined,
  failures: [failure],
})

export class Resolver {
  readonly #view: ResolverView
  readonly #assumeUp: boolean
  readonly #known = new Map<string, Resolution>()
  readonly #stack: string[] = []
  readonly #looped = new Set<string>()

  /** `assumeUp`: as if every interface that is configured were enabled and had a link. */
  constructor(view: ResolverView, assumeUp = false) {
    this.#view = view
    this.#assumeUp = assumeUp
  }

  resolve(nextHop: NextHop): Resolution {
    const known = this.#known.get(nextHop.id)
    if (known) return known
    const resolution = this.#compute(nextHop)
    this.#known.set(nextHop.id, resolution)
    return resolution
  }

  #single(record: ObjectRecord, onLink?: string): Resolution {
    return { record, ways: [{ record, weight: 1 }], onLink, failures: [] }
  }

  #compute(nextHop: NextHop): Resolution {
    switch (nextHop.kind) {
      case 'local':
        return this.#single(this.#view.objects.local(this.#view.vrf))
      case 'drop':
        return this.#single(this.#view.objects.drop(nextHop.drop))
      case 'connected':
        return this.#interface(nextHop.interface, undefined, undefined)
      case 'via':
        return this.#via(nextHop.id, nextHop.hops)
    }
  }

  #via(id: string, hops: readonly Hop[]): Resolution {
    const at = this.#stack.indexOf(id)
    if (at >= 0) {
      for (const looped of this.#stack.slice(at)) this.#looped.add(looped)
      return failed({ hop: undefined, state: 'nothing', reason: 'it leads back to itself' })
    }
    this.#stack.push(id)
    const found: Resolution[] = []
    for (const one of hops) {
      found.push(this.#hop(one, id))
      if (this.#looped.has(id)) break
    }
    this.#stack.pop()
    if (this.#looped.has(id)) {
      const reason = `next hop ${describe(hops[0])} leads back to itself; a next hop needs a way that does not depend on this route`
      return failed({ hop: hops[0], state: 'nothing', reason })
    }
    const usable = found.filter((one) => one.record)
    const failures = found.flatMap((one) => one.failures)
    const first = usable[0]
    if (!first) return { record: undefined, ways: [], onLink: undefined, failures }
    if (usable.length === 1) return { ...first, failures }
    const ways = share(usable.map((one) => one.ways))
    return { record: this.#view.objects.group(ways), ways, onLink: undefined, failures }
  }

  #hop(one: Hop, id: string): Resolution {
    if (one.interface !== undefined) return this.#interface(one.interface, one.address, one)
    if (!one.address)
      return failed({ hop: one, state: 'nothing', reason: 'a next hop needs an address or an interface' })
    let inactive: string | undefined
    for (const { prefix, routes } of this.#view.covering(one.address)) {
      for (const { nextHop } of routes) {
        if (nextHop.kind === 'local') {
          if (prefix.length !== one.address.length * 8) continue
          const reason = `${describe(one)} is an address of this box; a next hop is a neighbour's`
          return failed({ hop: one, state: 'nothing', reason })
        }
        if (nextHop.kind === 'connected') {
          const result = this.#interface(nextHop.interface, one.address, one)
          if (result.record) return result
          if (result.failures[0]?.state === 'inactive') inactive ??= result.failures[0].reason
          continue
        }
        if (prefix.length === 0) continue
        const result = this.resolve(nextHop)
        if (this.#looped.has(id)) return result
        if (!result.record) {
          if (result.failures[0]?.state === 'inactive') inactive ??= result.failures[0].reason
          continue
        }
        if (result.onLink !== undefined) return this.#interface(result.onLink, one.address, one)
        return { record: result.record, ways: result.ways, onLink: undefined, failures: [] }
      }
    }
    if (inactive !== undefined) return failed({ hop: one, state: 'inactive', reason: inactive })
    const near = this.#view.connected(4)
    const reason =
      `next hop ${describe(one)} is in no connected prefix, and no route but a default route leads to it; ` +
      (near.length > 0
        ? `connected: ${near.join(', ')}`
        : `no interface has an IPv${this.#view.family} address`)
    return failed({ hop: one, state: 'nothing', reason })
  }

  #interface(name: string, address: Address | undefined, one: Hop | undefined): Resolution {
    const { family, vrf, objects } = this.#view
    const nothing = (reason: string) => failed({ hop: one, state: 'nothing', reason })
    const known = this.#view.interface(name)
    if (!known || known.vrf !== vrf) return nothing(`no interface named '${name}'`)
    const state = family === 4 ? known.ipv4 : known.ipv6
    if (state === 'none') {
      return nothing(
        `interface ${name} has no IPv${family}; it needs an ipv${family} container with an address`,
      )
    }
    if (!known.neighbours) return nothing(`interface ${name} has no port, so no neighbour can be on it`)
    if (address && one?.interface !== undefined && this.#isLocal(address)) {
      return nothing(`${formatAddress(address)} is an address of this box; a next hop is a neighbour's`)
    }
    if (!this.#assumeUp) {
      const inactive = (reason: string) => failed({ hop: one, state: 'inactive', reason })
      if (state === 'off') return inactive(`interface ${name} is not enabled`)
      if (!this.#view.linkUp(name)) return inactive(`interface ${name} is down`)
    }
    return address ? this.#single(objects.adjacency(name, address)) : this.#single(objects.glean(name), name)
  }

  #isLocal(address: Address): boolean {
    if (kindOf(address) === 'link-local') return false
    for (const { prefix, routes } of this.#view.covering(address)) {
      return prefix.length === address.length * 8 && routes[0]?.nextHop.kind === 'local'
    }
    return false
  }
}

/** Each hop takes an equal share, however many ways it has itself. */
function share(hops: readonly (readonly WeightedObject[])[]): WeightedObject[] {
  const totals = hops.map((ways) => ways.reduce((sum, { weight }) => sum + weight, 0))
  const all = totals.reduce((common, total) => (common * total) / greatestDivisor(common, total), 1)
  return hops.flatMap((ways, i) =>
    ways.map(({ record, weight }) => ({
      record,
      weight: all > 65535 ? weight : (weight * all) / (totals[i] as number),
    })),
  )
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b)
}

export function describe(one: Hop | undefined): string {
  if (!one) return ''
  const { address, interface: name } = one
  if (address && name !== undefined) return `${formatAddress(address)} on ${name}`
  return address ? formatAddress(address) : (name ?? '')
}

export function describeRoute(prefix: Prefix, nextHop: NextHop): string {
  switch (nextHop.kind) {
    case 'local':
      return `${formatPrefix(prefix)} local`
    case 'drop':
      return `${formatPrefix(prefix)} ${nextHop.drop}`
    case 'connected':
      return `${formatPrefix(prefix)} on ${nextHop.interface}`
    case 'via':
      return `${formatPrefix(prefix)} via ${nextHop.hops.map(describe).join(', ')}`
  }
}
