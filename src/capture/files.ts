/**
 * The files of captures: `NAME.pcapng` in one folder, for nobody but this process's user, bounded all together. What is there when
 * weftd starts was left by the one before.
 */
import { readdirSync, rmSync, statSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'

/** Octets of all files. */
export const mostOctets = 512 << 20

const suffix = '.pcapng'

export interface FoundFile {
  readonly name: string
  readonly size: number
  /** Milliseconds since the epoch, of the last change. */
  readonly changed: number
}

export class CaptureFiles {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  found(): FoundFile[] {
    return readdirSync(this.#folder)
      .filter((file) => file.endsWith(suffix))
      .map((file) => {
        const { size, mtimeMs } = statSync(join(this.#folder, file))
        return { name: file.slice(0, -suffix.length), size, changed: mtimeMs }
      })
  }

  /** Rejects when there is one. */
  async create(name: string): Promise<FileHandle> {
    return await open(this.#path(name), 'wx', 0o600)
  }

  async read(name: string, offset: number, length: number): Promise<Buffer> {
    await using file = await open(this.#path(name))
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset)
    return buffer.subarray(0, bytesRead)
  }

  delete(name: string): void {
    rmSync(this.#path(name), { force: true })
  }

  #path(name: string): string {
    return join(this.#folder, `${name}${suffix}`)
  }
}
