/** What makes an interface a sub-interface (weft-vlan): which frames of its parent are its own, as members are told. */
import type { CircuitMatch, CircuitSpec, VlanTag } from '../../../dataplane/client/index.js'
import type { Row } from '../rows.js'

const at = 'weft-vlan:encapsulation'
const tagColumns = (path: string) => [`${at}/${path}/tag-type`, `${at}/${path}/vlan-id`]

export const circuitColumns = [
  `${at}/parent-interface`,
  `${at}/untagged`,
  `${at}/default`,
  ...tagColumns('outer-tag'),
  ...tagColumns('second-tag'),
  `${at}/rewrite/pop-tags`,
  ...tagColumns('rewrite/push-tags/outer-tag'),
  ...tagColumns('rewrite/push-tags/second-tag'),
]

const tpids: Readonly<Record<string, number>> = { 'c-vlan': 0x8100, 's-vlan': 0x88a8 }

/** None, when there is no tag or it matches any. */
function tag(row: Row, path: string): VlanTag[] {
  const [type, id] = tagColumns(path) as [string, string]
  const vid = Number(row.text(id) ?? NaN)
  return Number.isNaN(vid) ? [] : [{ tpid: tpids[row.text(type) ?? 'c-vlan'] ?? 0, vid }]
}

function matchOf(row: Row, tags: number): CircuitMatch {
  if (row.text(`${at}/default`) !== undefined) return 'rest'
  if (tags === 0) return 'untagged'
  if (tags === 2) return 'two-tags'
  return row.text(`${at}/second-tag/vlan-id`) === undefined ? 'tag' : 'tag-and-any'
}

export function circuitOf(row: Row): CircuitSpec | undefined {
  const parent = row.text(`${at}/parent-interface`)
  if (parent === undefined) return undefined
  const tags = [...tag(row, 'outer-tag'), ...tag(row, 'second-tag')]
  return {
    parent,
    match: matchOf(row, tags.length),
    tags,
    pop: row.number(`${at}/rewrite/pop-tags`) ?? 0,
    push: [...tag(row, 'rewrite/push-tags/outer-tag'), ...tag(row, 'rewrite/push-tags/second-tag')],
  }
}

const textOfTag = ({ tpid, vid }: VlanTag): string =>
  `${tpid === tpids['s-vlan'] ? 's-vlan' : 'c-vlan'} ${vid}`

/** "c-vlan 100": for a person. */
export function frames({ match, tags }: CircuitSpec): string {
  const named = tags.map(textOfTag).join(', ')
  if (match === 'untagged') return 'untagged frames'
  if (match === 'rest') return 'all frames that no other sub-interface has'
  return match === 'tag-and-any' ? `${named} with any second tag` : named
}

/** Its frames have the tags that it matches and, as far as it matters, no others. */
export const isDefinite = ({ match }: CircuitSpec): boolean => match !== 'rest' && match !== 'tag-and-any'

/** Octets that its tags take from the MTU of its parent: devices grant an 802.1Q tag beyond it. */
export function overhead({ match, tags }: CircuitSpec): number {
  const all = 4 * (tags.length + (match === 'tag-and-any' ? 1 : 0))
  return tags[0]?.tpid === tpids['c-vlan'] ? all - 4 : all
}
