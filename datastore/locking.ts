/**
 * Who may lock what (RFC 6241, section 7.5; RFC 5717, section 2.4): the rules between the lock of a whole datastore, partial
 * locks of running, a changed candidate and a confirmed commit that waits. What is known to be held is refused at once; what
 * can be granted waits for the edit or commit that is being carried out.
 */
import type { Access, Budget, Context, ScopedText, Tree } from 'libyang-js'
import type { Candidate } from './candidate.js'
import type { Pending } from './confirmed.js'
import { RequestError } from './errors.js'
import { denied, type Locks } from './locks.js'
import type { PartialLocks } from './partial-locks.js'
import type { TreeLease, Trees } from './trees.js'
import type { DatastoreName, HeldLocks, PartialLock, Requester } from './types.js'

export interface LockingParts {
  readonly context: Context
  readonly trees: Trees
  readonly candidate: Candidate
  readonly locks: Locks
  readonly partialLocks: PartialLocks
  /** The confirmed commit that waits. */
  readonly pending: () => Pending | undefined
  /** Runs a task alone among writers. */
  readonly alone: <T>(task: () => Promise<T>) => Promise<T>
}

export class Locking {
  constructor(private readonly parts: LockingParts) {}

  async lock(requester: Requester, target: DatastoreName): Promise<void> {
    const { alone, candidate, locks } = this.parts
    this.#admit(requester, target)
    await alone(async () => {
      this.#admit(requester, target)
      if (target === 'candidate' && candidate.modified)
        throw denied(
          0,
          'candidate has changes that are neither committed nor discarded; do one of the two first',
        )
      locks.acquire(requester, target)
    })
  }

  async unlock(requester: Requester, target: DatastoreName): Promise<void> {
    const { alone, candidate, locks } = this.parts
    await alone(async () => {
      locks.yield(requester, target)
      if (target === 'candidate') await candidate.discard()
    })
  }

  async partialLock(
    requester: Requester,
    expressions: readonly ScopedText[],
    budget?: Budget,
    access?: Access,
  ): Promise<PartialLock> {
    const { alone, trees, partialLocks } = this.parts
    this.#admitPartial()
    {
      using running = await trees.read('running')
      using seen = await this.#seen(running.tree, expressions, access)
      await partialLocks.admit(requester, seen.tree, expressions, budget)
    }
    return await alone(async () => {
      this.#admitPartial()
      using running = await trees.read('running')
      using seen = await this.#seen(running.tree, expressions, access)
      return await partialLocks.lock(requester, seen.tree, expressions, budget)
    })
  }

  async partialUnlock(requester: Requester, id: number): Promise<void> {
    await this.parts.alone(() => this.parts.partialLocks.unlock(requester, id))
  }

  /**
   * Frees at once what a session holds that nobody's turn among writers has to be awaited for. The candidate's lock stays: it
   * keeps others from the uncommitted changes that have to go with it.
   */
  async leave(session: number): Promise<void> {
    const { locks, partialLocks } = this.parts
    locks.release(session, 'running', 'startup')
    await partialLocks.release(session)
  }

  /** Frees whatever a session holds, with its uncommitted changes when that is the candidate. To be called alone among writers. */
  async release(session: number): Promise<void> {
    const { candidate, locks } = this.parts
    await this.leave(session)
    if (locks.release(session, 'candidate').length > 0) await candidate.discard()
  }

  async held(): Promise<HeldLocks> {
    const { locks, partialLocks } = this.parts
    return { datastores: locks.list(), partial: await partialLocks.list() }
  }

  /** Running as far as it may be read. O(running) when an expression could look at more. */
  async #seen(running: Tree, expressions: readonly ScopedText[], access?: Access): Promise<TreeLease> {
    const kept = { tree: running, [Symbol.dispose]: () => undefined }
    if (!access || expressions.every((expression) => this.#clears(access, expression))) return kept
    const tree = await running.copy()
    try {
      await tree.prune(access)
    } catch (error) {
      tree[Symbol.dispose]()
      throw error
    }
    return { tree, [Symbol.dispose]: () => tree[Symbol.dispose]() }
  }

  #clears(access: Access, { text, namespaces }: ScopedText): boolean {
    try {
      using filter = this.parts.context.xpathFilter(text, namespaces)
      return access.clears(filter)
    } catch {
      return false
    }
  }

  #admit(requester: Requester, target: DatastoreName): void {
    const { locks, partialLocks } = this.parts
    locks.admit(requester, target)
    if (target !== 'running') return
    const pending = this.parts.pending()
    if (pending && pending.session !== requester.session)
      throw denied(pending.session, `a confirmed commit of ${pending.user} waits to be confirmed`)
    const { holder } = partialLocks
    if (holder !== undefined) throw denied(holder, `session ${holder} holds a partial lock of running`)
  }

  /** RFC 5717, sections 2.4.1 and 2.6.2. */
  #admitPartial(): void {
    const holder = this.parts.locks.holder('running')
    if (holder !== undefined) throw denied(holder, `running as a whole is locked by session ${holder}`)
    const pending = this.parts.pending()
    if (pending)
      throw new RequestError({
        type: 'protocol',
        tag: 'in-use',
        appTag: 'outstanding-confirmed-commit',
        message: `a confirmed commit of ${pending.user} waits to be confirmed, and running may go back; confirm or cancel it first`,
      })
  }
}
