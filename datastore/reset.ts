/**
 * The factory default configuration as a datastore, and the way back to it (RFC 8808): running gets it by a commit like any
 * other, whatever is locked or waits to be confirmed, and the other writable datastores with it. What else is kept, the
 * history of commits too, is for the appliance to erase. What is read has no secrets; those that a reset makes are new.
 *
 * Callers are alone among writers (see `datastores.ts`).
 */
import type { Tree } from 'libyang-js'
import type { ConfirmedCommits } from './confirmed.js'
import { treeOf, type CopyParts } from './copying.js'
import { RequestError } from './errors.js'
import type { CommitJournal } from './journal/index.js'
import type { CommitRecord, Requester } from './types.js'

export interface Factory {
  /** With the secrets that a configuration begins with; `adopted` is called when it is running. */
  configuration(): { readonly xml: string; adopted?(): void }
  /** The same without secrets. Both are the content of a `<config>`. */
  readonly shown: string
}

export interface ResetParts extends CopyParts {
  readonly confirmed: Pick<ConfirmedCommits, 'notes' | 'enter'>
  readonly journal: Pick<CommitJournal, 'setNotes'>
  readonly factory: Factory
  /** Whether there is a startup. */
  readonly starts: boolean
}

/** Resolves with undefined when running was the factory default configuration. */
export async function resetToFactory(
  { context, candidate, transactions, confirmed, journal, factory, startup, trees, starts }: ResetParts,
  requester: Requester,
): Promise<CommitRecord | undefined> {
  const made = factory.configuration()
  using config = context.fragment(made.xml)
  const change = () =>
    candidate.edit(config, {
      defaultOperation: 'replace',
      errorOption: 'rollback-on-error',
      testOption: 'set',
    })
  const notes = confirmed.notes(undefined)
  const options = { guarded: false, comment: 'factory reset' }
  const commit = await transactions.commitBeside(change, requester, options, notes)
  if (!commit) await journal.setNotes(notes)
  made.adopted?.()
  confirmed.enter(undefined)
  await candidate.discard()
  if (starts) {
    using running = await trees.read('running')
    await startup.save(requester, running.tree)
  }
  return commit
}

/** The caller's. */
export async function factoryTree(
  parts: Pick<CopyParts, 'context' | 'normalizing'>,
  { shown }: Factory,
): Promise<Tree> {
  using config = parts.context.fragment(shown)
  const tree = await treeOf(parts, config)
  using derived = parts.context.journal()
  const errors = await tree.validate(derived)
  if (errors.length === 0) return tree
  tree[Symbol.dispose]()
  throw new RequestError(errors)
}
