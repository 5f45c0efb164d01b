/**
 * Partial locks of running (RFC 5717): a session locks nodes, with all below them, against the changes of every other one.
 * The nodes are found when the lock is made and then known by their paths, so that their scope follows no expression, only the
 * deletes of its owner. A guard of commits: what a client changes is looked up in one trie of all locks, O(changes × depth).
 *
 * Callers are alone among writers (see `datastores.ts`), but for `admit`, `release` and the state that operators see.
 */
import type { Budget, Context, Journal, LockedNode, LockScopes, ScopedText, Tree } from 'libyang-js'
import { RequestError } from './errors.js'
import type { CommitGuard } from './guard.js'
import { denied } from './locks.js'
import type { PartialLock, Requester, YangError } from './types.js'

/** So many locked nodes are told of one refused commit. */
const mostErrors = 20
const lastId = 4294967295

type Held = Omit<PartialLock, 'nodes'>

export class PartialLocks implements CommitGuard, Disposable {
  readonly #scopes: LockScopes
  readonly #clock: () => number
  readonly #held = new Map<number, Held>()
  #lastId = 0

  constructor(context: Context, clock: () => number) {
    this.#scopes = context.lockScopes()
    this.#clock = clock
  }

  /** A session that holds one. */
  get holder(): number | undefined {
    return this.#held.values().next().value?.session
  }

  /** Throws RequestError, lock-denied with the holder, when another session holds any of what the expressions select in `running`. */
  async admit(requester: Requester, running: Tree, expressions: readonly ScopedText[], budget?: Budget) {
    if (this.#others(requester)) await this.#lock(0, requester, running, expressions, budget)
  }

  /** Throws RequestError. */
  async lock(
    requester: Requester,
    running: Tree,
    expressions: readonly ScopedText[],
    budget?: Budget,
  ): Promise<PartialLock> {
    do this.#lastId = this.#lastId === lastId ? 1 : this.#lastId + 1
    while (this.#held.has(this.#lastId))
    const id = this.#lastId
    const nodes = await this.#lock(id, requester, running, expressions, budget)
    const held = { id, session: requester.session, since: this.#clock(), expressions }
    this.#held.set(id, held)
    return { ...held, nodes }
  }

  /** Throws RequestError unless it is this session's. */
  async unlock(requester: Requester, id: number): Promise<void> {
    const held = this.#held.get(id)
    if (held?.session !== requester.session)
      throw new RequestError({
        type: 'protocol',
        tag: 'invalid-value',
        message:
          held === undefined
            ? `there is no partial lock ${id}`
            : `partial lock ${id} is held by session ${held.session}, which alone can release it`,
        info: { 'bad-element': 'lock-id' },
      })
    await this.#release(id)
  }

  /** Frees what a session holds. */
  async release(session: number): Promise<void> {
    for (const held of [...this.#held.values()]) if (held.session === session) await this.#release(held.id)
  }

  async list(): Promise<readonly PartialLock[]> {
    return await Promise.all(
      [...this.#held.values()].map(async (held) => ({ ...held, nodes: await this.#scopes.nodes(held.id) })),
    )
  }

  async check(requester: Requester, changes: Journal): Promise<readonly YangError[]> {
    if (!this.#others(requester)) return []
    const touched = await this.#scopes.touched(changes, requester.session, mostErrors + 1)
    const errors = touched.slice(0, mostErrors).map(({ path, owner }): YangError => ({
      type: 'application',
      tag: 'in-use',
      appTag: 'locked',
      path,
      message: `session ${owner} holds a partial lock of this node and what is below it; try again when it has released it`,
    }))
    if (touched.length > mostErrors)
      errors.push({
        type: 'application',
        tag: 'in-use',
        appTag: 'locked',
        message: `more nodes that other sessions have locked would be changed than the ${mostErrors} that are told`,
      })
    return errors
  }

  /** Running has changed. What was deleted is not locked any more; later calls come behind this one. */
  async follow(changes: Journal): Promise<void> {
    if (this.#held.size > 0) await this.#scopes.follow(changes)
  }

  [Symbol.dispose](): void {
    this.#scopes[Symbol.dispose]()
  }

  #others({ session }: Requester): boolean {
    return [...this.#held.values()].some((held) => held.session !== session)
  }

  async #lock(
    id: number,
    { session }: Requester,
    running: Tree,
    expressions: readonly ScopedText[],
    budget: Budget | undefined,
  ): Promise<readonly string[]> {
    const { nodes, conflict } = await this.#scopes.lock(running, id, session, expressions, budget)
    if (conflict) throw taken(conflict)
    return nodes
  }

  async #release(id: number): Promise<void> {
    this.#held.delete(id)
    await this.#scopes.release(id)
  }
}

function taken({ path, owner }: LockedNode): RequestError {
  const { errors } = denied(owner, `session ${owner} holds a partial lock of this node`)
  return new RequestError(errors.map((error) => ({ ...error, path })))
}
