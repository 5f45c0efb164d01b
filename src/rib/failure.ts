/** Why a next hop leads nowhere, in words for a person: what is wrong, and what would be right. */
import { formatAddress, formatPrefix } from './address.js'
import { failures, type NativeUnresolved } from './native.js'
import type { Hop } from './route.js'

function describe(one: Hop | undefined): string {
  if (!one) return ''
  const { address, interface: name } = one
  if (address && name !== undefined) return `${formatAddress(address)} on ${name}`
  return address ? formatAddress(address) : (name ?? '')
}

/** The hop that it is about. */
export const hopOf = ({ nextHop, hop }: NativeUnresolved): Hop | undefined =>
  nextHop.kind === 'via' ? nextHop.hops[hop] : undefined

export function reasonOf(unresolved: NativeUnresolved): string {
  const { interface: name = '', prefix, subnet, connected } = unresolved
  const hop = hopOf(unresolved)
  const family = prefix.address.length === 4 ? 4 : 6
  const address = hop?.address ? formatAddress(hop.address) : ''
  switch (failures[unresolved.failure]) {
    case 'loop':
      return `next hop ${describe(hop)} leads back to itself; a next hop needs a way that does not depend on this route`
    case 'own-address':
    case 'own-address-on-interface':
      return `${address} is an address of this box; a next hop is a neighbour's`
    case 'no-interface':
      return `no interface named '${name}'`
    case 'no-family':
      return `interface ${name} has no IPv${family}; it needs an ipv${family} container with an address`
    case 'no-port':
      return `interface ${name} has no port, so no neighbour can be on it`
    case 'disabled':
      return `interface ${name} is not enabled`
    case 'down':
      return `interface ${name} is down`
    case 'broadcast':
    case 'network': {
      const what = failures[unresolved.failure] === 'broadcast' ? 'broadcast' : 'network'
      return `next hop ${address} is the ${what} address of ${formatPrefix(subnet)} on ${name}; a next hop is one neighbour's`
    }
    default: {
      const near = connected.map((one) => `${formatPrefix(one.prefix)} on ${one.interface}`)
      return (
        `next hop ${describe(hop)} is in no connected prefix, and no route but a default route leads to it; ` +
        (near.length > 0 ? `connected: ${near.join(', ')}` : `no interface has an IPv${family} address`)
      )
    }
  }
}
