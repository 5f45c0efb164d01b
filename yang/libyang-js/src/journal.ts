import type { NativeJournal } from './native.js'
import { nativeAccess } from './access.js'
import type { Access, Journal, YangError } from './types.js'

export class JournalHandle implements Journal {
  readonly native: NativeJournal

  constructor(native: NativeJournal) {
    this.native = native
  }

  get size(): number {
    return this.native.sizes()[0]
  }

  get explicit(): number {
    return this.native.sizes()[1]
  }

  get byteLength(): number {
    return this.native.sizes()[2]
  }

  touches(schemaPath: string): boolean {
    return this.native.touches(schemaPath)
  }

  append(other: Journal): void {
    this.native.append(nativeJournal(other))
  }

  async net(): Promise<void> {
    await this.native.net()
  }

  async copy(): Promise<Journal> {
    return new JournalHandle(await this.native.copy())
  }

  async rebased(
    over: Journal,
  ): Promise<{ readonly journal: Journal; readonly conflicts: readonly YangError[] }> {
    const { journal, conflicts } = await this.native.rebased(nativeJournal(over))
    return { journal: new JournalHandle(journal), conflicts }
  }

  async reversed(): Promise<Journal> {
    return new JournalHandle(await this.native.reversed())
  }

  async encode(chunkBytes: number): Promise<Buffer[]> {
    return this.native.encode(chunkBytes)
  }

  async describe(limit: number): Promise<readonly string[]> {
    return this.native.describe(limit)
  }

  async visible(access: Access): Promise<Journal> {
    return new JournalHandle(await this.native.visible(nativeAccess(access)))
  }

  async patch(limit: number): Promise<readonly string[]> {
    return this.native.patch(limit)
  }

  [Symbol.dispose](): void {
    this.native.dispose()
  }
}

export function nativeJournal(journal: Journal): NativeJournal {
  if (!(journal instanceof JournalHandle)) throw new TypeError('expected a Journal of this package')
  return journal.native
}
