/** Opens the datastores of a folder: recovers running from the journal and puts the parts together. */
import type { Context } from 'libyang-js'
import { createHash } from 'node:crypto'
import { Candidate } from './candidate.js'
import { bootOfMachine, systemTimers, type Timers } from './confirmed.js'
import type { Change, Controller, Stage, StateProvider } from './controller.js'
import { DatastoreService } from './datastores.js'
import { openStore } from './failsafe.js'
import type { CommitGuard } from './guard.js'
import type { JournalOptions } from './journal/index.js'
import { migrations as allMigrations, versionOf, type Migration } from './migrate/index.js'
import { Operational } from './operational.js'
import { PartialLocks } from './partial-locks.js'
import { Planner } from './planner.js'
import type { Factory } from './reset.js'
import { Snapshotter } from './snapshotter.js'
import { Startup } from './startup.js'
import { Transactions } from './transaction.js'
import { Trees } from './trees.js'
import type { Datastores, Log, RecoveryReport } from './types.js'

export interface DatastoreOptions<Transaction, Operation> {
  /** Folder of the journal; made when it does not exist. */
  readonly directory: string
  readonly context: Context
  readonly controllers: readonly Controller<Transaction, Operation>[]
  /** What controllers share while they plan one change. */
  readonly createContext: (change: Change) => Transaction
  readonly stage: Stage<Operation>
  /** Asked for what clients commit. */
  readonly guards?: readonly CommitGuard[]
  /** The factory default configuration: what a reset makes, and a boot loads whose startup was deleted. Empty when absent. */
  readonly factory?: Factory
  /** State that no controller provides, such as the protocol's own. */
  readonly state?: readonly StateProvider[]
  readonly log: Log
  /** Told as soon as the store is this process's alone: what must not disturb another one may begin. */
  readonly opened?: () => void
  /** Told of each commit, and what else is stored: why it could not be, undefined when it was. */
  readonly stored?: (failure: string | undefined) => void
  /** Milliseconds since the epoch. */
  readonly clock?: () => number
  /** Names the module set in the journal; a hash over `context.modules` when absent. */
  readonly moduleSet?: string
  /** How long a controller may plan, members may apply and a state provider may take, in milliseconds; 10,000 when absent. */
  readonly deadline?: number
  /** For confirmed commits. */
  readonly timers?: Timers
  /** Names the present start of the machine, which a confirmed commit does not outlive; the system is asked when absent. */
  readonly boot?: string
  /** How long a reader may keep the former running tree from becoming the candidate's, in milliseconds. */
  readonly patience?: number
  /** Steps that carry stores of older modules over; those of Weft when absent. */
  readonly migrations?: readonly Migration[]
  /**
   * When what is stored cannot be used, it is left alone, and the datastores begin empty, take one commit, and forget it at
   * their end; `recovery.failsafe` then says why. Default false: it is thrown.
   */
  readonly failsafe?: boolean
  /** How much of the past is kept, and when snapshots are written. */
  readonly storage?: Pick<JournalOptions, 'history' | 'snapshotOctets'> & {
    /** Milliseconds without a commit before a snapshot is written; 1,000 when absent. */
    readonly snapshotPause?: number
  }
}

/**
 * Throws DirectoryError, an Error that says why what is stored cannot be used (unless `failsafe`), or one that says which
 * controllers do not fit each other.
 */
export async function openDatastores<Transaction, Operation>(
  options: DatastoreOptions<Transaction, Operation>,
): Promise<Datastores<Operation> & { readonly recovery: RecoveryReport }> {
  const { directory, context, controllers, log } = options
  const clock = options.clock ?? Date.now
  const deadline = options.deadline ?? 10_000
  const moduleSet = options.moduleSet ?? moduleSetOf(context)
  const planner = new Planner(controllers, options.createContext, log, deadline)
  const migrations = options.migrations ?? allMigrations
  const storage = {
    log,
    now: clock(),
    version: versionOf(migrations),
    stored: options.stored,
    ...options.storage,
  }
  const recovering = {
    directory,
    context,
    log,
    moduleSet,
    migrations,
    now: clock(),
    ...(options.opened && { opened: options.opened }),
  }
  const { journal, running, recovery } = await openStore(storage, recovering, options.failsafe === true)
  const trees = new Trees(running, running.copy(), log, options.patience)
  const candidate = new Candidate(context, trees, controllers, log, deadline)
  const partialLocks = new PartialLocks(context, clock)
  const guards = options.guards ?? []
  const transactions = new Transactions({
    context,
    trees,
    candidate,
    journal,
    planner,
    stage: options.stage,
    guards: [...guards, partialLocks],
    log,
    clock,
    moduleSet,
    stageDeadline: 2 * deadline,
    applyDeadline: deadline,
  })
  const pause = options.storage?.snapshotPause ?? 1000
  const snapshotter = new Snapshotter({ journal, trees, log, pause })
  if (journal.head) snapshotter.committed(journal.head)
  transactions.onCommit((_commit, changes) => partialLocks.follow(changes))
  transactions.onCommit((commit) => snapshotter.committed(commit))
  const providers = [...controllers.flatMap(({ state }) => state ?? []), ...(options.state ?? [])]
  const operational = new Operational(context, trees, providers, log, deadline)
  const confirmed = { clock, timers: options.timers ?? systemTimers, boot: options.boot ?? bootOfMachine() }
  const startup = new Startup({ directory, context, journal, moduleSet, migrations, clock, log })
  const netconf = context.modules.find(({ name }) => name === 'ietf-netconf')
  const datastores = new DatastoreService({
    context,
    trees,
    candidate,
    transactions,
    operational,
    journal,
    snapshotter,
    partialLocks,
    recovery,
    log,
    confirmed,
    guards,
    startup,
    normalizing: { controllers, deadline },
    features: netconf?.features ?? [],
    factory: options.factory ?? { configuration: () => ({ xml: '' }), shown: '' },
  })
  await datastores.resume()
  return datastores
}

/** Every implemented module by name@revision, hashed. */
export function moduleSetOf(context: Context): string {
  const names = context.modules
    .filter(({ implemented }) => implemented)
    .map(({ name, revision, features }) => `${name}@${revision ?? ''}[${[...features].sort().join()}]`)
  return createHash('sha256').update(names.sort().join('\n')).digest('hex')
}
