/**
 * From changes of static routes to the RIB's transaction; steps come of it in the FIB's plan. What no route can be is refused
 * here; what leads nowhere, when all routes are known.
 */
import type { EntryBatch, ListQuery } from 'libyang-js'
import type { Operation } from '../../../dataplane/client/index.js'
import { type Plan, ConfigError, RequestError } from '../../../datastore/index.js'
import { formatAddress, formatPrefix, kindOf, type Hop, type NextHop, type Prefix } from '../../rib/index.js'
import { isRequested, type Change, type Context } from '../context.js'
import { key } from '../path.js'
import { rows } from '../rows.js'
import { claim, protocols, RouteDecoder, routeQuery, staticType, type BadHop } from './model.js'

/** A client is told of this many errors. */
const errorLimit = 20

export async function planRouting(change: Change, context: Context): Promise<Plan<Operation>> {
  const errors: ConfigError[] = isRequested(change)
    ? [...(await checkProtocols(change)), ...(await checkRibs(change))]
    : []
  for (const family of [4, 6] as const) {
    const decoder = new RouteDecoder(family)
    for await (const batch of batches(change, routeQuery(family))) {
      for (const route of decoder.decode(batch)) {
        const { source, prefix } = route
        if (route.deleted) {
          context.rib.delete(source, 0, prefix)
          continue
        }
        const error = checkRoute(prefix, route.nextHop)
        if (!error && !('bad' in route.nextHop)) context.rib.set(source, 0, prefix, route.nextHop)
        else if (error && errors.length < errorLimit) {
          errors.push(new ConfigError(source.where?.(prefix, error.hop) + error.under, error.message))
        }
      }
    }
  }
  if (errors.length > 0 && isRequested(change))
    throw new RequestError(errors.flatMap((error) => error.errors))
  return { steps: [] }
}

function batches(change: Change, query: ListQuery): AsyncIterable<EntryBatch> {
  return change.full ? change.after.entries(query) : change.after.changes(change.journal, query)
}

interface Problem {
  readonly message: string
  readonly hop?: Hop
  /** Below the path of the route or hop. */
  readonly under: string
}

function checkRoute(prefix: Prefix, nextHop: NextHop | BadHop): Problem | undefined {
  const kind = kindOf(prefix.address)
  if (
    prefix.length > 0 &&
    (kind === 'multicast' || kind === 'loopback' || (kind === 'link-local' && prefix.address.length === 16))
  ) {
    const message = `${formatPrefix(prefix)} is a ${kind} prefix, which is not routed`
    return { message, under: '/destination-prefix' }
  }
  if ('bad' in nextHop) return { message: nextHop.bad, under: '/next-hop' }
  if (nextHop.kind !== 'via') return undefined
  for (const hop of nextHop.hops) {
    if (!hop.address) continue
    const text = formatAddress(hop.address)
    const what = kindOf(hop.address)
    if (what === 'link-local' && hop.address.length === 16) {
      if (hop.interface !== undefined) continue
      const message = `next hop ${text} is link-local; it needs an outgoing-interface to say on which link`
      return { message, hop, under: '' }
    }
    if (what !== 'unicast' && what !== 'link-local') {
      return {
        message: `next hop ${text} is a ${what} address; a next hop is one neighbour's`,
        hop,
        under: '',
      }
    }
  }
  return undefined
}

async function checkProtocols(change: Change): Promise<ConfigError[]> {
  const query: ListQuery = { list: protocols, columns: ['type', 'name'] }
  const errors: ConfigError[] = []
  for await (const row of rows(query, change.after.entries(query))) {
    const type = row.needed('type')
    if (type === staticType) continue
    const path = `${protocols}[type='${type}']${key('name', row.needed('name'))}/type`
    errors.push(
      new ConfigError(path, `control-plane protocol ${type} is not supported; supported is ${staticType}`),
    )
  }
  return errors
}

/** The names and address families of the RIBs that there are. */
export const ribs: Readonly<Record<string, { readonly family: 4 | 6; readonly identity: string }>> = {
  'ipv4-master': { family: 4, identity: 'ietf-ipv4-unicast-routing:ipv4-unicast' },
  'ipv6-master': { family: 6, identity: 'ietf-ipv6-unicast-routing:ipv6-unicast' },
}

/** A configured RIB says something of one that there is (RFC 8349, section 5.2). */
async function checkRibs(change: Change): Promise<ConfigError[]> {
  const query: ListQuery = { list: `${claim}/ribs/rib`, columns: ['name', 'address-family'] }
  const errors: ConfigError[] = []
  for await (const row of rows(query, change.after.entries(query))) {
    const name = row.needed('name')
    const path = `${claim}/ribs/rib${key('name', name)}`
    const known = ribs[name]
    if (!known) {
      const message = `no RIB named '${name}'; there are ${Object.keys(ribs).join(' and ')}`
      errors.push(new ConfigError(`${path}/name`, message))
    } else if (known.identity !== row.needed('address-family')) {
      const message = `RIB ${name} is of address family ${known.identity}`
      errors.push(new ConfigError(`${path}/address-family`, message))
    }
  }
  return errors
}
