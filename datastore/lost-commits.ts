/** Commits that members have applied and the journal has not: they had been acknowledged, and are lost. */
import { why } from './errors.js'
import type { CommitJournal } from './journal/index.js'
import type { Log } from './types.js'

/** A member has applied this commit. When the journal ends before it, that is an alarm, and its number is not used again. Never rejects. */
export async function noteApplied(
  { journal, log }: { readonly journal: Pick<CommitJournal, 'raise' | 'head'>; readonly log: Log },
  member: string,
  commit: number,
): Promise<void> {
  const ends = journal.head?.number ?? 0
  try {
    if (!(await journal.raise(commit))) return
    const lost = commit === ends + 1 ? `commit ${commit} is` : `commits ${ends + 1} to ${commit} are`
    log.error(
      `member ${member} has applied commit ${commit}, the journal ends at ${ends}: ${lost} lost; numbers go on from ${commit + 1}`,
    )
  } catch (error) {
    log.error(`what member ${member} knows of commits could not be noted: ${why(error)}`)
  }
}
