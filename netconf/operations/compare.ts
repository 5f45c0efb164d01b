/** compare of weft-history: what differs between two states of the configuration. */
import type { Rpc } from 'libyang-js'
import type { Revision } from '../../datastore/index.js'
import { HISTORY_NAMESPACE } from '../xml.js'
import { difference, limitOf, output } from './history.js'
import type { Operation } from './operation.js'

export const compare: Operation = {
  name: 'compare',
  namespace: HISTORY_NAMESPACE,
  async run({ rpc, access, services: { datastores } }) {
    const source = revisionOf(rpc, 'source') ?? 'running'
    const target = revisionOf(rpc, 'target') ?? 'candidate'
    return output(difference(await datastores.compare(source, target, limitOf(rpc), access)))
  },
}

function revisionOf(rpc: Rpc, parameter: 'source' | 'target'): Revision | undefined {
  const number = rpc.value(`${parameter}/commit`)
  if (number !== undefined) return Number(number)
  return (['candidate', 'running'] as const).find((name) => rpc.value(`${parameter}/${name}`) !== undefined)
}
