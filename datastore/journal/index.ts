/**
 * The durable log of commits, on LevelDB: each commit is one synced batch, chained to the one before by its hash. It is
 * read whole once, at the start, and then only appended to. It knows bytes and headers, not what the changes mean.
 */
import { RequestError } from '../errors.js'
import type { CommitRecord, Log, Loss } from '../types.js'
import { asideFor, readChain, setAside, type WholeCommit } from './chain.js'
import { DirectoryError, openDirectory, reopen, unusable, type Database, type Opened } from './directory.js'
import {
  after,
  commitKey,
  commitPrefix,
  decodeHeader,
  encodeHeader,
  hashOf,
  textKey,
  textPrefix,
  toRecord,
  type StoredCommit,
} from './record.js'
import { Witness } from './witness.js'

export { DirectoryError } from './directory.js'
export type { WholeCommit } from './chain.js'

/** What the committer knows of a commit; the journal adds its number and hashes. */
export type NewCommit = Pick<CommitRecord, 'time' | 'user' | 'session' | 'comment' | 'moduleSet'>

export class CommitJournal implements AsyncDisposable {
  readonly #directory: string
  readonly #database: Database
  readonly #witness: Witness
  readonly #log: Log
  readonly #now: number
  readonly #damaged: Opened['damaged']
  #head: CommitRecord | undefined
  #broken = false

  /** Throws DirectoryError. */
  static async open(directory: string, log: Log, now: number): Promise<CommitJournal> {
    return new CommitJournal(directory, await openDirectory(directory, now), log, now)
  }

  private constructor(directory: string, opened: Opened, log: Log, now: number) {
    this.#directory = directory
    this.#database = opened.database
    this.#damaged = opened.damaged
    this.#witness = new Witness(directory)
    this.#log = log
    this.#now = now
  }

  /** The last commit. */
  get head(): CommitRecord | undefined {
    return this.#head
  }

  /** Reads all commits, once, before anything is appended. Returns what was lost, when iterated to the end. */
  async *recover(): AsyncGenerator<WholeCommit, readonly Loss[], undefined> {
    const lost: Loss[] = []
    const chain = readChain(this.#database)
    let step = await chain.next()
    for (; !step.done; step = await chain.next()) {
      this.#head = toRecord(step.value.commit)
      yield step.value
    }
    const next = (this.#head?.number ?? 0) + 1
    const witnessed = (await this.#witness.read())?.number ?? 0
    if (step.value !== undefined) {
      const { number, reason } = step.value
      const keptAs = asideFor(this.#now)
      const last = await setAside(this.#database, number, keptAs)
      lost.push({ first: number, last: Math.max(last, witnessed), reason, keptAs })
    } else if (witnessed >= next) {
      const reason = 'the journal ends before them, though they had been made'
      lost.push({ first: next, last: witnessed, reason })
    }
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
    this.#testify()
    return lost
  }

  /** One synced batch; when it resolves, the commit has happened. Rejects with RequestError: then it has not. */
  async append(entry: NewCommit, chunks: readonly Buffer[]): Promise<CommitRecord> {
    const number = (this.#head?.number ?? 0) + 1
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    const previousHash = this.#head?.hash ?? ''
    const header = { format: 1, number, ...entry, previousHash, chunks: chunks.length, length } as const
    const commit: StoredCommit = { ...header, hash: hashOf(header, chunks) }
    try {
      if (this.#broken) await this.#reopen()
      this.#broken = true
      await this.#database.batch(
        [
          { type: 'put', key: commitKey(number), value: encodeHeader(commit) },
          ...chunks.map((value, index) => ({ type: 'put', key: textKey(number, index), value }) as const),
        ],
        { sync: true },
      )
      this.#broken = false
    } catch (error) {
      const reason =
        error instanceof DirectoryError ? error.message : unusable(this.#directory, error).message
      const message = `the journal could not be written: ${reason}; nothing was changed`
      this.#log.error(message)
      throw new RequestError({ type: 'application', tag: 'operation-failed', message })
    }
    this.#head = toRecord(commit)
    this.#testify()
    return this.#head
  }

  /** The newest first. */
  async *records(): AsyncGenerator<CommitRecord, void, undefined> {
    const range = { gt: commitPrefix, lt: after(commitPrefix), reverse: true }
    for await (const value of this.#database.values(range)) {
      const commit = decodeHeader(value)
      if (commit !== undefined) yield toRecord(commit)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#witness.settled()
    await this.#database.close()
  }

  /**
   * After a failed write LevelDB's log may end in half a record, behind which more would be lost: it is read anew
   * before the next write. A commit that was refused and is there nevertheless goes.
   */
  async #reopen(): Promise<void> {
    await reopen(this.#directory, this.#database)
    const number = this.#head?.number ?? 0
    const range = { gt: commitKey(number), lt: after(commitPrefix) }
    const text = { gte: textKey(number + 1, 0), lt: after(textPrefix) }
    const keys = [...(await this.#database.keys(range).all()), ...(await this.#database.keys(text).all())]
    if (keys.length > 0)
      await this.#database.batch(
        keys.map((key) => ({ type: 'del', key }) as const),
        { sync: true },
      )
  }

  #testify(): void {
    if (this.#head) this.#witness.write({ number: this.#head.number, hash: this.#head.hash })
  }
}
