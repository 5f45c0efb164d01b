/**
 * The write-ahead logs of LevelDB, held by a second name while the database is opened: what LevelDB cannot read of a log it
 * drops without a word, and the log with it. Links cost no copy. Where a file system has none, nothing is held.
 */
import { link, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

export class HeldLogs {
  readonly #location: string
  readonly #folder: string

  private constructor(location: string) {
    this.#location = location
    this.#folder = `${location}.logs`
  }

  /** Before the database at `location` is opened. What a start that was killed has held is held on. */
  static async hold(location: string): Promise<HeldLogs> {
    const held = new HeldLogs(location)
    try {
      const logs = (await readdir(location)).filter((name) => name.endsWith('.log'))
      if (logs.length > 0) await mkdir(held.#folder, { recursive: true, mode: 0o700 })
      for (const name of logs)
        await link(join(location, name), join(held.#folder, name)).catch(() => undefined)
    } catch {
      // Opening the database says what is wrong with its folder.
    }
    return held
  }

  /** Keeps them for an operator. Returns where; undefined when there are none. */
  async keep(now: number): Promise<string | undefined> {
    const kept = `${this.#location}.damaged-logs-${new Date(now).toISOString().replaceAll(':', '')}`
    return await rename(this.#folder, kept).then(
      () => kept,
      () => undefined,
    )
  }

  /** All that they told is in the database. */
  async drop(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true }).catch(() => undefined)
  }
}
