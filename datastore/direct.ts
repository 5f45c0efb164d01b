/**
 * Changes that clients make to running itself (RFC 6241, section 8.2): each is a commit of its own, with its number, its
 * history and all that a commit goes through, beside a candidate that keeps what is pending in it. Running is always valid,
 * whatever the test-option says (RFC 7950, section 8.3.3).
 *
 * Callers are alone among writers (see `datastores.ts`), and have seen to locks.
 */
import type { Fragment } from 'libyang-js'
import type { Candidate, CandidateEdit } from './candidate.js'
import { RequestError } from './errors.js'
import type { Transactions } from './transaction.js'
import type { Requester } from './types.js'

export interface DirectParts {
  readonly candidate: Pick<Candidate, 'edit'>
  readonly transactions: Pick<Transactions<never>, 'commitBeside' | 'rehearseBeside'>
}

/**
 * Edits running. With stop-on-error and continue-on-error what the edit did in spite of its errors is committed if it is
 * valid by itself. Rejects with every error of the edit, and of a commit that failed.
 */
export async function editRunning(
  { candidate, transactions }: DirectParts,
  requester: Requester,
  config: Fragment,
  { testOption, ...options }: CandidateEdit,
): Promise<void> {
  let partial: RequestError | undefined
  const change = async () => {
    try {
      await candidate.edit(config, { ...options, testOption: 'set' })
    } catch (error) {
      if (options.errorOption === 'rollback-on-error') throw error
      partial = RequestError.from(error)
    }
  }
  try {
    if (testOption === 'test-only') await transactions.rehearseBeside(change, requester)
    else await transactions.commitBeside(change, requester, { guarded: true })
  } catch (error) {
    throw partial ? new RequestError([...partial.errors, ...RequestError.from(error).errors]) : error
  }
  if (partial) throw partial
}

/** All of `config` in place of what running is. */
export async function replaceRunning(
  { candidate, transactions }: DirectParts,
  requester: Requester,
  config: Fragment,
  comment = '',
): Promise<void> {
  const change = () =>
    candidate.edit(config, {
      defaultOperation: 'replace',
      errorOption: 'rollback-on-error',
      testOption: 'set',
    })
  await transactions.commitBeside(change, requester, { guarded: true, comment })
}
