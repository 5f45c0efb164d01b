/**
 * Makes running anew from what the journal has: the snapshot, if there is one, and the commits after it done again; defaults,
 * which neither tells, are then computed by one validation. The cost follows the size of running and of those commits.
 */
import type { Context, Tree } from 'libyang-js'
import { RequestError } from './errors.js'
import type { CommitJournal, WholeCommit } from './journal/index.js'
import type { CommitRecord, RecoveryReport } from './types.js'

export interface Recovered {
  readonly running: Tree
  readonly recovery: RecoveryReport
}

type Stamp = Pick<CommitRecord, 'number' | 'time' | 'user' | 'moduleSet'>

/** Throws an Error that says which commit does not fit the modules. */
export async function recoverRunning(
  { directory, context }: { readonly directory: string; readonly context: Context },
  journal: CommitJournal,
  moduleSet: string,
): Promise<Recovered> {
  const started = performance.now()
  const running = context.tree()
  const unfit = (commit: Stamp, error: unknown) => unfitting(directory, commit, moduleSet, error)
  try {
    const base = await journal.base()
    if (base !== undefined) {
      try {
        for await (const chunk of journal.snapshotText(base)) await running.load(chunk)
      } catch (error) {
        throw unfit(base.commit, error)
      }
    }
    const commits = journal.recover()
    let step = await commits.next()
    for (; !step.done; step = await commits.next()) {
      try {
        await redo(context, running, step.value)
      } catch (error) {
        throw unfit(step.value.commit, error)
      }
    }
    using derived = context.journal()
    const invalid = await running.validate(derived)
    const milliseconds = Math.round(performance.now() - started)
    const number = journal.head?.number ?? 0
    return { running, recovery: { number, lost: step.value, faults: journal.faults, invalid, milliseconds } }
  } catch (error) {
    running[Symbol.dispose]()
    throw error
  }
}

async function redo(context: Context, running: Tree, { chunks }: WholeCommit): Promise<void> {
  using changes = await context.decodeJournal(chunks)
  await running.apply(changes)
}

function unfitting(directory: string, commit: Stamp, moduleSet: string, error: unknown): Error {
  const when = new Date(commit.time).toISOString()
  const modules =
    commit.moduleSet === moduleSet
      ? 'it was made with the modules of now'
      : `it was made with module set ${commit.moduleSet}, now it is ${moduleSet}; start with the modules of then`
  return new Error(
    `commit ${commit.number} of the journal in ${directory} (${commit.user}, ${when}) does not fit the modules: ` +
      `${RequestError.from(error).message}; ${modules}. Nothing was changed`,
    { cause: error },
  )
}
