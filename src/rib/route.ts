/** The values of the RIB (RFC 8349, section 5): who says a route, and where it leads. */
import type { Address, DropKind } from '../../dataplane/client/index.js'
import type { Prefix } from './address.js'

/** Who says a route. The lower preference wins; among equals the name that sorts first. */
export interface Source {
  readonly protocol: 'direct' | 'static' | 'leaked'
  /** Instance of the protocol; unique with it. */
  readonly name: string
  readonly preference: number
  /** Where it says a route, or one hop of it: an instance path of the configuration. */
  readonly where?: (prefix: Prefix, hop?: Hop) => string
}

/** Routes to the box's own subnets and addresses. */
export const direct: Source = { protocol: 'direct', name: 'direct', preference: 0 }
export const staticSource = (name: string): Source => ({ protocol: 'static', name, preference: 1 })

/** One way of a next hop: an address, an interface, or an address on an interface. */
export interface Hop {
  readonly address: Address | undefined
  readonly interface: string | undefined
  /** How the configuration calls it, among several. */
  readonly label: string | undefined
}

export type NextHop =
  /** The destination is a neighbour on the interface. */
  | { readonly kind: 'connected'; readonly interface: string }
  /** The destination is this box; the interface is the one that has the address. */
  | { readonly kind: 'local'; readonly interface: string | undefined }
  | { readonly kind: 'drop'; readonly drop: DropKind }
  | { readonly kind: 'via'; readonly hops: readonly Hop[] }
  /** The destination is looked up in another VRF. */
  | { readonly kind: 'lookup'; readonly vrf: number }
  /** A next hop of another VRF, whose route was imported. Only told. */
  | { readonly kind: 'leaked'; readonly vrf: number; readonly nextHop?: NextHop }

export const connected = (name: string): NextHop => ({ kind: 'connected', interface: name })
export const local = (name?: string): NextHop => ({ kind: 'local', interface: name })
export const drop = (kind: DropKind): NextHop => ({ kind: 'drop', drop: kind })
export const via = (hops: readonly Hop[]): NextHop => ({ kind: 'via', hops })

export const lookup = (vrf: number): NextHop => ({ kind: 'lookup', vrf })

export const hop = (way: { address?: Address; interface?: string; label?: string }): Hop => ({
  address: way.address,
  interface: way.interface,
  label: way.label,
})

/** What a source says of a prefix. */
export interface Route {
  readonly source: Source
  readonly nextHop: NextHop
}

/** A prefix, and all that is said of it. */
export interface Entry {
  readonly vrf: number
  readonly prefix: Prefix
  /** The most preferred first. */
  readonly routes: readonly Route[]
  /** Index of the active route; -1: none can be used. */
  readonly active: number
  /** When another route became active or the active one led elsewhere, in milliseconds since the epoch. */
  readonly updated: number
}

/** What an interface can do for a family: it has none, it is turned off, or it may be used. */
export type FamilyState = 'none' | 'off' | 'on'

/** Routes of another VRF that are a VRF's own too: those within a prefix, of lengths from `least` to `most`. */
export interface Import {
  readonly from: number
  readonly prefixes: readonly { readonly prefix: Prefix; readonly least: number; readonly most: number }[]
}

/** What resolution needs to know of an interface. */
export interface RibInterface {
  readonly name: string
  readonly vrf: number
  /** Whether neighbours can be on it: false for a loopback. */
  readonly neighbours: boolean
  readonly ipv4: FamilyState
  readonly ipv6: FamilyState
}
