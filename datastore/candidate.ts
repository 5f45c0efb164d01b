/**
 * The candidate (RFC 6241, section 8.3): its tree and the journal of all that differs from running. Every change is
 * appended to the journal, so that discard, commit and undo cost what was changed. What validation derives stays in
 * the candidate (RFC 7950, section 8.3.2), and a candidate that has not changed since is not validated again.
 *
 * Callers are alone among writers (see `datastores.ts`). Every failure leaves the candidate as it was, but for the part
 * of a failed edit that its error-option keeps.
 */
import type { Changes, Context, EditOptions, Fragment, Journal, Tree } from 'libyang-js'
import type { Controller } from './controller.js'
import { RequestError, why } from './errors.js'
import type { AdmitEdit } from './guard.js'
import { normalize, type Normalizing } from './normalize.js'
import type { TreeLease, Trees } from './trees.js'
import type { Log } from './types.js'

export type CandidateEdit = Pick<EditOptions, 'defaultOperation' | 'errorOption'> & {
  readonly testOption: 'test-then-set' | 'set' | 'test-only'
}

export class Candidate implements Disposable {
  #pending: Journal
  /** So many of the first pending changes are known to lead to a valid tree. */
  #checked = 0
  /** Taking something back failed: the tree is made anew before it is used again. */
  #broken = false
  readonly #context: Context
  readonly #trees: Trees
  readonly #normalizing: Normalizing
  readonly #log: Log

  constructor(
    context: Context,
    trees: Trees,
    controllers: readonly Controller[],
    log: Log,
    deadline: number,
  ) {
    this.#context = context
    this.#trees = trees
    this.#normalizing = { controllers, deadline }
    this.#log = log
    this.#pending = context.journal()
  }

  /** What differs from running. */
  get pending(): Journal {
    return this.#pending
  }

  get modified(): boolean {
    return this.#pending.size > 0
  }

