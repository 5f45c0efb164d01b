/** Why a next hop leads nowhere, in words for a person: what is wrong, and what would be right. */
import { formatAddress, formatPrefix } from './address.js'
import { failures, type NativeUnresolved } from './native.js'
import type { Hop } from './route.js'

export interface Reason {
  readonly text: string
  /** Interfaces whose addresses the text tells, and the text for whom they may not be told. */
  readonly others?: { readonly interfaces: readonly string[]; readonly without: string }
}

function describe(one: Hop | undefined): string {
  if (!one) return ''
  const { address, interface: name } = one
  if (address && name !== undefined) return `${formatAddress(address)} on ${name}`
  return address ? formatAddress(address) : (name ?? '')
}

/** The hop that it is about. */
export const hopOf = ({ nextHop, hop }: NativeUnresolved): Hop | undefined =>
  nextHop.kind === 'via' ? nextHop.hops[hop] : undefined

export function reasonOf(unresolved: NativeUnresolved): Reason {
  const { interface: name = '', prefix, subnet, connected } = unresolved
  const hop = hopOf(unresolved)
  const family = prefix.address.length === 4 ? 4 : 6
  const address = hop?.address ? formatAddress(hop.address) : ''
  const failure = failures[unresolved.failure]
  switch (failure) {
    case 'loop':
      return {
        text: `next hop ${describe(hop)} leads back to itself; a next hop needs a way that does not depend on this route`,
      }
    case 'own-address':
    case 'own-address-on-interface':
      return { text: `${address} is an address of this box; a next hop is a neighbour's` }
    case 'no-interface':
      return { text: `no interface named '${name}'` }
    case 'no-family':
      return {
        text: `interface ${name} has no IPv${family}; it needs an ipv${family} container with an address`,
      }
    case 'no-port':
      return { text: `interface ${name} has no port, so no neighbour can be on it` }
    case 'disabled':
      return { text: `interface ${name} is not enabled` }
    case 'down':
      return { text: `interface ${name} is down` }
    case 'broadcast':
    case 'network': {
      const why = `next hop ${address} is the ${failure} address of`
      const right = "a next hop is one neighbour's"
      return {
        text: `${why} ${formatPrefix(subnet)} on ${name}; ${right}`,
        others: { interfaces: [name], without: `${why} a subnet; ${right}` },
      }
    }
    default: {
      const why = `next hop ${describe(hop)} is in no connected prefix, and no route but a default route leads to it`
      if (connected.length === 0) return { text: `${why}; no interface has an IPv${family} address` }
      const near = connected.map((one) => `${formatPrefix(one.prefix)} on ${one.interface}`)
      return {
        text: `${why}; connected: ${near.join(', ')}`,
        others: { interfaces: connected.map((one) => one.interface), without: why },
      }
    }
  }
}
