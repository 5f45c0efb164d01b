/** What members tell by themselves. */
import type { Address, ResolveKind } from './operations.js'

export interface InterfaceEvent {
  readonly kind: 'link' | 'neighbour' | 'port-lost'
  readonly interface: string
  readonly up: boolean
}

/** What a controller is to resolve, and a packet that waits for it; ports are 0 where it has none. */
export interface Miss {
  readonly kind: ResolveKind
  readonly id: number
  readonly vrf: number
  readonly source: Address
  readonly destination: Address
  readonly protocol: number
  readonly sourcePort: number
  readonly destinationPort: number
}

export type MemberEvent =
  | InterfaceEvent
  /** What is wrong with ports, workers or packets that wait is something else now. */
  | { readonly kind: 'condition' }
  | { readonly kind: 'resolve'; readonly miss: Miss }
  /** The member in that slot is heard on the fabric, or not any more. */
  | { readonly kind: 'member'; readonly slot: number; readonly up: boolean }
