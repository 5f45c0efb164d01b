/** compare of weft-history: what differs between two states of the configuration. */
import type { Rpc } from 'libyang-js'
import type { Revision } from '../../datastore/index.js'
import { HISTORY_NAMESPACE } from '../xml.js'
import { difference, limitOf, output } from './history.js'
import type { Operation } from './operation.js'
import { atAsked } from './parameters.js'

export const compare: Operation = {
  name: 'compare',
  namespace: HISTORY_NAMESPACE,
  async run({ rpc, access, services: { datastores } }) {
    const source = revisionOf(rpc, 'source') ?? 'running'
    const target = revisionOf(rpc, 'target') ?? 'candidate'
    const found = await atAsked(rpc, { 'source/commit': source, 'target/commit': target }, () =>
      datastores.compare(source, target, limitOf(rpc), access),
    )
    return output(difference(found))
  },
}

function revisionOf(rpc: Rpc, parameter: 'source' | 'target'): Revision | undefined {
  const number = rpc.value(`${parameter}/commit`)
  if (number !== undefined) return Number(number)
  return (['candidate', 'running'] as const).find((name) => rpc.value(`${parameter}/${name}`) !== undefined)
}
