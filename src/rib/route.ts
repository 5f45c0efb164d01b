/**
 * The values of the RIB (RFC 8349, section 5): who says a route, and where it leads. Made by the functions below, which
 * give each next hop an identity, so that equal ones are resolved once.
 */
import type { Address, DropKind } from '../../dataplane/client/index.js'
import { type Prefix, formatAddress } from './address.js'

/** Who says a route. The lower preference wins; among equals the name that sorts first. */
export interface Source {
  readonly protocol: 'direct' | 'static'
  /** Instance of the protocol; unique with it. */
  readonly name: string
  readonly preference: number
  /** Where it says a route, or one hop of it: an instance path of the configuration. */
  readonly where?: (prefix: Prefix, hop?: Hop) => string
}

/** Routes to the box's own subnets and addresses. */
export const direct: Source = { protocol: 'direct', name: 'direct', preference: 0 }
export const staticSource = (name: string): Source => ({ protocol: 'static', name, preference: 1 })

export const sameSource = (a: Source, b: Source): boolean => a.protocol === b.protocol && a.name === b.name

export function bySource(a: Source, b: Source): number {
  if (a.preference !== b.preference) return a.preference - b.preference
  const [left, right] = [`${a.protocol}/${a.name}`, `${b.protocol}/${b.name}`]
  return left < right ? -1 : left > right ? 1 : 0
}

/** One way of a next hop: an address, an interface, or an address on an interface. */
export interface Hop {
  readonly address: Address | undefined
  readonly interface: string | undefined
  /** How the configuration calls it, among several. */
  readonly label: string | undefined
}

export type NextHop =
  /** The destination is a neighbour on the interface. */
  | { readonly kind: 'connected'; readonly id: string; readonly interface: string }
  /** The destination is this box; the interface is the one that has the address. */
  | { readonly kind: 'local'; readonly id: string; readonly interface: string | undefined }
  | { readonly kind: 'drop'; readonly id: string; readonly drop: DropKind }
  | { readonly kind: 'via'; readonly id: string; readonly hops: readonly Hop[] }

export const connected = (name: string): NextHop => ({
  kind: 'connected',
  id: `connected ${name}`,
  interface: name,
})

export const local = (name?: string): NextHop => ({
  kind: 'local',
  id: `local ${name ?? ''}`,
  interface: name,
})

export const drop = (kind: DropKind): NextHop => ({ kind: 'drop', id: `drop ${kind}`, drop: kind })

export const hop = (way: { address?: Address; interface?: string; label?: string }): Hop => ({
  address: way.address,
  interface: way.interface,
  label: way.label,
})

const hopText = (one: Hop): string =>
  `${one.address ? formatAddress(one.address) : ''} ${JSON.stringify(one.interface ?? null)} ${JSON.stringify(one.label ?? null)}`

export const via = (hops: readonly Hop[]): NextHop => ({
  kind: 'via',
  id: `via ${hops.map(hopText).join(', ')}`,
  hops,
})

/** What a source says of a prefix. */
export interface Route {
  readonly source: Source
  readonly nextHop: NextHop
}

/** What an interface can do for a family: it has none, it is turned off, or it may be used. */
export type FamilyState = 'none' | 'off' | 'on'

/** What resolution needs to know of an interface. */
export interface RibInterface {
  readonly name: string
  readonly vrf: number
  /** Whether neighbours can be on it: false for a loopback. */
  readonly neighbours: boolean
  readonly ipv4: FamilyState
  readonly ipv6: FamilyState
}
