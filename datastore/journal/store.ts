/**
 * The LevelDB of a journal, and what becomes of it when a write fails. LevelDB's log may then end in half a record, behind
 * which later ones would be lost without a word: the database is closed and read anew, and only what it then has counts.
 * Writes are made one after the other. Owns the database.
 */
import { Gate } from '../gate.js'
import { DirectoryError, freeOctets, full, reopen, unusable, type Database } from './directory.js'

/** LevelDB needs this much to go on with, or to be opened again. */
const reserveOctets = 1 << 20

export type Write =
  | { readonly type: 'put'; readonly key: string; readonly value: Buffer }
  | { readonly type: 'del'; readonly key: string }

export const put = (key: string, value: Buffer | string): Write => ({
  type: 'put',
  key,
  value: typeof value === 'string' ? Buffer.from(value) : value,
})
export const del = (key: string): Write => ({ type: 'del', key })

/** A write that was refused, and why. */
export class WriteError extends Error {
  constructor(
    readonly reason: DirectoryError,
    /** The store could not be read again: whether it has what was refused shows when it can, and it is taken back then. */
    readonly inDoubt: boolean,
  ) {
    super(reason.message, { cause: reason })
    this.name = 'WriteError'
  }
}

export class Store implements AsyncDisposable {
  readonly #directory: string
  readonly #database: Database
  readonly #takeBack: (database: Database) => Promise<void>
  readonly #writes = new Gate()
  #broken = false

  /** `takeBack` is called with a database that was read anew: it removes what was refused; it rejects when the database is not the one it was. */
  constructor(directory: string, database: Database, takeBack: (database: Database) => Promise<void>) {
    this.#directory = directory
    this.#database = database
    this.#takeBack = takeBack
  }

  /**
   * One batch: all of it or nothing, durable when this resolves (unless `lazy`: then it may be lost, but only with the machine).
   * When it fails, `landed` says of the database read anew whether the batch is there nevertheless. Rejects with WriteError.
   */
  async write(
    batch: readonly Write[],
    options: { readonly landed?: (database: Database) => Promise<boolean>; readonly lazy?: boolean } = {},
  ): Promise<void> {
    await this.#writes.alone(async () => {
      await this.#heal()
      if (options.lazy !== true) await this.#checkRoom(batch)
      this.#broken = true
      try {
        await this.#database.batch([...batch], { sync: options.lazy !== true })
        this.#broken = false
      } catch (error) {
        const reason = unusable(this.#directory, error)
        try {
          await reopen(this.#directory, this.#database)
          if ((await options.landed?.(this.#database)) === true) {
            this.#broken = false
            return
          }
        } catch {
          throw new WriteError(reason, true)
        }
        await this.#heal()
        throw new WriteError(reason, false)
      }
    })
  }

  /** The database for reading. Rejects with WriteError while a failed write keeps it from being opened. */
  async reading(): Promise<Database> {
    if (this.#broken) await this.#writes.alone(() => this.#heal())
    return this.#database
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writes.alone(() => this.#database.close())
  }

  /** On a full disk LevelDB cannot be opened again either: what has no room is refused while the past can still be read. */
  async #checkRoom(batch: readonly Write[]): Promise<void> {
    const octets = batch.reduce((sum, write) => sum + (write.type === 'put' ? write.value.length : 0), 0)
    const free = await freeOctets(this.#directory)
    if (free < octets + reserveOctets) throw new WriteError(full(this.#directory), false)
  }

  async #heal(): Promise<void> {
    if (!this.#broken) return
    try {
      await reopen(this.#directory, this.#database)
      await this.#takeBack(this.#database)
      this.#broken = false
    } catch (error) {
      throw new WriteError(unusable(this.#directory, error), false)
    }
  }
}
