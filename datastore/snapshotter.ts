/**
 * Decides when running is kept as a snapshot, so that a start reads a bounded amount. The cost follows what was committed: a
 * snapshot is due when as much text has come since the last one as that has, and is written when no commit has come for a
 * while. A commit that comes meanwhile gives it up, for the next change would have to wait for its reading; it is tried
 * again after a longer pause. When it is overdue, it is carried through.
 */
import { why } from './errors.js'
import type { CommitJournal } from './journal/index.js'
import type { Trees } from './trees.js'
import type { CommitRecord, Log } from './types.js'

/** Octets of a chunk. */
const chunkBytes = 1 << 20
/** In parts of a snapshot's cost: from here on it is carried through. */
const overdue = 4
const longestPause = 60_000

export interface SnapshotterParts {
  readonly journal: Pick<CommitJournal, 'snapshotDue' | 'saveSnapshot'>
  readonly trees: Pick<Trees, 'read'>
  readonly log: Log
  /** Milliseconds without a commit. */
  readonly pause: number
}

export class Snapshotter implements AsyncDisposable {
  readonly #parts: SnapshotterParts
  #pause: number
  #timer: NodeJS.Timeout | undefined
  #attempt: { readonly giveUp: AbortController; readonly end: Promise<void> } | undefined
  /** The last commit, and the tree that is running by it. */
  #running: Promise<{ readonly commit: CommitRecord; readonly tree: unknown }> | undefined
  #closed = false

  constructor(parts: SnapshotterParts) {
    this.#parts = parts
    this.#pause = parts.pause
  }

  /** Running is this commit. To be called before another commit can be made. */
  committed(commit: CommitRecord): void {
    if (this.#closed) return
    this.#running = this.#treeOf(commit)
    const due = this.#parts.journal.snapshotDue
    if (due < overdue) this.#attempt?.giveUp.abort(new Error('another commit came'))
    if (due >= 1) this.#plan()
  }

  /** Gives up what is being written. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#attempt?.giveUp.abort(new Error('the datastores are being closed'))
    await this.#attempt?.end
  }

  #plan(): void {
    if (this.#closed || this.#attempt !== undefined) return
    const late = this.#parts.journal.snapshotDue >= overdue
    // Who commits all the time would put it off for ever.
    if (late && this.#timer !== undefined) return
    clearTimeout(this.#timer)
    const failed = this.#pause > this.#parts.pause
    this.#timer = setTimeout(() => this.#begin(), late && !failed ? 0 : this.#pause)
    this.#timer.unref()
  }

  #begin(): void {
    this.#timer = undefined
    const giveUp = new AbortController()
    const end = this.#write(giveUp.signal).then((again) => {
      this.#attempt = undefined
      if (again && this.#parts.journal.snapshotDue >= 1) this.#plan()
    })
    this.#attempt = { giveUp, end }
  }

  /** Resolves with false when a commit is about to call `committed`. */
  async #write(signal: AbortSignal): Promise<boolean> {
    const { journal, trees, log, pause } = this.#parts
    try {
      using running = await trees.read('running')
      const known = await this.#running
      if (known?.tree !== running.tree) return false
      await journal.saveSnapshot(known.commit, running.tree.snapshot(chunkBytes), signal)
      this.#pause = pause
    } catch (error) {
      this.#pause = Math.min(this.#pause * 2, longestPause)
      if (!signal.aborted) log.warn(`running could not be kept as a snapshot: ${why(error)}`)
    }
    return true
  }

  async #treeOf(commit: CommitRecord) {
    using running = await this.#parts.trees.read('running')
    return { commit, tree: running.tree }
  }
}
