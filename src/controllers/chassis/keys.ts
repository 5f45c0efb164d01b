/**
 * Keys of the fabric: what frames cross under, of each interface (1 to 0x3fffff) and each bridge domain (1 to 0x3fff). A name keeps
 * its key for as long as it is configured, over restarts too; who keeps them is asked once a transaction, and told when it holds.
 */
import type { ListQuery, Tree } from 'libyang-js'
import type { Operation } from '../../../dataplane/client/index.js'
import { claim as interfacesClaim, loopback } from '../interfaces/model.js'
import { list as bridgeList } from '../bridge/model.js'
import { rows } from '../rows.js'

export const keyed = ['interface', 'bridge'] as const
export type Keyed = (typeof keyed)[number]

/** By name. */
export type Keys = Readonly<Record<Keyed, Readonly<Record<string, number>>>>

export const noKeys: Keys = { interface: {}, bridge: {} }
const most: Readonly<Record<Keyed, number>> = { interface: 0x3fffff, bridge: 0x3fff }

const interfaceQuery: ListQuery = { list: `${interfacesClaim}/interface`, columns: ['name', 'type'] }
const bridgeQuery: ListQuery = { list: bridgeList, columns: ['name'] }

/** What has a key. */
export async function keyedNames(tree: Tree): Promise<Readonly<Record<Keyed, ReadonlySet<string>>>> {
  const names: Record<Keyed, Set<string>> = { interface: new Set(), bridge: new Set() }
  for await (const row of rows(interfaceQuery, tree.entries(interfaceQuery)))
    if (row.text('type') !== loopback) names.interface.add(row.needed('name'))
  for await (const row of rows(bridgeQuery, tree.entries(bridgeQuery))) names.bridge.add(row.needed('name'))
  return names
}

/** Keys of these names: those that they had, and of others the first that are free. */
export function assignKeys(had: Keys, names: Readonly<Record<Keyed, ReadonlySet<string>>>): Keys {
  const assign = (of: Keyed): Readonly<Record<string, number>> => {
    const before = new Map(Object.entries(had[of]).filter(([name]) => names[of].has(name)))
    const used = new Set(before.values())
    let next = 1
    for (const name of names[of]) {
      if (before.has(name)) continue
      while (used.has(next)) next++
      if (next > most[of]) break
      used.add(next)
      before.set(name, next)
    }
    return Object.fromEntries(before)
  }
  return { interface: assign('interface'), bridge: assign('bridge') }
}

/** Those that are new, or all. */
export function keyOperations(had: Keys, keys: Keys, all: boolean): readonly Operation[] {
  return keyed.flatMap((of) =>
    Object.entries(keys[of]).flatMap(([name, key]) =>
      all || had[of][name] !== key ? [{ op: 'fabric-key-set', of, name, key } as const] : [],
    ),
  )
}
