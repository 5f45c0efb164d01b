/**
 * The durable log of commits, on LevelDB: each commit is one synced batch, chained to the one before by its hash. It is
 * read once, at the start, and then appended to. It knows bytes and headers, not what the changes mean. Snapshots of running
 * bound what a start reads, and let old commits go.
 *
 * A number that was given to a commit is never given to another, also when the commit was lost.
 */
import { RequestError, why } from '../errors.js'
import type { CommitRecord, Log, Loss } from '../types.js'
import { readCommit, type WholeCommit } from './chain.js'
import { copyOpen, openDirectory, type Database, type Opened } from './directory.js'
import {
  after,
  commitKey,
  commitPrefix,
  decodeHeader,
  encodeHeader,
  floorKey,
  hashOf,
  noteKey,
  notePrefix,
  textKey,
  textPrefix,
  toRecord,
  versionKey,
  type StoredCommit,
} from './record.js'
import type { HistoryLimits } from './kept.js'
import { Recovery } from './recovery.js'
import { octetsOf, type Snapshot } from './snapshots.js'
import { StoredStartup } from './startup.js'
import { del, put, Store, WriteError, type Write } from './store.js'

export { DirectoryError } from './directory.js'
export type { WholeCommit } from './chain.js'
export type { HistoryLimits } from './kept.js'
export type { Snapshot } from './snapshots.js'
export type { StartupHeader, StoredStartup } from './startup.js'

/** What the committer knows of a commit; the journal adds its number and hashes. */
export type NewCommit = Pick<CommitRecord, 'time' | 'user' | 'session' | 'comment' | 'moduleSet'>

/** Small values by name; null: no longer. */
export type Notes = Readonly<Record<string, string | null>>

/** What is kept of the past, when `HistoryLimits` are not given. */
const historyLimits: HistoryLimits = { commits: 1000, octets: 256 << 20 }

/** Snapshots kept: either may be damaged. */
const keptSnapshots = 2
const leastSnapshotOctets = 4 << 20
/** Doing a commit again at a start costs as much as reading so many octets. */
const commitOctets = 16 << 10

export interface JournalOptions {
  readonly directory: string
  readonly log: Log
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly history?: Partial<HistoryLimits>
  /** A snapshot is due after so much text at least, and after as much as the last one has; 4 MiB when absent. */
  readonly snapshotOctets?: number
  /** Version that a store is given with its first commit; 0 when absent. */
  readonly version?: number
  /** Told of each write: why it failed, undefined when it did not. */
  readonly stored?: ((failure: string | undefined) => void) | undefined
  /** Nothing but the first commit is taken, everything after it is refused with this. */
  readonly sealed?: string
}

export class CommitJournal implements AsyncDisposable {
  /** The startup datastore, which is stored beside the commits. */
  readonly startup: StoredStartup
  readonly #store: Store
  readonly #recovery: Recovery
  readonly #log: Log
  readonly #limits: HistoryLimits
  readonly #snapshotOctets: number
  readonly #options: JournalOptions
  #head: CommitRecord | undefined
  /** Octets that a start reads and the commits that it does again after the last snapshot, as octets. */
  #tail = 0
  /** Commits after this one must not go. */
  #held = Infinity
  #compacting: Promise<void> | undefined

  /** Throws DirectoryError. */
  static async open(options: JournalOptions): Promise<CommitJournal> {
    return new CommitJournal(options, await openDirectory(options.directory, options.now))
  }

  private constructor(options: JournalOptions, opened: Opened) {
    const { directory, log, now, history, snapshotOctets } = options
    this.#options = options
    this.#snapshotOctets = snapshotOctets ?? leastSnapshotOctets
    this.#store = new Store(directory, opened.database, (database) => this.#takeBack(database))
    this.#recovery = new Recovery(directory, opened, now)
    this.#log = log
    this.#limits = { ...historyLimits, ...history }
    this.startup = new StoredStartup({
      reading: () => this.#store.reading(),
      write: async (...write) => {
        if (options.sealed !== undefined) throw failed(options.sealed)
        await this.#write(...write)
      },
    })
  }

  /** The last commit. */
  get head(): CommitRecord | undefined {
    return this.#head
  }

