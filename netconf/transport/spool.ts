/**
 * A reply on its way from the engine to a client that may be slow. The engine is read at its own speed, so that it holds
 * its tree no longer than it must; what the client has not taken yet stays in memory up to a bound and goes beyond it to
 * an unlinked temporary file. First in, first out; one writer and one reader. Owns its file until `close`.
 */
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { open, unlink } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const READ_BYTES = 256 * 1024

export interface SpoolOptions {
  readonly memoryBytes: number
  readonly directory?: string | undefined
}

export class Spool {
  private queue: Buffer[] = []
  private inMemory = 0
  private file: FileHandle | undefined
  private readAt = 0
  private writeAt = 0
  private ended = false
  private closed = false
  private failure: unknown
  private wake: (() => void) | undefined
  /** Bytes that went to the file. */
  spilled = 0

  constructor(private readonly options: SpoolOptions) {}

  /** Settles when the piece is in the queue or on disk; false when the spool was closed. */
  async write(piece: Buffer): Promise<boolean> {
    if (this.closed) return false
    if (this.readAt === this.writeAt && this.inMemory + piece.length <= this.options.memoryBytes) {
      this.queue.push(piece)
      this.inMemory += piece.length
    } else {
      const file = this.file ?? (await this.openFile())
      if (file === undefined) return false
      let done = 0
      while (done < piece.length && !this.closed) {
        done += (await file.write(piece, done, piece.length - done, this.writeAt + done)).bytesWritten
      }
      this.writeAt += piece.length
      this.spilled += piece.length
    }
    this.notify()
    return !this.closed
  }

  /** No more will be written. */
  end(): void {
    this.ended = true
    this.notify()
  }

  /** No more can be written: the reader learns why once it has read all there is. */
  fail(error: unknown): void {
    this.failure = error ?? new Error('the source failed')
    this.end()
  }

  /** Waits until there is something to read, or all was written. Rejects with the failure when nothing at all came. */
  async ready(): Promise<void> {
    while (this.empty && !this.ended && !this.closed) await this.change()
    if (this.empty && this.failure !== undefined) throw this.failure as Error
  }

  /** The next piece; undefined at the end, or when the spool was closed. Rejects with the failure. */
  async read(): Promise<Buffer | undefined> {
    for (;;) {
      if (this.closed) return undefined
      const piece = this.queue.shift()
      if (piece !== undefined) {
        this.inMemory -= piece.length
        return piece
      }
      if (this.readAt < this.writeAt && this.file !== undefined) return this.readFile(this.file)
      if (this.failure !== undefined) throw this.failure as Error
      if (this.ended) return undefined
      await this.change()
    }
  }

  /** Gives memory and file back; a writer and a reader that wait are let go. */
  async close(): Promise<void> {
    this.closed = true
    this.queue = []
    this.inMemory = 0
    this.notify()
    const file = this.file
    this.file = undefined
    await file?.close()
  }

  get isClosed(): boolean {
    return this.closed
  }

  private get empty(): boolean {
    return this.queue.length === 0 && this.readAt === this.writeAt
  }

  /** Undefined when the spool was closed meanwhile. */
  private async openFile(): Promise<FileHandle | undefined> {
    const file = await openUnlinked(this.options.directory ?? tmpdir())
    if (this.closed) {
      await file.close()
      return undefined
    }
    this.file = file
    return file
  }

  private async readFile(file: FileHandle): Promise<Buffer | undefined> {
    const wanted = Math.min(READ_BYTES, this.writeAt - this.readAt)
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(wanted), 0, wanted, this.readAt)
    if (this.closed) return undefined
    if (bytesRead === 0) throw new Error('the spool file is shorter than what was written to it')
    this.readAt += bytesRead
    return buffer.subarray(0, bytesRead)
  }

  private change(): Promise<void> {
    return new Promise((resolve) => {
      const before = this.wake
      this.wake = () => {
        before?.()
        resolve()
      }
    })
  }

  private notify(): void {
    const wake = this.wake
    this.wake = undefined
    wake?.()
  }
}

async function openUnlinked(directory: string): Promise<FileHandle> {
  const path = join(directory, `weft-reply-${randomBytes(12).toString('hex')}`)
  const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
  const file = await open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
  try {
    await unlink(path)
  } catch (error) {
    await file.close()
    throw error
  }
  return file
}
