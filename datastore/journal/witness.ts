/**
 * A file beside the journal that names the last commit, written after each one and not synced. LevelDB may drop the end
 * of a damaged log without a word, and a chain that ends early is whole: only something outside of it knows that there
 * was more. The witness is never ahead of the journal, and a missing or unreadable one says nothing.
 */
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface Head {
  readonly number: number
  readonly hash: string
}

export class Witness {
  readonly #path: string
  #writing: Promise<void> | undefined
  #next: Head | undefined

  constructor(directory: string) {
    this.#path = join(directory, 'head')
  }

  async read(): Promise<Head | undefined> {
    try {
      const head = JSON.parse(await readFile(this.#path, 'utf8')) as Partial<Head> | null
      const { number, hash } = head ?? {}
      return Number.isSafeInteger(number) && typeof hash === 'string'
        ? { number: number as number, hash }
        : undefined
    } catch {
      return undefined
    }
  }

  /** Returns at once. The last call counts. */
  write(head: Head): void {
    this.#next = head
    this.#writing ??= this.#writeAll().finally(() => (this.#writing = undefined))
  }

  /** Resolves when all is written. */
  async settled(): Promise<void> {
    await this.#writing
  }

  async #writeAll(): Promise<void> {
    for (let head = this.#next; head !== undefined; head = this.#next) {
      this.#next = undefined
      try {
        await writeFile(`${this.#path}.new`, JSON.stringify(head), { mode: 0o600 })
        await rename(`${this.#path}.new`, this.#path)
      } catch {
        // Without a witness, only a lost end of the journal goes unsaid.
      }
    }
  }
}
