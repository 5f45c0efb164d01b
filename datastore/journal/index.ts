/**
 * The durable log of commits, on LevelDB: each commit is one synced batch, chained to the one before by its hash. It is
 * read once, at the start, and then appended to. It knows bytes and headers, not what the changes mean.
 *
 * A number that was given to a commit is never given to another, also when the commit was lost.
 */
import { RequestError } from '../errors.js'
import type { CommitRecord, Log, Loss } from '../types.js'
import { asideFor, readChain, readCommit, setAside, type WholeCommit } from './chain.js'
import { openDirectory, type Database, type Opened } from './directory.js'
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
  type StoredCommit,
} from './record.js'
import { del, put, Store, WriteError, type Write } from './store.js'
import { Witness } from './witness.js'

export { DirectoryError } from './directory.js'
export type { WholeCommit } from './chain.js'

/** What the committer knows of a commit; the journal adds its number and hashes. */
export type NewCommit = Pick<CommitRecord, 'time' | 'user' | 'session' | 'comment' | 'moduleSet'>

/** Small values by name; null: no longer. */
export type Notes = Readonly<Record<string, string | null>>

export class CommitJournal implements AsyncDisposable {
  readonly #store: Store
  readonly #witness: Witness
  readonly #log: Log
  readonly #now: number
  readonly #damaged: Opened['damaged']
  readonly #notes = new Map<string, string>()
  #head: CommitRecord | undefined
  /** The highest number that was ever given away. */
  #floor = 0

  /** Throws DirectoryError. */
  static async open(directory: string, log: Log, now: number): Promise<CommitJournal> {
    return new CommitJournal(directory, await openDirectory(directory, now), log, now)
  }

  private constructor(directory: string, opened: Opened, log: Log, now: number) {
    this.#store = new Store(directory, opened.database, (database) => this.#takeBack(database))
    this.#damaged = opened.damaged
    this.#witness = new Witness(directory)
    this.#log = log
    this.#now = now
  }

  /** The last commit. */
  get head(): CommitRecord | undefined {
    return this.#head
  }

