import { nativeAccess } from './access.js'
import { Batch, pieces } from './entries.js'
import { JournalHandle, nativeJournal } from './journal.js'
import type { NativeCursor, NativeTree } from './native.js'
import { nativeFilter, nativeFragment } from './rpc.js'
import type {
  Access,
  Budget,
  Changes,
  EditOptions,
  EditResult,
  EntryBatch,
  Filter,
  Fragment,
  Journal,
  ListQuery,
  Print,
  PrintOptions,
  Slice,
  Tree,
  YangError,
} from './types.js'

/** Options of a print that nearly every one has. */
const frequent: ReadonlySet<string> = new Set(['format', 'configOnly', 'filter', 'budget'])

export class TreeHandle implements Tree {
  readonly #native: NativeTree

  static native(tree: TreeHandle): NativeTree {
    return tree.#native
  }

  constructor(native: NativeTree) {
    this.#native = native
  }

  async edit(config: Fragment, options: EditOptions): Promise<EditResult> {
    const { journal, errors } = await this.#native.edit(nativeFragment(config), options)
    return { journal: new JournalHandle(journal), errors }
  }

  async set(path: string, value: string | undefined, journal: Journal, derived = false): Promise<void> {
    await this.#native.set(path, value, nativeJournal(journal), derived)
  }

  async remove(path: string, journal: Journal, derived = false): Promise<number> {
    return this.#native.remove(path, nativeJournal(journal), derived)
  }

  async apply(journal: Journal): Promise<void> {
    await this.#native.apply(nativeJournal(journal))
  }

  async redo(journal: Journal): Promise<Journal> {
    return new JournalHandle(await this.#native.redo(nativeJournal(journal)))
  }

  async validate(journal: Journal, ...changed: readonly Changes[]): Promise<readonly YangError[]> {
    const changes = changed.map(({ journal, from }) => ({ journal: nativeJournal(journal), from }))
    return this.#native.validate(nativeJournal(journal), changes, false)
  }

  async derive(journal: Journal, ...changed: readonly Changes[]): Promise<void> {
    const changes = changed.map(({ journal, from }) => ({ journal: nativeJournal(journal), from }))
    await this.#native.validate(nativeJournal(journal), changes, true)
  }

  async check(): Promise<readonly YangError[]> {
    return this.#native.check()
  }

  async validateByLibyang(): Promise<readonly YangError[]> {
    return this.#native.validateByLibyang()
  }

  async copy(): Promise<Tree> {
    return new TreeHandle(await this.#native.copy())
  }

  async difference(to: Tree): Promise<Journal> {
    return new JournalHandle(await this.#native.difference(nativeTree(to)))
  }

  async extract(filter: Filter, budget?: Budget): Promise<Tree> {
    return new TreeHandle(await this.#native.extract(nativeFilter(filter), budget))
  }

  async prune(access: Access): Promise<void> {
    await this.#native.prune(nativeAccess(access))
  }

  print(options: PrintOptions): Print {
    const plain = isPlain(options)
    const native = plain ? plainOptions(options) : nativeOptions(options)
    let cursor: NativeCursor<Slice> | undefined
    const open = () => (cursor ??= this.#native.print(native, plain))
    return Object.assign(
      pieces(open, (slice) => slice),
      { begin: async () => open().begin() },
    )
  }

  async value(path: string): Promise<string | undefined> {
    return this.#native.value(path)
  }

  async find(xpath: string, budget?: Budget): Promise<readonly string[]> {
    return this.#native.find(xpath, budget)
  }

  async json(path: string): Promise<unknown> {
    const text = await this.#native.json(path)
    return text === undefined ? undefined : JSON.parse(text)
  }

  entries(query: ListQuery): AsyncIterableIterator<EntryBatch> {
    return pieces(
      () => this.#native.entries(query),
      (batch) => new Batch(batch),
    )
  }

  changes(journal: Journal, query: ListQuery): AsyncIterableIterator<EntryBatch> {
    const changes = nativeJournal(journal)
    return pieces(
      () => this.#native.entries(query, changes),
      (batch) => new Batch(batch),
    )
  }

  async indexed(): Promise<readonly string[]> {
    return this.#native.indexed()
  }

  snapshot(chunkBytes: number): AsyncIterableIterator<Buffer> {
    return pieces(
      () => this.#native.snapshot(chunkBytes),
      (chunk) => chunk,
    )
  }

  async load(chunk: Buffer): Promise<void> {
    await this.#native.load(chunk)
  }

  [Symbol.dispose](): void {
    this.#native.dispose()
  }
}

export function nativeTree(tree: Tree): NativeTree {
  if (!(tree instanceof TreeHandle)) throw new TypeError('expected a Tree of this package')
  return TreeHandle.native(tree)
}

/** No option is set but those of `plainOptions`. */
function isPlain(options: PrintOptions): boolean {
  for (const name in options)
    if (options[name as keyof PrintOptions] !== undefined && !frequent.has(name)) return false
  return true
}

function plainOptions({ format, configOnly, filter, budget }: PrintOptions): object {
  return { format, configOnly, filter: filter && nativeFilter(filter), budget }
}

function nativeOptions(options: PrintOptions): object {
  const { filter, beside, intended, access } = options
  return {
    ...options,
    filter: filter && nativeFilter(filter),
    beside: beside && nativeTree(beside),
    intended: intended && nativeTree(intended),
    access: access && nativeAccess(access),
  }
}
