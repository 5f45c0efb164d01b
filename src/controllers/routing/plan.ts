/**
 * From changes of static routes to the RIB's transaction; steps come of it in the FIB's plan. What no route can be is refused
 * here; what leads nowhere, when all routes are known.
 */
import type { EntryBatch, ListQuery, Tree } from 'libyang-js'
import type { Operation } from '../../../dataplane/client/index.js'
import { type Plan, ConfigError } from '../../../datastore/index.js'
import { vrfNumber } from '../../rib/index.js'
import { isRequested, type Change, type Context } from '../context.js'
import { defaultName } from '../network-instances/namespace.js'
import { readInstances, type Instances } from '../network-instances/model.js'
import { key } from '../path.js'
import { refuse } from '../refuse.js'
import { rows } from '../rows.js'
import { claim, protocols, refusal, routeQuery, rowsOf, staticType, type Protocols } from './model.js'

/** `adopt` is given what network instances then are. */
export async function planRouting(
  change: Change,
  { rib }: Context,
  adopt: (instances: Instances) => void,
): Promise<Plan<Operation>> {
  const instances = await readInstances(change.after)
  try {
    const errors: ConfigError[] = isRequested(change)
      ? [...(await checkProtocols(change)), ...(await checkRibs(change, ribsOf(instances)))]
      : []
    let more = 0
    const load = async (
      all: (query: ListQuery) => AsyncIterable<EntryBatch>,
      of: Protocols,
      withdrawn = false,
    ) => {
      if (of.size === 0) return
      for (const family of [4, 6] as const) {
        for await (const batch of all(routeQuery(family))) {
          const loaded = await rib.load(rowsOf(batch, family, of, withdrawn))
          if (!isRequested(change)) continue
          errors.push(...loaded.rejected.map((one) => refusal(batch, one)))
          more += loaded.more
        }
      }
    }
    const before: Protocols = change.full ? new Map() : await readProtocols(change.before)
    const after = await readProtocols(change.after)
    const moves = ([name, vrf]: readonly [string, number]) => (after.get(name) ?? vrf) !== vrf
    const moved = new Map([...before].filter(moves))
    // All routes of a protocol that is now in another network instance.
    await load((query) => change.before.entries(query), moved, true)
    await load(
      (query) => change.after.entries(query),
      new Map([...after].filter(([name]) => moved.has(name))),
    )
    const stay = new Map([...before, ...after].filter(([name]) => !moved.has(name)))
    await load((query) => batches(change, query), stay)
    refuse(errors, { at: protocols, more })
  } catch (error) {
    rib.abandon()
    throw error
  }
  return { steps: [], adopt: () => adopt(instances), abandon: () => rib.abandon() }
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

/** The VRFs of protocols. */
async function readProtocols(tree: Tree): Promise<Protocols> {
  const query: ListQuery = { list: protocols, columns: ['name', 'weft-network-instance:network-instance'] }
  const found = new Map<string, number>()
  for await (const row of rows(query, tree.entries(query)))
    found.set(row.needed('name'), vrfNumber(row.text(query.columns[1] as string) ?? defaultName))
  return found
}

export interface RibTable {
  readonly name: string
  readonly vrf: number
  /** Of the network instance. */
  readonly instance: string
  readonly family: 4 | 6
  /** Of the address family. */
  readonly identity: string
}

/** The RIBs that there are: those of the default network instance, and two of each other one. */
export function ribsOf(instances: Instances): ReadonlyMap<string, RibTable> {
  const found = new Map<string, RibTable>()
  for (const { name: instance, vrf } of instances.values())
    for (const family of [4, 6] as const) {
      const name = instance === defaultName ? `ipv${family}-master` : `${instance}-ipv${family}`
      const identity = `ietf-ipv${family}-unicast-routing:ipv${family}-unicast`
      found.set(name, { name, vrf, instance, family, identity })
    }
  return found
}

const some = (names: readonly string[]): string =>
  names.length > 8
    ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} others`
    : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`

/** A configured RIB says something of one that there is (RFC 8349, section 5.2). */
async function checkRibs(change: Change, ribs: ReadonlyMap<string, RibTable>): Promise<ConfigError[]> {
  const query: ListQuery = { list: `${claim}/ribs/rib`, columns: ['name', 'address-family'] }
  const errors: ConfigError[] = []
  for await (const row of rows(query, change.after.entries(query))) {
    const name = row.needed('name')
    const path = `${claim}/ribs/rib${key('name', name)}`
    const known = ribs.get(name)
    if (!known) {
      const message = `no RIB named '${name}'; there are ${some([...ribs.keys()])}`
      errors.push(new ConfigError(`${path}/name`, message))
    } else if (known.identity !== row.needed('address-family')) {
      const message = `RIB ${name} is of address family ${known.identity}`
      errors.push(new ConfigError(`${path}/address-family`, message))
    }
  }
  return errors
}
