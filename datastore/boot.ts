/**
 * What running is when the datastores are opened (RFC 6241, section 8.7): with startup, a new boot of the machine loads it,
 * while a restart of this process resumes running. A startup that was deleted stands for the factory configuration. Which
 * boot running belongs to is noted in the journal, with the commit that loads startup, so that it is loaded once.
 */
import type { Context } from 'libyang-js'
import type { Candidate } from './candidate.js'
import { why } from './errors.js'
import type { CommitJournal } from './journal/index.js'
import type { Factory } from './reset.js'
import type { Startup } from './startup.js'
import type { Transactions } from './transaction.js'
import type { Trees } from './trees.js'
import type { Log } from './types.js'

export interface BootParts {
  readonly context: Context
  readonly trees: Trees
  readonly candidate: Candidate
  readonly transactions: Pick<Transactions<never>, 'commitBeside'>
  readonly journal: CommitJournal
  readonly startup: Startup
  /** Names the present start of the machine. */
  readonly boot: string
  readonly factory: Factory
  readonly log: Log
}

const noteName = 'boot'
const weftd = { session: 0, user: 'weftd' }

/** Without startup: running belongs to no boot, should startup be turned on later. */
export async function bootWithoutStartup(journal: CommitJournal): Promise<void> {
  if (journal.notes().has(noteName)) await journal.setNotes({ [noteName]: null })
}

/** To be awaited before anything is served. What cannot be loaded is an error in the log, and running stays as it is. */
export async function bootFromStartup(parts: BootParts): Promise<void> {
  const { startup, journal, trees, boot, log } = parts
  await startup.carryOver()
  const last = journal.notes().get(noteName)
  try {
    const stored = await startup.header()
    if (stored && last !== undefined && last !== boot) await load(parts, stored.deleted === true)
    else if (!stored && journal.head) {
      using running = await trees.read('running')
      await startup.save(weftd, running.tree)
      log.info('startup is a copy of running from now on until something else is copied to it')
    }
  } catch (error) {
    log.error(`startup could not be loaded, running is what it was before the boot: ${why(error)}`)
  }
  if (journal.notes().get(noteName) !== boot) await journal.setNotes({ [noteName]: boot })
}

async function load(parts: BootParts, deleted: boolean): Promise<void> {
  const { context, candidate, transactions, startup, boot, log } = parts
  const made = deleted ? parts.factory.configuration() : undefined
  using config = made ? context.fragment(made.xml) : await startup.content()
  const what = deleted ? 'the factory configuration, for startup was deleted' : 'startup'
  const change = () =>
    candidate.edit(config, {
      defaultOperation: 'replace',
      errorOption: 'rollback-on-error',
      testOption: 'set',
    })
  const options = { guarded: false, comment: `a new boot loads ${what}` }
  const commit = await transactions.commitBeside(change, weftd, options, { [noteName]: boot })
  made?.adopted?.()
  log.info(`the machine was booted: running is ${what}${commit ? `, as commit ${commit.number}` : ''}`)
}
