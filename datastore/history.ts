/**
 * Earlier states of the configuration, from the journal of commits: what leads back to one, and what differs between
 * two. Nothing here knows a whole configuration; the cost follows the changes of the commits in between.
 *
 * State N is what running was after commit N; 0 is the empty one from before the first. A state can be reached as long as
 * every commit after it is kept.
 */
import type { Access, Context, Journal, Tree } from 'libyang-js'
import { RequestError, UnavailableError } from './errors.js'
import type { CommitJournal } from './journal/index.js'
import type { Trees } from './trees.js'
import type { CommitRecord, Difference } from './types.js'

/** The most text of commits that one comparison reads: it has all their changes in memory at once. */
const largestComparison = 64 << 20

/** A state of the configuration: that of a commit, and what is pending on top of it. */
export interface Point {
  readonly commit: number
  readonly pending?: Journal
}

export class History {
  readonly #context: Context
  readonly #journal: CommitJournal

  constructor(context: Context, journal: CommitJournal) {
    this.#context = context
    this.#journal = journal
  }

  /** Number of the last commit. */
  get head(): number {
    return this.#journal.head?.number ?? 0
  }

  /** The commits of which there is the text, and that of all after them; the newest first. */
  async *records(): AsyncGenerator<CommitRecord, void, undefined> {
    const { oldest = Infinity } = this.#journal
    for await (const commit of this.#journal.records()) {
      if (commit.number < oldest) return
      yield commit
    }
  }

  /** The state so many commits ago. Throws RequestError. */
  async stateBack(commits: number): Promise<number> {
    const states: number[] = []
    for await (const state of this.#states()) if (states.push(state) > commits) return state
    throw unavailable(
      commits,
      `there are ${states.length - 1} commits to go back, to the state after commit ${states.at(-1)}; ${commits} are too many`,
    )
  }

  /** Throws RequestError unless a state is kept; the error names the oldest that is. */
  async check(state: number): Promise<void> {
    let nearest = this.head
    for await (const kept of this.#states()) {
      if (kept === state) return
      if (kept < state) break
      nearest = kept
    }
    if (state > this.head)
      throw unavailable(
        state,
        this.head === 0
          ? `there is no commit ${state}: nothing has been committed yet`
          : `there is no commit ${state}; the last one is ${this.head}`,
      )
    throw unavailable(
      state,
      `the state after commit ${state} is not kept; the next one that is kept is that after commit ${nearest}`,
    )
  }

  /** The changes that lead from the last commit back to state `to`, a journal a commit, each the caller's. Throws RequestError. */
  async *back(to: number): AsyncGenerator<Journal, void, undefined> {
    await this.check(to)
    for (const number of await this.#numbers(to, this.head)) {
      using changes = (await this.#read(number)).changes
      yield await changes.reversed()
    }
  }

  /** What `back` gives as one journal, net; the caller's. Throws RequestError. */
  async wayBack(to: number): Promise<Journal> {
    return await this.between({ commit: this.head }, { commit: to })
  }

  /** What leads from one state to another, net; the caller's. The journals of points are left empty. Throws RequestError. */
  async between(from: Point, to: Point): Promise<Journal> {
    const changes = this.#context.journal()
    try {
      await this.#collect(changes, from, to)
      await changes.net()
      return changes
    } catch (error) {
      changes[Symbol.dispose]()
      throw error
    }
  }

  async #collect(changes: Journal, from: Point, to: Point): Promise<void> {
    const append = (journal: Journal) => {
      using appended = journal
      changes.append(appended)
    }
    await this.check(from.commit)
    await this.check(to.commit)
    if (from.pending) append(await from.pending.reversed())
    let length = 0
    const read = async (number: number) => {
      const stored = await this.#read(number)
      length += stored.length
      if (length <= largestComparison) return stored.changes
      stored.changes[Symbol.dispose]()
      throw tooMuch(from.commit, to.commit)
    }
    for (const number of await this.#numbers(to.commit, from.commit)) {
      using forth = await read(number)
      append(await forth.reversed())
    }
    const forth = await this.#numbers(from.commit, to.commit)
    for (const number of forth.toReversed()) append(await read(number))
    if (to.pending) changes.append(to.pending)
  }

  /** Numbers of the states that are kept, the newest first. */
  async *#states(): AsyncGenerator<number, void, undefined> {
    yield this.head
    let oldest: CommitRecord | undefined
    for await (const commit of this.records()) {
      if (oldest) yield commit.number
      oldest = commit
    }
    if (oldest) yield stateBefore(oldest)
  }

  /** Numbers of the commits after state `after`, up to `last`, the newest first. */
  async #numbers(after: number, last: number): Promise<readonly number[]> {
    const numbers: number[] = []
    for await (const { number } of this.records()) {
      if (number <= after) break
      if (number <= last) numbers.push(number)
    }
    return numbers
  }

  async #read(number: number): Promise<{ readonly changes: Journal; readonly length: number }> {
    const stored = await this.#journal.read(number)
    if (!stored) throw failed(`the changes of commit ${number} are missing from the journal`)
    try {
      return {
        changes: await this.#context.decodeJournal(stored.chunks),
        length: stored.chunks.reduce((sum, chunk) => sum + chunk.length, 0),
      }
    } catch (error) {
      throw failed(`commit ${number} does not fit the modules of now: ${RequestError.from(error).message}`)
    }
  }
}

/** What running was after a commit; the caller's. To be called alone among writers. O(running). */
export async function treeOfCommit(trees: Trees, history: History, commit: number): Promise<Tree> {
  using way = await history.wayBack(commit)
  using running = await trees.read('running')
  const tree = await running.tree.copy()
  try {
    using _done = await tree.redo(way)
    return tree
  } catch (error) {
    tree[Symbol.dispose]()
    throw error
  }
}

/** Number of the state before a commit, the oldest that is kept. */
export function stateBefore({ number, previousHash }: CommitRecord): number {
  return previousHash === '' ? 0 : number - 1
}

/** At most `limit` lines of what a journal does, to what `access` lets be read. */
export async function describe(changes: Journal, limit: number, access?: Access): Promise<Difference> {
  using seen = access && (await changes.visible(access))
  const lines = await (seen ?? changes).describe(limit + 1)
  return { lines: lines.slice(0, limit), more: lines.length > limit }
}

function unavailable(wanted: number, message: string): RequestError {
  return new UnavailableError({ type: 'application', tag: 'invalid-value', message }, wanted)
}

function failed(message: string): RequestError {
  return new RequestError({ type: 'application', tag: 'operation-failed', message })
}

function tooMuch(from: number, to: number): RequestError {
  return new RequestError({
    type: 'application',
    tag: 'resource-denied',
    message:
      `the changes between commits ${from} and ${to} are more than ${largestComparison >> 20} MiB of text; ` +
      'compare states that are nearer to each other',
  })
}
