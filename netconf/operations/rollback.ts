/** rollback of weft-history: an earlier state of the configuration becomes what the candidate holds. */
import type { Rpc } from 'libyang-js'
import { RequestError } from '../../datastore/index.js'
import { HISTORY_NAMESPACE } from '../xml.js'
import { inHistory, output } from './history.js'
import type { Operation } from './operation.js'
import { atAsked, missing, operationPath } from './parameters.js'

export const rollback: Operation = {
  name: 'rollback',
  namespace: HISTORY_NAMESPACE,
  async run({ rpc, requester, services: { datastores } }) {
    const commit = rpc.value('commit')
    const back = rpc.value('back') ?? (commit === undefined ? missing(rpc, 'commit', needed) : undefined)
    const to = back === undefined ? { commit: Number(commit) } : { back: Number(back) }
    const state = await placed(rpc, () => atAsked(rpc, to, () => datastores.rollback(requester, to)))
    return output([inHistory('commit', state)])
  },
}

/** Where the configuration that may not be changed may not be told either, the error is about the rollback. */
async function placed<T>(rpc: Rpc, task: () => Promise<T>): Promise<T> {
  try {
    return await task()
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    const path = operationPath(rpc)
    throw new RequestError(
      error.errors.map((each) => (each.tag === 'access-denied' ? { path, ...each } : each)),
    )
  }
}

const needed = 'rollback needs the number of a <commit>, or how many commits to go <back>'
