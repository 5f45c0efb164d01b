/**
 * Opens the store of the datastores, or, when what is in it cannot be used, an empty one that is forgotten at the next start:
 * it takes one commit, the failsafe configuration, so that an operator can log in and look. The store itself is not
 * written to until someone has put it right: another version of Weft, a copy, or another folder.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { why } from './errors.js'
import { CommitJournal, DirectoryError, type JournalOptions } from './journal/index.js'
import { recoverRunning, type Recovered, type RecoverOptions } from './recover.js'

export interface OpenedStore extends Recovered {
  readonly journal: CommitJournal
}

/** Throws DirectoryError; without `failsafe` also what says why the store cannot be used. */
export async function openStore(
  storage: Omit<JournalOptions, 'directory'>,
  options: RecoverOptions,
  failsafe: boolean,
): Promise<OpenedStore> {
  const { directory } = options
  const spare = join(directory, 'failsafe')
  try {
    const opened = await open({ ...storage, directory }, options)
    if (!failsafe || opened.journal.head || opened.recovery.lost.length === 0) {
      await rm(spare, { recursive: true, force: true })
      return opened
    }
    opened.running[Symbol.dispose]()
    await opened.journal[Symbol.asyncDispose]()
    const reasons = opened.recovery.lost.map(({ reason }) => reason).join('; ')
    throw new Error(`no commit of those in ${directory} could be recovered (${reasons})`)
  } catch (error) {
    if (!failsafe || error instanceof DirectoryError) throw error
    await rm(spare, { recursive: true, force: true })
    const sealed =
      `${why(error)}. The appliance runs its failsafe configuration, and nothing else can be committed; ` +
      `restore ${directory} from a copy or move it away, and start again`
    const opened = await open({ ...storage, directory: spare, sealed }, { ...options, directory: spare })
    return { ...opened, recovery: { ...opened.recovery, failsafe: why(error) } }
  }
}

async function open(storage: JournalOptions, options: RecoverOptions): Promise<OpenedStore> {
  const journal = await CommitJournal.open(storage)
  options.opened?.()
  try {
    return { journal, ...(await recoverRunning(options, journal)) }
  } catch (error) {
    await journal[Symbol.asyncDispose]()
    throw error
  }
}
