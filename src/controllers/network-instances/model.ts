/**
 * Configured network instances as values (weft-network-instance), and the VRFs that they are. A VRF's number is made of the
 * instance's name, so that restarts, rollbacks and an instance that is deleted and made again need no memory of it.
 */
import type { ListQuery, Tree } from 'libyang-js'
import { parsePrefix, vrfNumber, widthOf, type Import, type Prefix } from '../../rib/index.js'
import { key } from '../path.js'
import { rows, type Row } from '../rows.js'
import { defaultName } from './namespace.js'

/** Routes of one prefix that are imported, as configured. */
export interface ImportPrefix {
  readonly text: string
  readonly prefix: Prefix
  readonly ge: number | undefined
  readonly le: number | undefined
}

export interface ImportConfig {
  readonly from: string
  readonly prefixes: readonly ImportPrefix[]
}

export interface Instance {
  readonly name: string
  readonly vrf: number
  readonly enabled: boolean
  readonly imports: readonly ImportConfig[]
}

/** By name; the default one is always there. */
export type Instances = ReadonlyMap<string, Instance>

export const claim = '/weft-network-instance:network-instances'
const list = `${claim}/network-instance`

const query: ListQuery = {
  list,
  columns: ['name', 'enabled'],
  children: [
    {
      list: `${list}/import`,
      columns: ['from'],
      children: [{ list: `${list}/import/prefix`, columns: ['prefix', 'ge', 'le'] }],
    },
  ],
}

const defaultInstance: Instance = { name: defaultName, vrf: 0, enabled: true, imports: [] }

function importPrefix(row: Row): readonly ImportPrefix[] {
  const text = row.needed('prefix')
  const prefix = parsePrefix(text)
  return prefix ? [{ text, prefix, ge: row.number('ge'), le: row.number('le') }] : []
}

export async function readInstances(tree: Tree): Promise<Instances> {
  const found = new Map([[defaultName, defaultInstance]])
  for await (const row of rows(query, tree.entries(query))) {
    const name = row.needed('name')
    const imports = row.children(0).map((one) => ({
      from: one.needed('from'),
      prefixes: one.children(0).flatMap(importPrefix),
    }))
    found.set(name, { name, vrf: vrfNumber(name), enabled: row.boolean('enabled') ?? true, imports })
  }
  return found
}

/** Lengths of routes that are imported. */
export function lengthsOf({ prefix, ge, le }: ImportPrefix): {
  readonly least: number
  readonly most: number
} {
  const width = widthOf(prefix.address.length === 4 ? 4 : 6)
  return { least: ge ?? prefix.length, most: le ?? (ge === undefined ? prefix.length : width) }
}

/** What the RIB is to import; nothing from or into an instance that is disabled. */
export function importsOf(instance: Instance | undefined, all: Instances): readonly Import[] {
  return (instance?.enabled ? instance.imports : []).flatMap(({ from, prefixes }) => {
    const other = all.get(from)
    if (!other?.enabled) return []
    return [{ from: other.vrf, prefixes: prefixes.map((one) => ({ prefix: one.prefix, ...lengthsOf(one) })) }]
  })
}

/** Names by number. */
export const namesOf = (all: Instances): ReadonlyMap<number, string> =>
  new Map([...all.values()].map(({ vrf, name }) => [vrf, name]))

export const pathOf = {
  leaf: (name: string, leaf: string): string => `${list}${key('name', name)}/${leaf}`,
  prefix: (name: string, from: string, prefix: string, leaf: string): string =>
    `${list}${key('name', name)}/import${key('from', from)}/prefix${key('prefix', prefix)}/${leaf}`,
}