  /** Number of the next commit. */
  get next(): number {
    return Math.max(this.#head?.number ?? 0, this.#floor) + 1
  }

  /** Reads all commits, once, before anything is appended. Returns what was lost, when iterated to the end. */
  async *recover(): AsyncGenerator<WholeCommit, readonly Loss[], undefined> {
    const database = await this.#store.reading()
    const lost: Loss[] = []
    const chain = readChain(database)
    let step = await chain.next()
    for (; !step.done; step = await chain.next()) {
      this.#head = toRecord(step.value.commit)
      yield step.value
    }
    this.#floor = Number((await database.get(floorKey)) ?? 0)
    const next = this.next
    const witnessed = (await this.#witness.read())?.number ?? 0
    if (step.value !== undefined) {
      const { number, reason } = step.value
      const keptAs = asideFor(this.#now)
      const last = Math.max(await setAside(database, number, keptAs), witnessed)
      lost.push({ first: number, last, reason, keptAs })
    } else if (witnessed >= next) {
      const reason = 'the journal ends before them, though they had been made'
      lost.push({ first: next, last: witnessed, reason })
    }
    if (lost[0] !== undefined) await this.#raise(lost[0].last)
    if (this.#damaged) {
      const { copy, reason } = this.#damaged
      const [first, last] = [lost[0]?.first ?? next, lost[0]?.last ?? next - 1]
      lost.push({
        first,
        last,
        reason: `the journal was damaged and has been repaired (${reason})`,
        keptAs: copy,
      })
    }
    await this.#readNotes(database)
    this.#testify()
    return lost
  }

  /**
   * One synced batch, `notes` in it; when it resolves, the commit has happened. Rejects with RequestError: then it has not,
   * unless the message says that this cannot be known.
   */
  async append(entry: NewCommit, chunks: readonly Buffer[], notes: Notes = {}): Promise<CommitRecord> {
    const number = this.next
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    const previousHash = this.#head?.hash ?? ''
    const header = { format: 1, number, ...entry, previousHash, chunks: chunks.length, length } as const
    const commit: StoredCommit = { ...header, hash: hashOf(header, chunks) }
    const batch = [
      put(commitKey(number), encodeHeader(commit)),
      ...chunks.map((value, index) => put(textKey(number, index), value)),
      ...noteWrites(notes),
    ]
    const landed = async (database: Database): Promise<boolean> =>
      (await readCommit(database, number).catch(() => undefined))?.commit.hash === commit.hash
    await this.#write(batch, landed, `commit ${number}`)
    this.#head = toRecord(commit)
    this.#note(notes)
    this.#testify()
    return this.#head
  }

  /** What was noted with commits or by `setNotes`. */
  notes(): ReadonlyMap<string, string> {
    return this.#notes
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

  /** A commit with the text of its changes; undefined when there is none of this number (any more). Rejects with RequestError when it is damaged. */
  async read(number: number): Promise<WholeCommit | undefined> {
    try {
      return await readCommit(await this.#store.reading(), number)
    } catch (error) {
      throw failed(`the journal cannot tell commit ${number}: ${(error as Error).message}`)
    }
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
    await this.#witness.settled()
    await this.#store[Symbol.asyncDispose]()
  }

  async #write(
    batch: readonly Write[],
    landed: (database: Database) => Promise<boolean>,
    what: string,
  ): Promise<void> {
    try {
      await this.#store.write(batch, { landed })
    } catch (error) {
      const outcome =
        error instanceof WriteError && error.inDoubt
          ? `nothing was changed. It cannot be read again either: should it be found whole at the next start, ${what} is in it`
          : 'nothing was changed'
      const message = `the journal could not be written: ${(error as Error).message}; ${outcome}`
      this.#log.error(message)
      throw failed(message)
    }
  }

  /** A commit that was refused and is there nevertheless goes. */
  async #takeBack(database: Database): Promise<void> {
    const head = this.#head
    const stored = head && (await readCommit(database, head.number))
    if (stored?.commit.hash !== head?.hash)
      throw new Error(`commit ${head?.number} is no longer in it, stop weftd and look`)
    const number = head?.number ?? 0
    const range = { gt: commitKey(number), lt: after(commitPrefix) }
    const text = { gte: textKey(number + 1, 0), lt: after(textPrefix) }
    const keys = [...(await database.keys(range).all()), ...(await database.keys(text).all())]
    const notes = await database.keys({ gt: notePrefix, lt: after(notePrefix) }).all()
    const batch = [
      ...keys.map(del),
      ...notes.map(del),
      ...[...this.#notes].map(([name, value]) => put(noteKey(name), value)),
    ]
    if (batch.length > 0) await database.batch(batch, { sync: true })
  }

  async #raise(number: number): Promise<void> {
    this.#floor = Math.max(this.#floor, number)
    await this.#store.write([put(floorKey, String(this.#floor))])
  }

  async #readNotes(database: Database): Promise<void> {
    for await (const [key, value] of database.iterator({ gt: notePrefix, lt: after(notePrefix) }))
      this.#notes.set(key.slice(notePrefix.length), value.toString())
  }

  #note(notes: Notes): void {
    for (const [name, value] of Object.entries(notes)) {
      if (value === null) this.#notes.delete(name)
      else this.#notes.set(name, value)
    }
  }

  #testify(): void {
    if (this.#head) this.#witness.write({ number: this.#head.number, hash: this.#head.hash })
  }
}

const noteWrites = (notes: Notes): readonly Write[] =>
  Object.entries(notes).map(([name, value]) =>
    value === null ? del(noteKey(name)) : put(noteKey(name), value),
  )

const failed = (message: string): RequestError =>
  new RequestError({ type: 'application', tag: 'operation-failed', message })
