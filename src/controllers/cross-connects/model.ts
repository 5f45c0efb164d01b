/** Configured cross-connects as values (weft-cross-connect). */
import type { ListQuery, Tree } from 'libyang-js'
import { key } from '../path.js'
import { rows } from '../rows.js'

export interface CrossConnect {
  readonly name: string
  readonly interfaces: readonly string[]
}

export const claim = '/weft-cross-connect:cross-connects'
const list = `${claim}/cross-connect`

const query: ListQuery = {
  list,
  columns: ['name'],
  children: [{ list: `${list}/interface`, columns: ['name'] }],
}

export async function readCrossConnects(tree: Tree): Promise<ReadonlyMap<string, CrossConnect>> {
  const found = new Map<string, CrossConnect>()
  for await (const row of rows(query, tree.entries(query))) {
    const name = row.needed('name')
    // In an order of their own, so that the same two are the same.
    found.set(name, {
      name,
      interfaces: row
        .children(0)
        .map((one) => one.needed('name'))
        .sort(),
    })
  }
  return found
}

export const pathOfEnd = (name: string, end: string): string =>
  `${list}${key('name', name)}/interface${key('name', end)}/name`
