/**
 * A transaction of the RIB, as a value: what is set and deleted lies on top of the RIB, which stays as it is until
 * `adopt`. `finish` selects routes, resolves next hops, counts references, and tells what a FIB has to do.
 *
 * Cost: O(changes). A change of an interface, or of a prefix that a next hop lies in, resolves all next hops again, and
 * looks through all routes when one of them then leads elsewhere.
 */
import type { Prefix } from './address.js'
import { formatPrefix, widthOf } from './address.js'
import type { Delta } from './delta.js'
import type { ObjectRecord, ObjectTable } from './objects.js'
import { Resolver, type Failure, type ResolverView } from './resolve.js'
import { bySource, sameSource, type NextHop, type RibInterface, type Route, type Source } from './route.js'
import { Table, TableOverlay, type DraftEntry, type Entry } from './table.js'

/** A route whose next hop cannot lead anywhere, whatever links do. */
export interface Unresolved {
  readonly vrf: number
  readonly prefix: Prefix
  readonly route: Route
  readonly failure: Failure
}

export interface Finished {
  readonly delta: Delta
  /** Of the routes that this transaction set or whose next hops it changed; at most `unresolvedLimit`. */
  readonly unresolved: readonly Unresolved[]
}

export const unresolvedLimit = 20

/** What a transaction lies on: the RIB as it is now, or an empty one. */
export interface Base {
  readonly tables: ReadonlyMap<string, Table>
  readonly interfaces: ReadonlyMap<string, RibInterface>
  readonly linksDown: ReadonlySet<string>
  readonly objects: ObjectTable
  /** False for a transaction that begins from nothing, whatever references the objects have now. */
  readonly counted: boolean
  readonly now: number
}

/** What the RIB takes over. */
export interface Outcome {
  readonly overlays: readonly TableOverlay[]
  /** Identity of what each next hop led to, for those that were resolved again. */
  readonly outcomes: ReadonlyMap<TableOverlay, ReadonlyMap<string, string>>
  readonly interfaces: ReadonlyMap<string, RibInterface | undefined>
  readonly references: ReadonlyMap<ObjectRecord, number>
}

export const tableKey = (vrf: number, family: 4 | 6): string => `${vrf}/${family}`

export class Draft {
  readonly #base: Base
  readonly #overlays = new Map<string, TableOverlay>()
  readonly #interfaces = new Map<string, RibInterface | undefined>()
  readonly #linksChanged = new Set<string>()
  readonly #references = new Map<ObjectRecord, number>()
  readonly #outcomes = new Map<TableOverlay, Map<string, string>>()
  readonly #unresolved: Unresolved[] = []
  readonly #shared = new Map<NextHop, readonly Route[]>()
  readonly #routesSet: Entry[] = []
  readonly #routesDeleted: Entry[] = []

  constructor(base: Base) {
    this.#base = base
  }

  #overlay(vrf: number, family: 4 | 6): TableOverlay {
    const key = tableKey(vrf, family)
    let overlay = this.#overlays.get(key)
    if (!overlay) {
      overlay = new TableOverlay(this.#base.tables.get(key) ?? new Table(vrf, family))
      this.#overlays.set(key, overlay)
    }
    return overlay
  }

  get empty(): boolean {
    return (
      this.#interfaces.size === 0 && [...this.#overlays.values()].every(({ changed }) => changed.size === 0)
    )
  }

  interface(name: string): RibInterface | undefined {
    return this.#interfaces.has(name) ? this.#interfaces.get(name) : this.#base.interfaces.get(name)
  }

  setInterface(name: string, value: RibInterface | undefined): void {
    this.#interfaces.set(name, value)
  }

  /** The link of an interface is not what it was when the base was resolved. */
  linkChanged(name: string): void {
    this.#linksChanged.add(name)
  }

