/**
 * Makes running anew from what the journal has: the snapshot, if there is one, and the commits after it done again; defaults,
 * which neither tells, are then computed by one validation. A store of another module set is carried over (see `carry.ts`).
 * The cost follows the size of running and of those commits.
 */
import type { Context, Tree } from 'libyang-js'
import { carryOver } from './carry.js'
import { RequestError } from './errors.js'
import type { CommitJournal, WholeCommit } from './journal/index.js'
import { Document, type Migration } from './migrate/index.js'
import type { CommitRecord, Log, RecoveryReport } from './types.js'

export interface RecoverOptions {
  /** Told once the store is this process's alone. */
  readonly opened?: () => void
  readonly directory: string
  readonly context: Context
  readonly log: Log
  readonly moduleSet: string
  readonly migrations: readonly Migration[]
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** What errors name of a commit. */
export type Named = Pick<CommitRecord, 'number' | 'time' | 'user' | 'moduleSet'>

export interface Recovered {
  readonly running: Tree
  readonly recovery: RecoveryReport
}

/** A store that holds a configuration which is not for this appliance. Nothing in it was changed. */
export class UnfitError extends Error {
  override readonly name = 'UnfitError'
}

/** Throws UnfitError, or what the journal throws. */
export async function recoverRunning(options: RecoverOptions, journal: CommitJournal): Promise<Recovered> {
  const started = performance.now()
  const { context, moduleSet } = options
  const stored = await journal.moduleSet()
  const replay = new Replay(context, stored !== undefined && stored !== moduleSet)
  try {
    const base = await journal.base()
    if (base !== undefined)
      for await (const chunk of journal.snapshotText(base)) await replay.load(base.commit, chunk)
    const commits = journal.recover()
    let step = await commits.next()
    for (; !step.done; step = await commits.next()) await replay.redo(step.value)
    // What an unverified header says of the modules is only a hint; the last whole commit decides.
    const last = journal.head?.moduleSet
    const invalid =
      last !== undefined && last !== moduleSet
        ? await carryOver(options, journal, replay, last)
        : await replay.validate(options)
    const running = replay.take()
    const milliseconds = Math.round(performance.now() - started)
    const number = journal.head?.number ?? 0
    return { running, recovery: { number, lost: step.value, faults: journal.faults, invalid, milliseconds } }
  } finally {
    replay[Symbol.dispose]()
  }
}

/** What the journal tells, done to a tree, and to a document that needs no schema when the tree may not take it. */
export class Replay implements Disposable {
  readonly #context: Context
  readonly #foreign: boolean
  #tree: Tree | undefined
  #document: Document | undefined
  /** The first commit that the tree did not take; the tree is then good for nothing. */
  #refusal: { readonly commit: Named; readonly error: unknown } | undefined
  #unreadable: Error | undefined

  constructor(context: Context, foreign: boolean) {
    this.#context = context
    this.#foreign = foreign
    this.#begin()
  }

  get refusal(): { readonly commit: Named; readonly error: unknown } | undefined {
    return this.#refusal
  }

  /** Throws an Error when the journal's text cannot be read without the modules that it was written with. */
  get document(): Document {
    if (this.#unreadable !== undefined || this.#document === undefined)
      throw this.#unreadable ?? new Error('the modules are the same')
    return this.#document
  }

  get tree(): Tree {
    if (this.#tree === undefined) throw new Error('the tree was taken')
    return this.#tree
  }

  /** The tree becomes the caller's. */
  take(): Tree {
    const { tree } = this
    this.#tree = undefined
    return tree
  }

  /** Instead of what was told, the tree is this one; it is then the replay's. */
  replace(tree: Tree): void {
    this.#tree?.[Symbol.dispose]()
    this.#tree = tree
  }

  /** A chunk of all that there is. */
  async load(commit: Named, chunk: Buffer): Promise<void> {
    this.#tell(chunk)
    await this.#try(commit, () => this.tree.load(chunk))
  }

  async redo({ commit, chunks }: WholeCommit): Promise<void> {
    if (commit.whole) {
      this.#begin()
      for (const chunk of chunks) await this.load(commit, chunk)
      return
    }
    for (const chunk of chunks) this.#tell(chunk)
    await this.#try(commit, async () => {
      using changes = await this.#context.decodeJournal(chunks)
      await this.tree.apply(changes)
    })
  }

  /** Computes what is not told; returns what is wrong. Throws UnfitError. */
  async validate(options: Pick<RecoverOptions, 'directory' | 'moduleSet'>) {
    if (this.#refusal) throw unfit(options, this.#refusal.commit, this.#refusal.error)
    using derived = this.#context.journal()
    return await this.tree.validate(derived)
  }

  [Symbol.dispose](): void {
    this.#tree?.[Symbol.dispose]()
  }

  #begin(): void {
    this.replace(this.#context.tree())
    this.#document = this.#foreign ? new Document() : undefined
    this.#refusal = undefined
    this.#unreadable = undefined
  }

  #tell(chunk: Buffer): void {
    if (this.#unreadable !== undefined) return
    try {
      this.#document?.apply(chunk)
    } catch (error) {
      this.#unreadable = error as Error
    }
  }

  async #try(commit: Named, task: () => Promise<void>): Promise<void> {
    if (this.#refusal) return
    try {
      await task()
    } catch (error) {
      this.#refusal = { commit, error }
    }
  }
}

/** A commit that does not fit the modules, and what would be right. */
export function unfit(
  { directory, moduleSet }: Pick<RecoverOptions, 'directory' | 'moduleSet'>,
  commit: Named,
  error: unknown,
): UnfitError {
  const when = new Date(commit.time).toISOString()
  const modules =
    commit.moduleSet === moduleSet
      ? 'it was made with the modules of now'
      : `it was made with module set ${commit.moduleSet}, now it is ${moduleSet}; start with the modules of then`
  return new UnfitError(
    `commit ${commit.number} of the journal in ${directory} (${commit.user}, ${when}) does not fit the modules: ` +
      `${RequestError.from(error).message}; ${modules}. Nothing was changed`,
    { cause: error },
  )
}
