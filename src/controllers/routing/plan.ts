/**
 * From changes of static routes to the RIB's transaction; steps come of it in the FIB's plan. What no route can be is refused
 * here; what leads nowhere, when all routes are known.
 */
import type { EntryBatch, ListQuery } from 'libyang-js'
import type { Operation } from '../../../dataplane/client/index.js'
import { type Plan, ConfigError } from '../../../datastore/index.js'
import { isRequested, type Change, type Context } from '../context.js'
import { key } from '../path.js'
import { refuse } from '../refuse.js'
import { rows } from '../rows.js'
import { claim, protocols, refusal, routeQuery, rowsOf, staticType } from './model.js'

export async function planRouting(change: Change, { rib }: Context): Promise<Plan<Operation>> {
  try {
    const errors: ConfigError[] = isRequested(change)
      ? [...(await checkProtocols(change)), ...(await checkRibs(change))]
      : []
    let more = 0
    for (const family of [4, 6] as const) {
      for await (const batch of batches(change, routeQuery(family))) {
        const loaded = await rib.load(rowsOf(batch, family))
        if (!isRequested(change)) continue
        errors.push(...loaded.rejected.map((one) => refusal(batch, one)))
        more += loaded.more
      }
    }
    refuse(errors, { at: protocols, more })
  } catch (error) {
    rib.abandon()
    throw error
  }
  return { steps: [], abandon: () => rib.abandon() }
}

function batches(change: Change, query: ListQuery): AsyncIterable<EntryBatch> {
  return change.full ? change.after.entries(query) : change.after.changes(change.journal, query)
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
