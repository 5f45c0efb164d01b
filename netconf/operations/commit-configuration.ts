/** commit-configuration of weft-history: a commit with a comment, or a dry run that tells what a commit would do. */
import { HISTORY_NAMESPACE } from '../xml.js'
import { confirmationOf, difference, inHistory, limitOf, output } from './history.js'
import type { Operation } from './operation.js'
import { atBadElement } from './parameters.js'

export const commitConfiguration: Operation = {
  name: 'commit-configuration',
  namespace: HISTORY_NAMESPACE,
  async run({ rpc, requester, access, services: { datastores } }) {
    const comment = rpc.value('comment')
    const options = { ...confirmationOf(rpc), ...(comment !== undefined && { comment }) }
    if (rpc.value('dry-run') === undefined) {
      const made = await atBadElement(rpc, () => datastores.commit(requester, options))
      return output(made ? [inHistory('commit', made.number)] : [])
    }
    const limit = limitOf(rpc)
    const rehearsal = await atBadElement(rpc, () => datastores.rehearse(requester, options, limit, access))
    const { number, steps } = rehearsal
    return output([
      ...(number === undefined ? [] : [inHistory('commit', number)]),
      ...difference(rehearsal.difference),
      ...steps
        .slice(0, limit)
        .map(({ member, summary }) => inHistory('step', `member ${member}: ${summary}`)),
      ...(steps.length > limit ? [inHistory('more-steps')] : []),
    ])
  },
}
