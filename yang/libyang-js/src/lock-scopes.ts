import { nativeJournal } from './journal.js'
import type { NativeLockScopes } from './native.js'
import { nativeTree } from './tree.js'
import type { Budget, Journal, LockedNode, LockScopes, ScopedText, Tree } from './types.js'

export class LockScopesHandle implements LockScopes {
  readonly #native: NativeLockScopes

  constructor(native: NativeLockScopes) {
    this.#native = native
  }

  async lock(
    tree: Tree,
    id: number,
    owner: number,
    expressions: readonly ScopedText[],
    budget?: Budget,
  ): Promise<{ readonly nodes: readonly string[]; readonly conflict?: LockedNode }> {
    return this.#native.lock(nativeTree(tree), id, owner, expressions, budget)
  }

  async release(id: number): Promise<void> {
    await this.#native.release(id)
  }

  async touched(changes: Journal, owner: number, limit: number): Promise<readonly LockedNode[]> {
    return this.#native.touched(nativeJournal(changes), owner, limit)
  }

  async follow(changes: Journal): Promise<void> {
    await this.#native.follow(nativeJournal(changes))
  }

  async nodes(id: number): Promise<readonly string[]> {
    return this.#native.nodes(id)
  }

  [Symbol.dispose](): void {
    this.#native.dispose()
  }
}