  set(source: Source, vrf: number, prefix: Prefix, nextHop: NextHop): void {
    const overlay = this.#overlay(vrf, prefix.address.length === 4 ? 4 : 6)
    const entry = overlay.get(prefix)
    let routes: readonly Route[]
    if (!entry || entry.routes.length === 0) routes = this.#alone(source, nextHop)
    else {
      const old = entry.routes.find((one) => sameSource(one.source, source))
      if (old?.nextHop.id === nextHop.id && old.source.preference === source.preference) return
      if (old) overlay.count(old.nextHop, -1)
      routes = [...entry.routes.filter((one) => one !== old), { source, nextHop }].sort((a, b) =>
        bySource(a.source, b.source),
      )
    }
    overlay.count(nextHop, 1)
    overlay.changed.set(prefix, unselected(vrf, prefix, routes))
  }

  /** The routes of a prefix of which only one source says something; shared by all prefixes with this next hop. */
  #alone(source: Source, nextHop: NextHop): readonly Route[] {
    const known = this.#shared.get(nextHop)
    if (known?.[0]?.source === source) return known
    const routes = [{ source, nextHop }]
    this.#shared.set(nextHop, routes)
    return routes
  }

  delete(source: Source, vrf: number, prefix: Prefix): void {
    const overlay = this.#overlay(vrf, prefix.address.length === 4 ? 4 : 6)
    const entry = overlay.get(prefix)
    const old = entry?.routes.find((one) => sameSource(one.source, source))
    if (!entry || !old) return
    overlay.count(old.nextHop, -1)
    overlay.changed.set(
      prefix,
      unselected(
        vrf,
        prefix,
        entry.routes.filter((one) => one !== old),
      ),
    )
  }

  /** Once, after all changes. */
  finish(): Finished & { outcome: Outcome } {
    const interfaces = this.#changedInterfaces()
    if (interfaces.size > 0)
      for (const { vrf, family } of this.#base.tables.values()) this.#overlay(vrf, family)
    for (const overlay of this.#overlays.values()) this.#finishTable(overlay, interfaces)
    const { objectsSet, objectsDeleted } = this.#countReferences()
    return {
      delta: { objectsSet, routesSet: this.#routesSet, routesDeleted: this.#routesDeleted, objectsDeleted },
      unresolved: this.#unresolved,
      outcome: {
        overlays: [...this.#overlays.values()],
        outcomes: this.#outcomes,
        interfaces: this.#interfaces,
        references: this.#references,
      },
    }
  }

  #changedInterfaces(): Set<string> {
    const changed = new Set(this.#linksChanged)
    for (const [name, value] of this.#interfaces) {
      if (JSON.stringify(value) !== JSON.stringify(this.#base.interfaces.get(name))) changed.add(name)
    }
    return changed
  }

  #view(overlay: TableOverlay): ResolverView {
    const { vrf, family } = overlay.base
    return {
      vrf,
      family,
      objects: this.#base.objects,
      interface: (name) => this.interface(name),
      linkUp: (name) => !this.#base.linksDown.has(name),
      covering: (address) => overlay.covering(address),
      connected: (limit) => connectedPrefixes(overlay, limit),
    }
  }

  #finishTable(overlay: TableOverlay, interfaces: ReadonlySet<string>): void {
    const view = this.#view(overlay)
    const resolver = new Resolver(view)
    const configured = new Resolver(view, true)
    const outcomes = new Map<string, string>()
    this.#outcomes.set(overlay, outcomes)
    const moved = new Set<string>()
    const again = interfaces.size > 0 || coversNextHop(overlay)
    for (const nextHop of overlay.nextHops()) {
      const before = overlay.base.nextHops.get(nextHop.id)
      if (before && !again) continue
      const outcome = resolver.resolve(nextHop).record?.identity ?? ''
      outcomes.set(nextHop.id, outcome)
      if (before && before.outcome !== outcome) moved.add(nextHop.id)
    }
    if (again) {
      // What cannot lead anywhere any more is to be told, even when it led nowhere for want of a link before.
      for (const nextHop of overlay.nextHops()) {
        if (nextHop.kind === 'via' && hopeless(resolver, configured, nextHop)) moved.add(nextHop.id)
      }
    }
    if (moved.size > 0) {
      for (const entry of overlay.base.entries.values()) {
        if (overlay.changed.has(entry.prefix)) continue
        if (!entry.routes.some(({ nextHop }) => moved.has(nextHop.id))) continue
        overlay.changed.set(entry.prefix, { ...entry })
      }
    }
    for (const entry of overlay.changed.values()) this.#select(overlay, entry, resolver, configured)
  }

  /** Chooses the active route of a changed entry. */
  #select(overlay: TableOverlay, entry: DraftEntry, resolver: Resolver, configured: Resolver): void {
    let active = -1
    let object: ObjectRecord | undefined
    for (let i = 0; i < entry.routes.length; i++) {
      const route = entry.routes[i] as Route
      const { record, failures } = resolver.resolve(route.nextHop)
      if (failures.length > 0) this.#check(overlay, entry.prefix, route, configured)
      if (!record || active >= 0) continue
      active = i
      object = record
    }
    const { prefix, routes } = entry
    const before = overlay.base.entries.get(prefix)
    if (before?.object !== object) {
      if (object) {
        this.#routesSet.push(entry)
        this.#refer(object, 1)
      } else this.#routesDeleted.push(entry)
      if (before?.object) this.#refer(before.object, -1)
    }
    const same = before !== undefined && before.object === object && sameActive(before, routes[active])
    entry.active = active
    entry.object = object
    entry.updated = same ? before.updated : this.#base.now
  }

  #check(overlay: TableOverlay, prefix: Prefix, route: Route, configured: Resolver): void {
    if (this.#unresolved.length >= unresolvedLimit || route.nextHop.kind !== 'via') return
    for (const failure of configured.resolve(route.nextHop).failures) {
      if (failure.state === 'nothing')
        this.#unresolved.push({ vrf: overlay.base.vrf, prefix, route, failure })
    }
  }

  #refer(record: ObjectRecord, by: number): void {
    this.#references.set(record, (this.#references.get(record) ?? 0) + by)
  }

  #countReferences(): { objectsSet: ObjectRecord[]; objectsDeleted: ObjectRecord[] } {
    const objectsSet: ObjectRecord[] = []
    const objectsDeleted: ObjectRecord[] = []
    const settle = (record: ObjectRecord) => {
      const before = this.#base.counted ? record.references : 0
      const after = before + (this.#references.get(record) ?? 0)
      if (before === 0 && after > 0) objectsSet.push(record)
      if (before > 0 && after === 0) objectsDeleted.push(record)
      return Math.sign(after) - Math.sign(before)
    }
    const groups = [...this.#references.keys()].filter(({ members }) => members.length > 0)
    for (const group of groups) {
      const change = settle(group)
      if (change !== 0) for (const member of group.members) this.#refer(member, change)
    }
    for (const record of this.#references.keys()) if (record.members.length === 0) settle(record)
    return { objectsSet: objectsSet.reverse(), objectsDeleted }
  }
}

const unselected = (vrf: number, prefix: Prefix, routes: readonly Route[]): DraftEntry => ({
  vrf,
  prefix,
  routes,
  active: -1,
  object: undefined,
  updated: 0,
})

function sameActive(before: Entry, after: Route | undefined): boolean {
  const active = before.routes[before.active]
  return active?.nextHop.id === after?.nextHop.id && active?.source.name === after?.source.name
}

function hopeless(resolver: Resolver, configured: Resolver, nextHop: NextHop): boolean {
  if (resolver.resolve(nextHop).failures.length === 0) return false
  return configured.resolve(nextHop).failures.some(({ state }) => state === 'nothing')
}

/** Does a changed prefix contain the address of a next hop? */
function coversNextHop(overlay: TableOverlay): boolean {
  const lengths: number[] = []
  for (let length = 0; length <= widthOf(overlay.base.family); length++) {
    if (overlay.changed.inUse(length)) lengths.push(length)
  }
  if (lengths.length === 0) return false
  for (const nextHop of overlay.nextHops()) {
    if (nextHop.kind !== 'via') continue
    for (const { address } of nextHop.hops) {
      if (address && lengths.some((length) => overlay.changed.at(address, length) !== undefined)) return true
    }
  }
  return false
}

function connectedPrefixes(overlay: TableOverlay, limit: number): readonly string[] {
  const found: string[] = []
  for (const { prefix, routes } of overlay.values()) {
    const nextHop = routes[0]?.nextHop
    if (nextHop?.kind !== 'connected') continue
    found.push(`${formatPrefix(prefix)} on ${nextHop.interface}`)
    if (found.length === limit) break
  }
  return found
}
