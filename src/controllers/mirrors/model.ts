/** Mirrors as values, from weft-mirror. */
import type { ListQuery, Tree } from 'libyang-js'
import type { Direction } from '../../../dataplane/client/index.js'
import { rows } from '../rows.js'

export const claim = '/weft-mirror:mirrors'
export const list = `${claim}/mirror`

/** As it is configured: its filter is an expression still. */
export interface Mirror {
  readonly destination: string
  readonly sources: readonly { readonly interface: string; readonly direction: Direction }[]
  readonly filter: string | undefined
  readonly rate: number
}

const query: ListQuery = {
  list,
  columns: ['name', 'enabled', 'destination', 'filter', 'max-rate'],
  children: [{ list: `${list}/source`, columns: ['interface', 'direction'] }],
}

/** Those that are enabled, by name. */
export async function readMirrors(tree: Tree): Promise<ReadonlyMap<string, Mirror>> {
  const found = new Map<string, Mirror>()
  for await (const row of rows(query, tree.entries(query))) {
    if (row.boolean('enabled') === false) continue
    found.set(row.needed('name'), {
      destination: row.needed('destination'),
      sources: row.children(0).map((source) => ({
        interface: source.needed('interface'),
        direction: (source.text('direction') ?? 'both') as Direction,
      })),
      filter: row.text('filter'),
      rate: row.number('max-rate') ?? 0,
    })
  }
  return found
}
