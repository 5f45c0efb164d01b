/**
 * Static routes of ietf-routing and its unicast modules (RFC 8349): where they are in the configuration, and their columns as
 * the RIB takes them. No row becomes an object; YANG shapes return only in the paths and words of errors.
 */
import type { EntryBatch, ListQuery } from 'libyang-js'
import { ConfigError } from '../../../datastore/index.js'
import {
  formatPrefix,
  hop,
  kindOf,
  parseAddress,
  parsePrefix,
  staticSource,
  type Family,
  type Hop,
  type Prefix,
  type Rejected,
  type RouteRows,
  type Source,
} from '../../rib/index.js'
import { key } from '../path.js'

export const claim = '/ietf-routing:routing'
export const protocols = `${claim}/control-plane-protocols/control-plane-protocol`
export const staticType = 'ietf-routing:static'

const listOf = (family: Family) =>
  `${protocols}/static-routes/ietf-ipv${family}-unicast-routing:ipv${family}/route`

const PREFIX = 0
const NAME = 1
const ADDRESS = 2
const INTERFACE = 3
const SPECIAL = 4
const INSTANCE = 5
const INDEX = 0
const HOP_ADDRESS = 1
const HOP_INTERFACE = 2

export const routeQuery = (family: Family): ListQuery => ({
  list: listOf(family),
  columns: [
    'destination-prefix',
    '../../../name',
    'next-hop/next-hop-address',
    'next-hop/outgoing-interface',
    'next-hop/special-next-hop',
    'next-hop/weft-network-instance:network-instance',
  ],
  children: [
    {
      list: `${listOf(family)}/next-hop/next-hop-list/next-hop`,
      columns: ['index', 'next-hop-address', 'outgoing-interface'],
    },
  ],
})

/** Path of a static route, and of one of its next hops. */
function routePath(name: string, prefix: Prefix): string {
  const family = prefix.address.length === 4 ? 4 : 6
  return (
    `${protocols}[type='${staticType}']${key('name', name)}/static-routes/` +
    `ietf-ipv${family}-unicast-routing:ipv${family}/route[destination-prefix='${formatPrefix(prefix)}']`
  )
}

function where(name: string): (prefix: Prefix, one?: Hop) => string {
  return (prefix, one) => {
    const route = routePath(name, prefix)
    if (!one) return route
    const of = one.label === undefined ? '' : `/next-hop-list/next-hop${key('index', one.label)}`
    return `${route}/next-hop${of}/${one.address ? 'next-hop-address' : 'outgoing-interface'}`
  }
}

const sourceOf = (name: string): Source => ({ ...staticSource(name), where: where(name) })

type Column = EntryBatch['columns'][number]

/** The VRFs of protocols by their names. */
export type Protocols = ReadonlyMap<string, number>

/** The columns of a batch of `routeQuery(family)` as the RIB takes them, without the rows of other protocols. */
export function rowsOf(
  batch: EntryBatch,
  family: Family,
  protocols: Protocols,
  withdrawn: boolean,
): RouteRows {
  const [list] = batch.children as [EntryBatch['children'][number]]
  const own = batch.columns as Column[]
  const hops = list.batch.columns as Column[]
  return {
    vrf: 0,
    vrfs: [...protocols].map(([name, vrf]) => ({ name, vrf })),
    withdrawn,
    family,
    sourceOf,
    rows: batch.rows,
    ops: batch.ops,
    prefix: own[PREFIX] as Column,
    name: own[NAME] as Column,
    address: own[ADDRESS] as Column,
    interface: own[INTERFACE] as Column,
    special: own[SPECIAL] as Column,
    instance: own[INSTANCE] as Column,
    starts: list.starts,
    label: hops[INDEX] as Column,
    hopAddress: hops[HOP_ADDRESS] as Column,
    hopInterface: hops[HOP_INTERFACE] as Column,
  }
}

/** What a row that is no route is refused for. */
export function refusal(batch: EntryBatch, { row, reason, hop: at }: Rejected): ConfigError {
  const text = batch.text(PREFIX, row) ?? ''
  const prefix = parsePrefix(text)
  if (!prefix) throw new Error(`'${text}' is no prefix`)
  const path = where(batch.text(NAME, row) ?? '')
  const list = batch.children[0]
  const cell = (own: number, ofList: number) =>
    at === undefined ? batch.text(own, row) : list?.batch.text(ofList, at)
  const label = at === undefined ? undefined : list?.batch.text(INDEX, at)
  const address = cell(ADDRESS, HOP_ADDRESS) ?? ''
  const name = cell(INTERFACE, HOP_INTERFACE) ?? ''
  const [ip = '', zone] = address.split('%')
  const value = parseAddress(ip)
  const atRoute = (under: string, message: string) => new ConfigError(path(prefix) + under, message)
  const atHop = (message: string) => {
    const named = label === undefined ? {} : { label }
    return new ConfigError(path(prefix, hop({ ...(value && { address: value }), ...named })), message)
  }
  switch (reason) {
    case 'destination':
      return atRoute(
        '/destination-prefix',
        `${formatPrefix(prefix)} is a ${kindOf(prefix.address)} prefix, which is not routed`,
      )
    case 'too-many-hops': {
      const count = (list?.starts[row + 1] ?? 0) - (list?.starts[row] ?? 0)
      return atRoute('/next-hop', `the route has ${count} next hops; it can have at most 64`)
    }
    case 'empty-hop':
      return atRoute('/next-hop', `next hop ${label ?? ''} needs an address, an interface or both`)
    case 'address':
      return atRoute('/next-hop', `'${address}' is not an IP address`)
    case 'zone':
      return atRoute(
        '/next-hop',
        `next hop ${address} names interface ${zone}, but outgoing-interface is ${name}`,
      )
    case 'link-local':
      return atHop(`next hop ${ip} is link-local; it needs an outgoing-interface to say on which link`)
    case 'not-a-neighbour':
      return atHop(
        `next hop ${ip} is a ${value ? kindOf(value) : 'wrong'} address; a next hop is one neighbour's`,
      )
    default:
      return atRoute('/next-hop', 'the route has no next hop; it needs an address, an interface or both')
  }
}