  /** Number of the next commit. */
  get next(): number {
    return Math.max(this.#head?.number ?? 0, this.#recovery.floor) + 1
  }

  /** The oldest commit of which there is the text, and that of all after it; undefined: none. */
  get oldest(): number | undefined {
    return this.#recovery.kept.oldest
  }

  /** Version of the store: the last migration step that it needs no more. */
  get version(): number {
    return this.#recovery.version ?? (this.#head ? 0 : (this.#options.version ?? 0))
  }

  /** What the start found damaged without a commit of running being lost. */
  get faults(): readonly string[] {
    return this.#recovery.faults
  }

  /** Module set of the last commit, before anything is recovered; undefined: there is none. */
  moduleSet(): Promise<string | undefined> {
    return this.#recovery.moduleSet()
  }

  /** Copies the store as it is now to a folder in it; between `recover` and the first commit. Rejects with DirectoryError. */
  async keepCopy(name: string): Promise<string> {
    return await copyOpen(this.#options.directory, await this.#store.reading(), name)
  }

  /** The snapshot to begin with, read whole and verified; undefined: with nothing. Asked once, before `recover`. */
  base(): Promise<Snapshot | undefined> {
    return this.#recovery.base()
  }

  snapshotText(snapshot: Snapshot): AsyncIterable<Buffer> {
    return this.#recovery.snapshots.text(snapshot)
  }

  /** Reads the commits after the base, once, before anything is appended. Returns what was lost, when iterated to the end. */
  async *recover(): AsyncGenerator<WholeCommit, readonly Loss[], undefined> {
    const lost = yield* this.#recovery.commits()
    this.#head = this.#recovery.head
    this.#measureTail()
    this.#testify()
    return lost
  }

  /**
   * One synced batch, `notes` in it; when it resolves, the commit has happened. Rejects with RequestError: then it has not,
   * unless the message says that this cannot be known.
   */
  async append(entry: NewCommit, chunks: readonly Buffer[], notes: Notes = {}): Promise<CommitRecord> {
    if (this.#options.sealed !== undefined && this.#head) throw failed(this.#options.sealed)
    const { version } = this
    const first = this.#head ? [] : [put(versionKey, String(version))]
    const commit = await this.#append({ format: 1, ...entry }, chunks, notes, first)
    if (first.length > 0) this.#recovery.version = version
    return commit
  }

  /** Like `append`, for all of running, carried over to another module set and version of the store. */
  async appendWhole(entry: NewCommit, chunks: readonly Buffer[], version: number): Promise<CommitRecord> {
    const commit = await this.#append({ format: 2, whole: true, ...entry }, chunks, {}, [
      put(versionKey, String(version)),
    ])
    this.#recovery.version = version
    return commit
  }

  async #append(
    entry: NewCommit & Pick<StoredCommit, 'format' | 'whole'>,
    chunks: readonly Buffer[],
    notes: Notes,
    more: readonly Write[],
  ): Promise<CommitRecord> {
    const number = this.next
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    const previousHash = this.#head?.hash ?? ''
    const header = { ...entry, number, previousHash, chunks: chunks.length, length }
    const commit: StoredCommit = { ...header, hash: hashOf(header, chunks) }
    const batch = [
      put(commitKey(number), encodeHeader(commit)),
      ...chunks.map((value, index) => put(textKey(number, index), value)),
      ...noteWrites(notes),
      ...more,
    ]
    const landed = async (database: Database): Promise<boolean> =>
      (await readCommit(database, number).catch(() => undefined))?.commit.hash === commit.hash
    await this.#write(batch, landed, `commit ${number}`)
    this.#head = toRecord(commit)
    this.#recovery.kept.add(commit)
    this.#tail += length + commitOctets
    this.#note(notes)
    this.#testify()
    return this.#head
  }

  /**
   * Someone knows of a commit of this number: numbers go on above it. Resolves with false when the journal knew as much.
   * Rejects with RequestError.
   */
  async raise(number: number): Promise<boolean> {
    if (number < this.next) return false
    const landed = async (database: Database): Promise<boolean> =>
      Number(await database.get(floorKey)) === number
    await this.#write([put(floorKey, String(number))], landed, 'the number')
    this.#recovery.floor = number
    return true
  }

  /** Commits after this one are kept, whatever the limits say; undefined: none but those that a start needs. */
  hold(number: number | undefined): void {
    this.#held = number ?? Infinity
  }

  /** How much there is to be done again at a start, in parts of what a snapshot costs: from 1 on, a snapshot is due. */
  get snapshotDue(): number {
    const last = this.#recovery.usable[0]
    return this.#tail / Math.max(this.#snapshotOctets, last ? octetsOf(last) : 0)
  }

  /**
   * Keeps running as of a commit; then older snapshots and commits that nobody asks for go. Not to be called twice at a
   * time. Rejects with the signal's reason when that gives it up, or with an Error that says why it cannot be written.
   */
  async saveSnapshot(
    commit: CommitRecord,
    text: AsyncIterable<Buffer>,
    signal: AbortSignal,
  ): Promise<Snapshot> {
    const { snapshots } = this.#recovery
    const snapshot = await snapshots.write(commit, text, signal)
    const [...old] = this.#recovery.usable
    this.#recovery.usable = [snapshot, ...old].slice(0, keptSnapshots)
    for (const { commit } of old.slice(keptSnapshots - 1)) await snapshots.remove(commit.number)
    this.#measureTail()
    await this.compact()
    return snapshot
  }

