/**
 * Records as lines of a file that only its owner may read. It is rotated by size: `audit.log` becomes `audit.log.1`, and so
 * on up to `keep`. A write that fails in the middle, as on a full disk, is taken back, so that lines are whole; so is the
 * line that a power failure has cut, which gets an end. Not synced: what a crash of the machine takes is seconds.
 */
import { open, rename, rm, type FileHandle } from 'node:fs/promises'
import type { Sink } from './outbox.js'

export interface FileOptions {
  readonly path: string
  /** Octets above which a file is rotated. */
  readonly size: number
  /** Old files that are kept. */
  readonly keep: number
}

const newline = 0x0a

export class FileSink implements Sink {
  readonly name: string
  #file: FileHandle | undefined
  #size = 0

  /** `options` may change: they are looked at by each write. */
  constructor(private readonly options: FileOptions) {
    this.name = options.path
  }

  /** A file is rotated between two writes. */
  get most(): number {
    return this.options.size
  }

  async write(records: readonly string[]): Promise<void> {
    const bytes = Buffer.from(records.map((record) => `${record}\n`).join(''))
    let file = this.#file ?? (await this.#open())
    if (this.#size > 0 && this.#size + bytes.length > this.options.size) {
      await this.#rotate()
      file = await this.#open()
    }
    try {
      await file.appendFile(bytes)
      this.#size += bytes.length
    } catch (error) {
      await file.truncate(this.#size).catch(() => undefined)
      throw error
    }
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }

  async #open(): Promise<FileHandle> {
    const file = await open(this.options.path, 'a+', 0o600)
    try {
      await file.chmod(0o600)
      const { size } = await file.stat()
      this.#size = size
      if (size > 0) {
        const last = await file.read(Buffer.alloc(1), 0, 1, size - 1)
        if (last.buffer[0] !== newline) {
          await file.appendFile('\n')
          this.#size++
        }
      }
    } catch (error) {
      await file.close()
      throw error
    }
    this.#file = file
    return file
  }

  async #rotate(): Promise<void> {
    const { path, keep } = this.options
    await this.close()
    if (keep === 0) return rm(path)
    for (let number = keep - 1; number >= 1; number--) {
      await rename(`${path}.${number}`, `${path}.${number + 1}`).catch(ignoreMissing)
    }
    await rename(path, `${path}.1`)
  }
}

function ignoreMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
}