  /** `admit` judges the changes before they are kept. */
  async edit(config: Fragment, options: CandidateEdit, admit?: AdmitEdit): Promise<void> {
    using lease = await this.#write()
    const { defaultOperation, errorOption, testOption } = options
    const result = await lease.tree.edit(config, { defaultOperation, errorOption })
    using changes = result.journal
    let tested = false
    await this.#orUndo(lease.tree, changes, async () => {
      await normalize(this.#normalizing, lease.tree, changes)
      await admit?.(changes)
      if (testOption === 'set' || result.errors.length > 0) return
      await this.#derive(lease.tree, changes, { journal: changes, from: 0 })
      tested = true
    })
    if (testOption === 'test-only') await this.#undo(lease.tree, changes)
    else if (tested || changes.size > 0) {
      this.#pending.append(changes)
      if (tested) this.#checked = this.#pending.size
    }
    if (result.errors.length > 0) throw new RequestError(result.errors)
  }

  /** Nothing follows from what is pending that is not in the tree. */
  get derived(): boolean {
    return this.#checked === this.#pending.size
  }

  /** Runs `use` on what the candidate would be if validation derived what follows; the candidate stays as it is. */
  async asDerived<T>(use: (tree: Tree) => Promise<T>): Promise<T> {
    using lease = await this.#write()
    using derived = this.#context.journal()
    await lease.tree.derive(derived, { journal: this.#pending, from: this.#checked })
    try {
      return await use(lease.tree)
    } finally {
      await this.#undo(lease.tree, derived)
    }
  }

  /** Validates, and keeps what validation derived. Returns the journal that takes it back. */
  async validate(): Promise<Journal> {
    const derived = this.#context.journal()
    if (this.#checked === this.#pending.size) return derived
    using _derived = derived
    using lease = await this.#write()
    await this.#derive(lease.tree, derived)
    const undo = await derived.reversed()
    this.#pending.append(derived)
    this.#checked = this.#pending.size
    return undo
  }

  /** Leaves one change at most per node of what is pending. */
  async net(): Promise<void> {
    const valid = this.#checked === this.#pending.size
    await this.#pending.net()
    this.#checked = valid ? this.#pending.size : 0
  }

  /** Takes back what `validate` derived. */
  async revert(undo: Journal): Promise<void> {
    if (undo.size === 0) return
    using lease = await this.#write()
    await this.#apply(lease.tree, undo)
    this.#pending.append(undo)
    this.#checked = 0
  }

  /** Does changes, one journal after the other, to a candidate that is what running is. The journals are disposed of. */
  async load(journals: AsyncIterable<Journal>): Promise<void> {
    using lease = await this.#write()
    using changes = this.#context.journal()
    await this.#orUndo(lease.tree, changes, async () => {
      for await (const journal of journals) {
        using given = journal
        using done = await lease.tree.redo(given)
        changes.append(done)
      }
      await changes.net()
    })
    this.#pending.append(changes)
  }

  /** What running is with changes, one journal after the other, takes the place of all that is pending. */
  async replace(journals: AsyncIterable<Journal>, admit?: AdmitEdit): Promise<void> {
    using aside = await this.setAside()
    try {
      await this.load(journals)
      if (admit) await this.#orDiscard(() => admit(this.#pending))
    } catch (error) {
      await this.takeUp(aside, undefined)
      throw error
    }
  }

  async #orDiscard(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      await this.discard()
      throw error
    }
  }

  /** The candidate becomes what running is, for a commit of something else; what was pending is the caller's. */
  async setAside(): Promise<Journal> {
    await this.net()
    if (this.modified) {
      using lease = await this.#write()
      await this.#undo(lease.tree, this.#pending)
    }
    return this.take()
  }

  /**
   * What was set aside is pending again. When running has changed meanwhile, `back` takes that back: the candidate gets
   * the contents that it had.
   */
  async takeUp(aside: Journal, back: Journal | undefined): Promise<void> {
    if (aside.size === 0) return
    if (back) this.#pending.append(back)
    this.#pending.append(aside)
    this.#checked = 0
    await this.net()
    using lease = await this.#write()
    await this.#apply(lease.tree, this.#pending)
  }

  async discard(admit?: AdmitEdit): Promise<void> {
    if (!this.modified) return
    if (admit) {
      using back = await this.#pending.reversed()
      await admit(back)
    }
    using lease = await this.#write()
    await this.#undo(lease.tree, this.#pending)
    this.take()[Symbol.dispose]()
  }

  /** The pending journal, now the caller's: the candidate's tree is becoming running. */
  take(): Journal {
    const taken = this.#pending
    this.#pending = this.#context.journal()
    this.#checked = 0
    return taken
  }

  [Symbol.dispose](): void {
    this.#pending[Symbol.dispose]()
  }

  async #write(): Promise<TreeLease> {
    if (this.#broken) {
      await this.#trees.rebuild(this.#pending)
      this.#broken = false
    }
    return await this.#trees.write()
  }

  /** Judges what the pending changes that are not checked, and `more` after them, can have affected. */
  async #derive(tree: Tree, changes: Journal, ...more: Changes[]): Promise<void> {
    using derived = this.#context.journal()
    const errors = await tree.validate(derived, { journal: this.#pending, from: this.#checked }, ...more)
    if (errors.length > 0) throw new RequestError(errors)
    changes.append(derived)
  }

  async #orUndo(tree: Tree, changes: Journal, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      await this.#undo(tree, changes)
      throw RequestError.from(error)
    }
  }

  async #undo(tree: Tree, changes: Journal): Promise<void> {
    try {
      using back = await changes.reversed()
      await tree.apply(back)
    } catch (error) {
      this.#distrust(error)
    }
  }

  async #apply(tree: Tree, changes: Journal): Promise<void> {
    try {
      await tree.apply(changes)
    } catch (error) {
      this.#distrust(error)
    }
  }

  #distrust(error: unknown): void {
    this.#broken = true
    this.#log.error(`candidate could not be taken back to what it was and is copied anew: ${why(error)}`)
  }
}
