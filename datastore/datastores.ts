/**
 * The datastores as the protocol sees them: who may do what (locks, which targets, a pending confirmed commit), one writer
 * after the other, and reads beside them. Writers are served in the order of their calls; reads of running wait for nobody.
 */
import type { Access, Budget, Fragment, Journal, ScopedText, Tree } from 'libyang-js'
import { bootFromStartup, bootWithoutStartup } from './boot.js'
import type { CandidateEdit } from './candidate.js'
import { ConfirmedCommits, type ConfirmedParts, type Pending } from './confirmed.js'
import type { Step } from './controller.js'
import { copyTo, treeOf, type CopyParts } from './copying.js'
import { editRunning } from './direct.js'
import { RequestError } from './errors.js'
import { Gate } from './gate.js'
import { admitAsked, admitEdit, type AdmitEdit } from './guard.js'
import { describe, History, treeOfCommit, type Point } from './history.js'
import type { CommitJournal } from './journal/index.js'
import { Locking } from './locking.js'
import { Locks } from './locks.js'
import { noteApplied } from './lost-commits.js'
import type { Operational } from './operational.js'
import type { PartialLocks } from './partial-locks.js'
import { Reads } from './reads.js'
import { revert, takeBack, type RevertParts } from './reverts.js'
import { factoryTree, resetToFactory, type Factory } from './reset.js'
import type { Snapshotter } from './snapshotter.js'
import { Targets } from './targets.js'
import type { CommitHandler, Transactions } from './transaction.js'
import type {
  CommitOptions,
  CommitRecord,
  Confirmation,
  DatastoreName,
  Datastores,
  Difference,
  HeldLocks,
  Log,
  ReadOptions,
  RecoveryReport,
  Rehearsal,
  Requester,
  Revision,
} from './types.js'
import { validateCandidate, validateOther } from './validation.js'

export interface DatastoreParts<Operation> extends CopyParts {
  readonly transactions: Transactions<Operation>
  readonly operational: Operational
  readonly journal: CommitJournal
  readonly snapshotter: Snapshotter
  readonly partialLocks: PartialLocks
  readonly recovery: RecoveryReport
  readonly log: Log
  /** Of confirmed commits. */
  readonly confirmed: Omit<ConfirmedParts, 'log' | 'hold' | 'expired'>
  /** Features of ietf-netconf that the schema has. */
  readonly features: readonly string[]
  readonly factory: Factory
}

export class DatastoreService<Operation> implements Datastores<Operation> {
  readonly recovery: RecoveryReport
  readonly #parts: DatastoreParts<Operation>
  readonly #locks: Locks
  readonly #locking: Locking
  readonly #targets: Targets
  readonly #writers = new Gate()
  readonly #reads: Reads
  readonly #history: History
  readonly #confirmed: ConfirmedCommits
  #closed = false

