/**
 * The datastores as the protocol sees them: who may do what (locks, which targets), one writer after the other, and reads
 * beside them. Writers are served in the order of their calls; reads of running wait for nobody.
 */
import type { Context, Fragment, Tree } from 'libyang-js'
import { validateAlone, type Candidate, type CandidateEdit } from './candidate.js'
import type { Step } from './controller.js'
import { RequestError, why } from './errors.js'
import { Gate } from './gate.js'
import type { CommitJournal } from './journal/index.js'
import { denied, Locks } from './locks.js'
import type { Operational } from './operational.js'
import type { Snapshotter } from './snapshotter.js'
import type { CommitHandler, Transactions } from './transaction.js'
import type { Trees } from './trees.js'
import type {
  CommitOptions,
  CommitRecord,
  DatastoreName,
  Datastores,
  Log,
  ReadOptions,
  RecoveryReport,
  Requester,
} from './types.js'

export interface DatastoreParts<Operation> {
  readonly context: Context
  readonly trees: Trees
  readonly candidate: Candidate
  readonly transactions: Transactions<Operation>
  readonly operational: Operational
  readonly journal: CommitJournal
  readonly snapshotter: Snapshotter
  readonly recovery: RecoveryReport
  readonly log: Log
}

export class DatastoreService<Operation> implements Datastores<Operation> {
  readonly recovery: RecoveryReport
  readonly #parts: DatastoreParts<Operation>
  readonly #locks = new Locks()
  readonly #writers = new Gate()
  #closed = false

  constructor(parts: DatastoreParts<Operation>) {
    this.#parts = parts
    this.recovery = parts.recovery
  }

  get head(): CommitRecord | undefined {
    return this.#parts.journal.head
  }

  async withTree<T>(name: DatastoreName, use: (tree: Tree) => Promise<T>): Promise<T> {
    this.#checkOpen()
    using lease = await this.#parts.trees.read(name)
    return await use(lease.tree)
  }

  async *read(options: ReadOptions): AsyncGenerator<Buffer, void, undefined> {
    this.#checkOpen()
    const { trees, operational } = this.#parts
    const { source, filter, budget } = options
    try {
      if (source === 'operational') {
        yield* operational.read(options)
        return
      }
      using lease = await trees.read(source)
      yield* lease.tree.print({
        format: 'xml',
        configOnly: true,
        ...(filter && { filter }),
        ...(budget && { budget }),
      })
    } catch (error) {
      throw RequestError.from(error)
    }
  }

  async edit(
    requester: Requester,
    target: DatastoreName,
    config: Fragment,
    options: CandidateEdit,
  ): Promise<void> {
    await this.#write(async () => {
      this.#checkTarget(requester, target)
      await this.#parts.candidate.edit(config, options)
    })
  }

  async copy(requester: Requester, target: DatastoreName, source: DatastoreName | Fragment): Promise<void> {
    await this.#write(async () => {
      const { candidate } = this.#parts
      if (source === target)
        throw failure('invalid-value', `source and target are both ${target}; they must differ`)
      this.#checkTarget(requester, target)
      if (typeof source === 'string') return await candidate.discard()
      await candidate.edit(source, {
        defaultOperation: 'replace',
        errorOption: 'rollback-on-error',
        testOption: 'set',
      })
    })
  }

  async validate(_requester: Requester, source: DatastoreName | Fragment): Promise<void> {
    const { context, trees, candidate, transactions } = this.#parts
    if (source === 'candidate')
      return await this.#write(async () => {
        using _derived = await candidate.validate()
        await transactions.rehearse()
      })
    await this.#refusing(async () => {
      const errors =
        source === 'running' ? await validateCopy(context, trees) : await validateAlone(context, source)
      if (errors.length > 0) throw new RequestError(errors)
    })
  }

  async commit(requester: Requester, options: CommitOptions = {}): Promise<CommitRecord | undefined> {
    return await this.#write(async () => {
      this.#locks.check(requester, 'running', 'candidate')
      return await this.#parts.transactions.commit(requester, options)
    })
  }

  async discard(requester: Requester): Promise<void> {
    await this.#write(async () => {
      this.#locks.check(requester, 'candidate')
      await this.#parts.candidate.discard()
    })
  }

  async lock(requester: Requester, target: DatastoreName): Promise<void> {
    await this.#write(async () => {
      const free = this.#locks.holder(target) === undefined
      if (free && target === 'candidate' && this.#parts.candidate.modified)
        throw denied(
          0,
          'candidate has changes that are neither committed nor discarded; do one of the two first',
        )
      this.#locks.acquire(requester, target)
    })
  }

  async unlock(requester: Requester, target: DatastoreName): Promise<void> {
    await this.#write(async () => {
      this.#locks.yield(requester, target)
      if (target === 'candidate') await this.#parts.candidate.discard()
    })
  }

  async release(session: number): Promise<void> {
    if (this.#closed) return
    await this.#write(async () => {
      if (this.#locks.release(session).includes('candidate')) await this.#parts.candidate.discard()
    })
  }

  async witness(member: string, commit: number): Promise<void> {
    const { journal, log } = this.#parts
    const ends = this.head?.number ?? 0
    try {
      if (!(await this.#write(() => journal.raise(commit)))) return
      const lost = commit === ends + 1 ? `commit ${commit} is` : `commits ${ends + 1} to ${commit} are`
      log.error(
        `member ${member} has applied commit ${commit}, the journal ends at ${ends}: ${lost} lost; numbers go on from ${commit + 1}`,
      )
    } catch (error) {
      log.error(`what member ${member} knows of commits could not be noted: ${why(error)}`)
    }
  }

  history(): AsyncGenerator<CommitRecord, void, undefined> {
    this.#checkOpen()
    return this.#parts.journal.records()
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
    await this.#writers.alone(async () => {
      const { trees, candidate, transactions, journal, snapshotter } = this.#parts
      await transactions.settled()
      await snapshotter[Symbol.asyncDispose]()
      await trees[Symbol.asyncDispose]()
      candidate[Symbol.dispose]()
      await journal[Symbol.asyncDispose]()
    })
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

  #checkTarget(requester: Requester, target: DatastoreName): void {
    if (target === 'running')
      throw failure(
        'operation-not-supported',
        'running cannot be written directly; edit candidate and commit',
      )
    this.#locks.check(requester, target)
  }

  #checkOpen(): void {
    if (this.#closed) throw failure('operation-failed', 'the datastores are being closed')
  }
}

async function validateCopy(context: Context, trees: Trees) {
  using copy = await copyOf(trees)
  using derived = context.journal()
  return await copy.validate(derived)
}

async function copyOf(trees: Trees): Promise<Tree> {
  using running = await trees.read('running')
  return await running.tree.copy()
}

function failure(tag: 'invalid-value' | 'operation-not-supported' | 'operation-failed', message: string) {
  return new RequestError({ type: 'application', tag, message })
}
