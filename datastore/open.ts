/**
 * Opens the datastores of a folder: recovers running from the journal and puts the parts together. Running is made by
 * doing each commit of the chain again; defaults, which the journal leaves out, are then computed by one validation.
 */
import type { Context, Tree } from 'libyang-js'
import { createHash } from 'node:crypto'
import { Candidate } from './candidate.js'
import type { Change, Controller, Stage, StateProvider } from './controller.js'
import { DatastoreService } from './datastores.js'
import { RequestError } from './errors.js'
import { CommitJournal, type WholeCommit } from './journal/index.js'
import { Operational } from './operational.js'
import { Planner } from './planner.js'
import { Transactions } from './transaction.js'
import { Trees } from './trees.js'
import type { CommitRecord, Datastores, Log, RecoveryReport } from './types.js'

export interface DatastoreOptions<Transaction, Operation> {
  /** Folder of the journal; made when it does not exist. */
  readonly directory: string
  readonly context: Context
  readonly controllers: readonly Controller<Transaction, Operation>[]
  /** What controllers share while they plan one change. */
  readonly createContext: (change: Change) => Transaction
  readonly stage: Stage<Operation>
  /** State that no controller provides, such as the protocol's own. */
  readonly state?: readonly StateProvider[]
  readonly log: Log
  /** Milliseconds since the epoch. */
  readonly clock?: () => number
  /** Names the module set in the journal; a hash over `context.modules` when absent. */
  readonly moduleSet?: string
  /** How long a controller may plan, members may apply and a state provider may take, in milliseconds; 10,000 when absent. */
  readonly deadline?: number
  /** How long a reader may keep the former running tree from becoming the candidate's, in milliseconds. */
  readonly patience?: number
}

/** Throws DirectoryError, or an Error that says which commit does not fit the modules or which controllers do not fit each other. */
export async function openDatastores<Transaction, Operation>(
  options: DatastoreOptions<Transaction, Operation>,
): Promise<Datastores<Operation> & { readonly recovery: RecoveryReport }> {
  const { directory, context, controllers, log } = options
  const clock = options.clock ?? Date.now
  const deadline = options.deadline ?? 10_000
  const moduleSet = options.moduleSet ?? moduleSetOf(context)
  const planner = new Planner(controllers, options.createContext, log, deadline)
  const journal = await CommitJournal.open(directory, log, clock())
  const { trees, recovery } = await recover(options, journal, moduleSet).catch(async (error: unknown) => {
    await journal[Symbol.asyncDispose]()
    throw error
  })
  const candidate = new Candidate(context, trees, controllers, log, deadline)
  const transactions = new Transactions({
    context,
    trees,
    candidate,
    journal,
    planner,
    stage: options.stage,
    log,
    clock,
    moduleSet,
    applyDeadline: deadline,
  })
  const providers = [...controllers.flatMap(({ state }) => state ?? []), ...(options.state ?? [])]
  const operational = new Operational(context, trees, providers, log, deadline)
  return new DatastoreService({ context, trees, candidate, transactions, operational, journal, recovery })
}

/** Every implemented module by name@revision, hashed. */
export function moduleSetOf(context: Context): string {
  const names = context.modules
    .filter(({ implemented }) => implemented)
    .map(({ name, revision, features }) => `${name}@${revision ?? ''}[${[...features].sort().join()}]`)
  return createHash('sha256').update(names.sort().join('\n')).digest('hex')
}

async function recover(
  {
    directory,
    context,
    log,
    patience,
  }: Pick<DatastoreOptions<never, never>, 'directory' | 'context' | 'log' | 'patience'>,
  journal: CommitJournal,
  moduleSet: string,
): Promise<{ trees: Trees; recovery: RecoveryReport }> {
  const started = performance.now()
  const running = context.tree()
  try {
    const commits = journal.recover()
    let step = await commits.next()
    for (; !step.done; step = await commits.next())
      await redo(directory, context, running, step.value, moduleSet)
    using derived = context.journal()
    const invalid = await running.validate(derived)
    const trees = new Trees(running, await running.copy(), log, patience)
    const milliseconds = Math.round(performance.now() - started)
    const recovery = { number: journal.head?.number ?? 0, lost: step.value, invalid, milliseconds }
    return { trees, recovery }
  } catch (error) {
    running[Symbol.dispose]()
    throw error
  }
}

async function redo(
  directory: string,
  context: Context,
  running: Tree,
  { commit, chunks }: WholeCommit,
  moduleSet: string,
): Promise<void> {
  try {
    using changes = await context.decodeJournal(chunks)
    await running.apply(changes)
  } catch (error) {
    throw unfit(directory, commit, moduleSet, error)
  }
}

function unfit(directory: string, commit: CommitRecord, moduleSet: string, error: unknown): Error {
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