  /** Deletes the oldest commits that are neither asked for nor needed, some at a time. Never rejects. */
  compact(): Promise<void> {
    return (this.#compacting ??= this.#compact().finally(() => (this.#compacting = undefined)))
  }

  /** What was noted with commits or by `setNotes`. */
  notes(): ReadonlyMap<string, string> {
    return this.#recovery.notes
  }

  /** One synced batch. Rejects with RequestError. */
  async setNotes(notes: Notes): Promise<void> {
    const landed = async (database: Database): Promise<boolean> => {
      const stored = await database.getMany(Object.keys(notes).map(noteKey))
      return Object.values(notes).every((value, index) => (stored[index]?.toString() ?? null) === value)
    }
    await this.#write(noteWrites(notes), landed, 'a note')
    this.#note(notes)
  }

  /**
   * A commit with the text of its changes; undefined when there is none of this number (any more). Rejects with RequestError
   * when it is damaged, or has no changes but all of running, carried over from another module set.
   */
  async read(number: number): Promise<WholeCommit | undefined> {
    const reading = this.#store.reading().then((database) => readCommit(database, number))
    const stored = await reading.catch((error: unknown) => {
      throw failed(`the journal cannot tell commit ${number}: ${why(error)}`)
    })
    if (stored?.commit.whole)
      throw failed(
        `commit ${number} carried the configuration over from other modules: there is no way back to before it`,
      )
    return stored
  }

  /** The newest first. */
  async *records(): AsyncGenerator<CommitRecord, void, undefined> {
    const range = { gt: commitPrefix, lt: after(commitPrefix), reverse: true }
    const database = await this.#store.reading()
    for await (const value of database.values(range)) {
      const commit = decodeHeader(value)
      if (commit !== undefined) yield toRecord(commit)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#compacting
    await this.#recovery.witness.settled()
    await this.#store[Symbol.asyncDispose]()
  }

  async #write(
    batch: readonly Write[],
    landed: (database: Database) => Promise<boolean>,
    what: string,
  ): Promise<void> {
    try {
      await this.#store.write(batch, { landed })
      this.#options.stored?.(undefined)
    } catch (error) {
      const outcome =
        error instanceof WriteError && error.inDoubt
          ? `nothing was changed. It cannot be read again either: should it be found whole at the next start, ${what} is in it`
          : 'nothing was changed'
      const message = `the journal could not be written: ${(error as Error).message}; ${outcome}`
      this.#log.error(message)
      this.#options.stored?.(message)
      throw failed(message)
    }
  }

  /** A commit that was refused and is there nevertheless goes, with all that was written with it. */
  async #takeBack(database: Database): Promise<void> {
    const head = this.#head
    const stored = head && (await readCommit(database, head.number))
    if (stored?.commit.hash !== head?.hash)
      throw new Error(`commit ${head?.number} is no longer in it, stop weftd and look`)
    const number = head?.number ?? 0
    const range = { gt: commitKey(number), lt: after(commitPrefix) }
    const text = { gte: textKey(number + 1, 0), lt: after(textPrefix) }
    const keys = [...(await database.keys(range).all()), ...(await database.keys(text).all())]
    const { version } = this.#recovery
    const notes = await database.keys({ gt: notePrefix, lt: after(notePrefix) }).all()
    const batch = [
      ...keys.map(del),
      ...notes.map(del),
      version === undefined ? del(versionKey) : put(versionKey, String(version)),
      ...[...this.#recovery.notes].map(([name, value]) => put(noteKey(name), value)),
    ]
    await database.batch(batch, { sync: true })
  }

  async #compact(): Promise<void> {
    const { usable, kept } = this.#recovery
    const snapshots = usable.length < keptSnapshots ? [0] : usable.map(({ commit }) => commit.number)
    const needed = () => Math.min(...snapshots, this.#held)
    try {
      for (
        let batch = kept.trim(this.#limits, needed());
        batch.length > 0;
        batch = kept.trim(this.#limits, needed())
      )
        await this.#store.write(batch, { lazy: true })
    } catch (error) {
      this.#log.warn(`old commits could not be deleted: ${(error as Error).message}`)
    }
  }

  #measureTail(): void {
    const { octets, commits } = this.#recovery.kept.after(this.#recovery.usable[0]?.commit.number ?? 0)
    this.#tail = octets + commits * commitOctets
  }

  #note(notes: Notes): void {
    for (const [name, value] of Object.entries(notes)) {
      if (value === null) this.#recovery.notes.delete(name)
      else this.#recovery.notes.set(name, value)
    }
  }

  #testify(): void {
    if (this.#head) this.#recovery.witness.write({ number: this.#head.number, hash: this.#head.hash })
  }
}

const noteWrites = (notes: Notes): readonly Write[] =>
  Object.entries(notes).map(([name, value]) =>
    value === null ? del(noteKey(name)) : put(noteKey(name), value),
  )

const failed = (message: string): RequestError =>
  new RequestError({ type: 'application', tag: 'operation-failed', message })
