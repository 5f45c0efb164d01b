/**
 * Validation on request (RFC 6241, section 8.6.4): of the candidate with what the controllers would do, of running, of
 * startup, and of a configuration that is no datastore's.
 */
import type { Context, Fragment, YangError } from 'libyang-js'
import type { Candidate } from './candidate.js'
import { RequestError } from './errors.js'
import type { Startup } from './startup.js'
import type { Transactions } from './transaction.js'
import type { Trees } from './trees.js'

export interface ValidationParts {
  readonly context: Context
  readonly trees: Pick<Trees, 'read'>
  readonly candidate: Pick<Candidate, 'validate'>
  readonly transactions: Pick<Transactions<unknown>, 'rehearse'>
  readonly startup: Pick<Startup, 'tree'>
}

/** Whether a commit would be refused, as far as it can be told without asking members. To be called alone among writers. */
export async function validateCandidate({ candidate, transactions }: ValidationParts): Promise<void> {
  using _derived = await candidate.validate()
  await transactions.rehearse()
}

/** Rejects with RequestError. */
export async function validateOther(
  parts: ValidationParts,
  source: 'running' | 'startup' | Fragment,
): Promise<void> {
  if (source === 'startup') return (await parts.startup.tree())[Symbol.dispose]()
  const errors = source === 'running' ? await checkRunning(parts) : await checkAlone(parts, source)
  if (errors.length > 0) throw new RequestError(errors)
}

async function checkRunning({ trees }: ValidationParts): Promise<readonly YangError[]> {
  using running = await trees.read('running')
  return await running.tree.check()
}

async function checkAlone({ context }: ValidationParts, config: Fragment): Promise<readonly YangError[]> {
  using tree = context.tree()
  const { journal, errors } = await tree.edit(config, {
    defaultOperation: 'merge',
    errorOption: 'continue-on-error',
  })
  using changes = journal
  if (errors.length > 0) return errors
  return await tree.validate(changes)
}