  constructor(parts: DatastoreParts<Operation>) {
    this.#parts = parts
    this.recovery = parts.recovery
    this.#reads = new Reads({
      ...parts,
      writers: this.#writers,
      startup: () => this.#startup(),
      factoryDefault: () => factoryTree(parts, parts.factory),
      commit: (commit) => this.#write(() => treeOfCommit(parts.trees, this.#history, commit)),
    })
    this.#history = new History(parts.context, parts.journal)
    this.#locks = new Locks(parts.confirmed.clock)
    this.#locking = new Locking({
      ...parts,
      locks: this.#locks,
      pending: () => this.#confirmed.pending,
      alone: (task) => this.#write(task),
    })
    this.#confirmed = new ConfirmedCommits({
      ...parts.confirmed,
      log: parts.log,
      hold: (state) => parts.journal.hold(state),
      expired: (pending) => void this.#expire(pending),
    })
    this.#targets = new Targets({ ...parts, locks: this.#locks, confirmed: this.#confirmed })
  }

  /**
   * To be awaited before anything is served: takes running back when a confirmed commit did not outlive the restart, and
   * loads startup at a new boot of the machine.
   */
  async resume(): Promise<void> {
    const { journal, confirmed } = this.#parts
    const why = this.#confirmed.resume(journal.notes())
    const { pending } = this.#confirmed
    await this.#writers.alone(async () => {
      if (why !== undefined && pending) await takeBack(this.#reverting, pending, why)
      if (this.recovery.failsafe !== undefined) return
      if (this.#targets.startup) await bootFromStartup({ ...this.#parts, boot: confirmed.boot })
      else await bootWithoutStartup(journal)
    })
  }

  get head(): CommitRecord | undefined {
    return this.#parts.journal.head
  }

  async withTree<T>(name: DatastoreName, use: (tree: Tree) => Promise<T>): Promise<T> {
    this.#checkOpen()
    if (name === 'startup') {
      using stored = await this.#startup()
      return await use(stored)
    }
    using lease = await this.#parts.trees.read(name)
    return await use(lease.tree)
  }

  read(options: ReadOptions): AsyncIterableIterator<Buffer> {
    this.#checkOpen()
    return this.#reads.read(options)
  }

  async edit(
    requester: Requester,
    target: DatastoreName,
    config: Fragment,
    options: CandidateEdit,
  ): Promise<void> {
    await this.#write(async () => {
      this.#targets.admitEdit(requester, target)
      await admitAsked(this.#parts.guards, requester, config, options.defaultOperation)
      if (target === 'running') await editRunning(this.#parts, requester, config, options)
      else await this.#parts.candidate.edit(config, options, this.#admitEdit(requester, true))
    })
  }

  async copy(
    requester: Requester,
    target: DatastoreName,
    source: DatastoreName | Fragment,
    access?: Access,
  ): Promise<void> {
    await this.#write(async () => {
      if (source === target)
        throw failure('invalid-value', `source and target are both ${target}; they must differ`)
      if (typeof source === 'string') this.#targets.check(source)
      this.#targets.admit(requester, target)
      await copyTo(this.#parts, requester, target, source, access)
    })
  }

  async *print(config: Fragment): AsyncGenerator<Buffer, void, undefined> {
    this.#checkOpen()
    using tree = await treeOf(this.#parts, config)
    yield* tree.print({ format: 'xml', configOnly: true })
  }

  async deleteStartup(requester: Requester): Promise<void> {
    await this.#write(async () => {
      this.#targets.admit(requester, 'startup')
      await this.#parts.startup.delete(requester)
    })
  }

  async reset(requester: Requester): Promise<CommitRecord | undefined> {
    return await this.#write(() =>
      resetToFactory(
        { ...this.#parts, confirmed: this.#confirmed, starts: this.#targets.startup },
        requester,
      ),
    )
  }

  async validate(_requester: Requester, source: DatastoreName | Fragment): Promise<void> {
    if (source === 'candidate') return await this.#write(() => validateCandidate(this.#parts))
    await this.#refusing(async () => {
      if (typeof source === 'string') this.#targets.check(source)
      await validateOther(this.#parts, source)
    })
  }

  get confirmation(): Confirmation | undefined {
    return this.#confirmed.state
  }

  async commit(requester: Requester, options: CommitOptions = {}): Promise<CommitRecord | undefined> {
    return await this.#write(async () => {
      this.#locks.check(requester, 'running', 'candidate')
      const pending = this.#confirmed.after(requester, options, this.#history.head)
      const notes = this.#confirmed.notes(pending)
      const commit = await this.#parts.transactions.commit(requester, options, notes)
      if (!commit && Object.keys(notes).length > 0) await this.#parts.journal.setNotes(notes)
      this.#confirmed.enter(pending)
      return commit
    })
  }

  async rehearse(
    requester: Requester,
    options: CommitOptions,
    limit: number,
    access?: Access,
  ): Promise<Rehearsal<Operation>> {
    const { candidate, transactions } = this.#parts
    return await this.#write(async () => {
      this.#locks.check(requester, 'running', 'candidate')
      this.#confirmed.after(requester, options, this.#history.head)
      using _derived = await candidate.validate()
      await candidate.net()
      await transactions.admit(requester)
      const steps = await transactions.rehearse()
      return {
        number: candidate.modified ? this.#parts.journal.next : undefined,
        difference: await describe(candidate.pending, limit, access),
        steps: access ? [] : steps,
      }
    })
  }

  async cancelCommit(requester: Requester, persistId?: string): Promise<void> {
    await this.#write(async () => {
      this.#locks.check(requester, 'running')
      this.#confirmed.admitCancel(requester, persistId)
      const { pending } = this.#confirmed
      if (!pending) return
      await this.#admitBack(requester, pending)
      await revert(this.#reverting, pending, requester, 'it was cancelled')
    })
  }

  async rollback(
    requester: Requester,
    to: { readonly commit: number } | { readonly back: number },
  ): Promise<number> {
    return await this.#write(async () => {
      this.#locks.check(requester, 'candidate')
      const state = 'back' in to ? await this.#history.stateBack(to.back) : to.commit
      const base = this.#confirmed.pending?.base
      this.#parts.journal.hold(Math.min(state, base ?? state))
      try {
        await this.#history.check(state)
        await this.#parts.candidate.replace(this.#history.back(state), this.#admitEdit(requester, false))
      } finally {
        this.#parts.journal.hold(base)
      }
      return state
    })
  }

  async compare(from: Revision, to: Revision, limit: number, access?: Access): Promise<Difference> {
    using changes = await this.changes(from, to)
    return await describe(changes, limit, access)
  }

  async changes(from: Revision, to: Revision): Promise<Journal> {
    if (from === to) return this.#parts.context.journal()
    const asksCandidate = from === 'candidate' || to === 'candidate'
    const { commit, pending } = await this.#write(async () => ({
      commit: this.#history.head,
      pending: asksCandidate ? await this.#parts.candidate.pending.copy() : undefined,
    }))
    using _pending = pending
    const point = (revision: Revision): Point => ({
      commit: typeof revision === 'number' ? revision : commit,
      ...(revision === 'candidate' && pending && { pending }),
    })
    return await this.#refusing(() => this.#history.between(point(from), point(to)))
  }

  async discard(requester: Requester): Promise<void> {
    await this.#write(async () => {
      this.#locks.check(requester, 'candidate')
      await this.#parts.candidate.discard()
    })
  }

  async lock(requester: Requester, target: DatastoreName): Promise<void> {
    this.#targets.check(target)
    await this.#locking.lock(requester, target)
  }

  async unlock(requester: Requester, target: DatastoreName): Promise<void> {
    await this.#locking.unlock(requester, target)
  }

  async partialLock(
    requester: Requester,
    expressions: readonly ScopedText[],
    budget?: Budget,
    access?: Access,
  ) {
    return await this.#refusing(() => this.#locking.partialLock(requester, expressions, budget, access))
  }

  async partialUnlock(requester: Requester, id: number): Promise<void> {
    await this.#locking.partialUnlock(requester, id)
  }

  async locks(): Promise<HeldLocks> {
    return await this.#locking.held()
  }

  async release(session: number): Promise<void> {
    if (this.#closed) return
    const rest = this.#write(async () => {
      await this.#locking.release(session)
      const { pending } = this.#confirmed
      if (pending && pending.token === undefined && pending.session === session)
        await takeBack(this.#reverting, pending, `session ${session} ended before it confirmed`)
    })
    await Promise.all([rest, this.#locking.leave(session)])
  }

  async witness(member: string, commit: number): Promise<void> {
    await this.#writers.alone(() => noteApplied(this.#parts, member, commit))
  }

  history(): AsyncGenerator<CommitRecord, void, undefined> {
    this.#checkOpen()
    return this.#history.records()
  }

  async fullPlan(
    deliver?: (steps: readonly Step<Operation>[]) => Promise<void>,
  ): Promise<readonly Step<Operation>[]> {
    return await this.#write(async () => {
      const steps = await this.#parts.transactions.fullPlan()
      await deliver?.(steps)
      return steps
    })
  }

  on(_event: 'commit', handler: CommitHandler): void {
    this.#parts.transactions.onCommit(handler)
  }

  /** Waits for writers and readers that are at it; later ones are refused. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#confirmed[Symbol.dispose]()
    await this.#writers.alone(async () => {
      const { trees, candidate, transactions, journal, snapshotter, partialLocks } = this.#parts
      await transactions.settled()
      await snapshotter[Symbol.asyncDispose]()
      await trees[Symbol.asyncDispose]()
      candidate[Symbol.dispose]()
      partialLocks[Symbol.dispose]()
      await journal[Symbol.asyncDispose]()
    })
  }

  async #expire(pending: Pending): Promise<void> {
    await this.#writers.alone(async () => {
      if (!this.#closed && this.#confirmed.pending === pending)
        await takeBack(this.#reverting, pending, 'it was not confirmed in time')
    })
  }

  /** Throws RequestError when it would change what another session has locked in part. */
  async #admitBack(requester: Requester, { base }: Pending): Promise<void> {
    const { partialLocks } = this.#parts
    if (partialLocks.holder === undefined) return
    using back = await this.#history.wayBack(base)
    const errors = await partialLocks.check(requester, back)
    if (errors.length > 0) throw new RequestError(errors)
  }

  #admitEdit(requester: Requester, own: boolean): AdmitEdit {
    return admitEdit(this.#parts.guards, requester, own)
  }

  get #reverting(): RevertParts {
    return { ...this.#parts, history: this.#history, confirmed: this.#confirmed }
  }

  #write<T>(task: () => Promise<T>): Promise<T> {
    return this.#refusing(() => this.#writers.alone(async () => (this.#checkOpen(), await task())))
  }

  async #refusing<T>(task: () => Promise<T>): Promise<T> {
    try {
      this.#checkOpen()
      return await task()
    } catch (error) {
      throw RequestError.from(error)
    }
  }

  /** A tree of startup, the caller's. */
  async #startup(): Promise<Tree> {
    this.#targets.check('startup')
    return await this.#parts.startup.tree()
  }

  #checkOpen(): void {
    if (this.#closed) throw failure('operation-failed', 'the datastores are being closed')
  }
}

function failure(tag: 'invalid-value' | 'operation-failed', message: string) {
  return new RequestError({ type: 'application', tag, message })
}
