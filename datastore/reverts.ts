/**
 * Taking running back to what it was before a confirmed commit (RFC 6241, section 8.4): a commit like any other, which no
 * guard is asked for.
 *
 * Callers are alone among writers (see `datastores.ts`).
 */
import type { Candidate } from './candidate.js'
import type { ConfirmedCommits, Pending } from './confirmed.js'
import type { History } from './history.js'
import type { CommitJournal } from './journal/index.js'
import type { Transactions } from './transaction.js'
import type { Log, Requester } from './types.js'

export interface RevertParts {
  readonly candidate: Pick<Candidate, 'load'>
  readonly transactions: Pick<Transactions<never>, 'commitBeside'>
  readonly journal: Pick<CommitJournal, 'setNotes'>
  readonly history: Pick<History, 'back'>
  readonly confirmed: ConfirmedCommits
  readonly log: Log
}

/** Rejects with what the commit is refused for; `pending` then still stands. */
export async function revert(
  parts: RevertParts,
  pending: Pending,
  requester: Requester,
  why: string,
): Promise<void> {
  const { candidate, transactions, journal, history, confirmed } = parts
  const notes = confirmed.notes(undefined)
  const comment = `takes back what ${pending.user} committed after commit ${pending.base}: ${why}`
  const change = () => candidate.load(history.back(pending.base))
  const commit = await transactions.commitBeside(change, requester, { guarded: false, comment }, notes)
  if (!commit) await journal.setNotes(notes)
  confirmed.enter(undefined)
}

/** Of the appliance's own accord: what fails is told to operators and tried again. */
export async function takeBack(parts: RevertParts, pending: Pending, why: string): Promise<void> {
  try {
    await revert(parts, pending, { session: 0, user: 'weftd' }, why)
    parts.log.warn(`running is what it was after commit ${pending.base} again: ${why}`)
  } catch (error) {
    parts.confirmed.failed(pending, error)
  }
}
