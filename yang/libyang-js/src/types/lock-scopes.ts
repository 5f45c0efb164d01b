/** Partial locks (RFC 5717). */
import type { Budget } from './filter.js'
import type { Journal } from './journal.js'
import type { ScopedText } from './rpc.js'
import type { Tree } from './tree.js'

/** A node that is locked, and whose lock that is. */
export interface LockedNode {
  readonly path: string
  readonly owner: number
}

/**
 * Partial locks (RFC 5717): which instances of a configuration are locked by whom. A locked node protects all that is below
 * it. The nodes are found once, when a lock is made, and are then known by their paths. Calls are served in their order.
 */
export interface LockScopes extends Disposable {
  /**
   * Locks the nodes that XPath expressions select in `tree`, for `owner`, as lock `id`. Of `nodes`, which are the scope in
   * document order, none is locked when there is a `conflict` with another owner's lock. Rejects with `LibyangError`:
   * `invalid-value` for what is no expression or gives no nodes (app-tag `not-a-node-set`), `operation-failed` with
   * `no-matches` when nothing is selected, `resource-denied` past the budget or 100,000 nodes.
   */
  lock(
    tree: Tree,
    id: number,
    owner: number,
    expressions: readonly ScopedText[],
    budget?: Budget,
  ): Promise<{ readonly nodes: readonly string[]; readonly conflict?: LockedNode }>
  release(id: number): Promise<void>
  /** Where changes are in what others than `owner` have locked, each locked node once, `limit` at most. O(changes × depth). */
  touched(changes: Journal, owner: number, limit: number): Promise<readonly LockedNode[]>
  /** What changes took away is in no scope any more (section 2.4.1). O(changes × depth). */
  follow(changes: Journal): Promise<void>
  /** The scope of a lock; empty when there is no such lock. */
  nodes(id: number): Promise<readonly string[]>
}
