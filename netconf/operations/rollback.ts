/** rollback of weft-history: an earlier state of the configuration becomes what the candidate holds. */
import { HISTORY_NAMESPACE } from '../xml.js'
import { inHistory, output } from './history.js'
import type { Operation } from './operation.js'
import { missing } from './parameters.js'

export const rollback: Operation = {
  name: 'rollback',
  namespace: HISTORY_NAMESPACE,
  async run({ rpc, requester, services: { datastores } }) {
    const commit = rpc.value('commit')
    const back = rpc.value('back') ?? (commit === undefined ? missing(rpc, 'commit', needed) : undefined)
    const to = back === undefined ? { commit: Number(commit) } : { back: Number(back) }
    return output([inHistory('commit', await datastores.rollback(requester, to))])
  },
}

const needed = 'rollback needs the number of a <commit>, or how many commits to go <back>'
