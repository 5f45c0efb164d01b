/** `/weft-history:history`: the commits that are kept, and the confirmed commit that waits to be confirmed. */
import {
  stateBefore,
  type CommitRecord,
  type Confirmation,
  type Datastores,
  type RecoveryReport,
  type StateProvider,
} from '../../datastore/index.js'
import { element, HISTORY_NAMESPACE } from '../xml.js'

/** Commits in one piece of an answer. */
const pieceSize = 500

type Recovered = Datastores & { readonly recovery: RecoveryReport }

export function historyState(datastores: () => Recovered): StateProvider {
  const piece = (content: string) => `<history xmlns="${HISTORY_NAMESPACE}">${content}</history>`
  return {
    path: '/weft-history:history',
    async *read(wanted) {
      const { confirmation, head, recovery } = datastores()
      const recovered = printRecovery(recovery)
      if (recovered !== '') yield piece(recovered)
      if (confirmation && wanted.mayMatch('/weft-history:history/pending-confirmation'))
        yield piece(printConfirmation(confirmation))
      const numbers = wanted.values('/weft-history:history/commit/number')?.map(Number)
      let printed: string[] = []
      let oldest = head?.number ?? 0
      for await (const commit of datastores().history()) {
        oldest = stateBefore(commit)
        if (numbers?.includes(commit.number) === false) continue
        if (printed.push(printCommit(commit)) < pieceSize) continue
        yield piece(printed.join(''))
        printed = []
      }
      yield piece(printed.join('') + element('oldest-state', oldest))
    },
  }
}

function printRecovery({ failsafe, lost }: RecoveryReport): string {
  const losses = lost.map(
    ({ first, last, reason }) =>
      `<lost>${element('first', first)}${element('last', last)}${element('reason', reason)}</lost>`,
  )
  return (failsafe === undefined ? '' : element('failsafe', failsafe)) + losses.join('')
}

function printConfirmation({ base, user, session, persist, secondsLeft, failure }: Confirmation): string {
  return [
    '<pending-confirmation>',
    element('base', base),
    element('user', user),
    session === undefined ? '' : element('session', session),
    element('persist', String(persist)),
    element('time-left', secondsLeft),
    failure === undefined ? '' : element('failure', failure),
    '</pending-confirmation>',
  ].join('')
}

function printCommit({ number, time, user, session, comment, size }: CommitRecord): string {
  return [
    '<commit>',
    element('number', number),
    element('time', new Date(time).toISOString()),
    element('user', user),
    element('session', session),
    comment === '' ? '' : element('comment', comment),
    element('size', size),
    '</commit>',
  ].join('')
}
