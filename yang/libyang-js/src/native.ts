/** The native module as it is, before src/*.ts make the public classes of it. */
import { createRequire } from 'node:module'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LibyangError } from './error.js'
import type {
  AccessOptions,
  ContextOptions,
  DataFormat,
  EditOptions,
  ModuleInfo,
  Slice,
  YangError,
} from './types.js'

export interface NativeHandle {
  dispose(): void
}

export interface NativeBatch {
  rows: number
  ops: Uint8Array
  columns: { offsets: Uint32Array; bytes: Buffer; present: Uint8Array }[]
  children: { batch: NativeBatch; starts: Uint32Array }[]
}

export interface NativeCursor<Piece> {
  /** No promise: it has been done on the spot. */
  begin(): Promise<void> | undefined
  /** As `begin`. */
  next(): Promise<Piece | undefined> | Piece | undefined
  close(): void
}

export interface NativeFragment extends NativeHandle {
  byteLength(): number
}

export interface NativeFilter extends NativeHandle {
  kind(): 'subtree' | 'xpath'
  onTheWay(): boolean
  mayMatch(schemaPath: string): boolean
  values(leafPath: string): string[] | undefined
  divides(schemaPath: string): boolean
}

export interface NativeAccess extends NativeHandle {
  executes(module: string, name: string): boolean
  executesAt(path: string, action: string): boolean
  reads(path: string): boolean
  hidden(path: string): { path: string; above: string; entry: boolean } | undefined
  readsAll(schemaPath?: string): boolean
  readsNone(schemaPath: string): boolean
  writesAll(): boolean
  clears(filter: NativeFilter): boolean
  denied(journal: NativeJournal, limit: number, whose: 'any' | 'own'): Promise<YangError[]>
  refused(
    config: NativeFragment,
    defaultOperation: EditOptions['defaultOperation'],
    limit: number,
  ): Promise<YangError[]>
}

export interface NativeRpc extends NativeHandle {
  describe(): {
    messageId: string | undefined
    attributes: string
    path: string | undefined
  }
  /** Its name, module and namespace, with spaces between. */
  operation(): string
  value(path: string): string | undefined
  given(path: string): boolean
  values(path: string): string[]
  fragment(path: string): NativeFragment | undefined
  filter(): NativeFilter | undefined
  texts(name: string): { text: string; namespaces: Record<string, string> }[]
}

export interface NativeJournal extends NativeHandle {
  sizes(): [number, number, number]
  touches(schemaPath: string): boolean
  append(other: NativeJournal): void
  net(): Promise<void>
  copy(): Promise<NativeJournal>
  reversed(): Promise<NativeJournal>
  rebased(over: NativeJournal): Promise<{ journal: NativeJournal; conflicts: YangError[] }>
  encode(chunkBytes: number): Promise<Buffer[]>
  describe(limit: number): Promise<string[]>
  visible(access: NativeAccess): Promise<NativeJournal>
  patch(limit: number): Promise<string[]>
}

export interface NativeLockScopes extends NativeHandle {
  lock(
    tree: NativeTree,
    id: number,
    owner: number,
    expressions: readonly object[],
    budget?: object,
  ): Promise<{ nodes: string[]; conflict?: { path: string; owner: number } }>
  release(id: number): Promise<void>
  touched(journal: NativeJournal, owner: number, limit: number): Promise<{ path: string; owner: number }[]>
  follow(journal: NativeJournal): Promise<void>
  nodes(id: number): Promise<string[]>
}

export interface NativeTree extends NativeHandle {
  edit(config: NativeFragment, options: object): Promise<{ journal: NativeJournal; errors: YangError[] }>
  set(path: string, value: string | undefined, journal: NativeJournal, derived: boolean): Promise<void>
  remove(path: string, journal: NativeJournal, derived: boolean): Promise<number>
  apply(journal: NativeJournal): Promise<void>
  redo(journal: NativeJournal): Promise<NativeJournal>
  validate(
    journal: NativeJournal,
    changed: { journal: NativeJournal; from: number }[],
    onlyDerive: boolean,
  ): Promise<YangError[]>
  check(): Promise<YangError[]>
  validateByLibyang(): Promise<YangError[]>
  copy(): Promise<NativeTree>
  difference(to: NativeTree): Promise<NativeJournal>
  extract(filter: NativeFilter, budget?: object): Promise<NativeTree>
  prune(access: NativeAccess): Promise<void>
  /** `plain`: of the options only format, configOnly, filter and budget are set. */
  print(options: object, plain: boolean): NativeCursor<Slice>
  value(path: string): Promise<string | undefined>
  find(xpath: string, budget?: object): Promise<string[]>
  json(path: string): Promise<string | undefined>
  entries(query: object, journal?: NativeJournal): NativeCursor<NativeBatch>
  snapshot(chunkBytes: number): NativeCursor<Buffer>
  indexed(): Promise<string[]>
  load(chunk: Buffer): Promise<void>
}

export interface NativeContext extends NativeHandle {
  modules(): ModuleInfo[]
  tree(): NativeTree
  journal(): NativeJournal
  lockScopes(): NativeLockScopes
  parse(data: Buffer | string, format: DataFormat): Promise<NativeTree>
  /** A long message by a promise, and a failure. */
  parseRpc(message: Buffer): Promise<NativeRpc> | NativeRpc
  fragment(xml: Buffer | string): NativeFragment
  content(document: Buffer, name: string, namespace: string): Promise<NativeFragment>
  xpathFilter(expression: string, namespaces?: Readonly<Record<string, string>>): NativeFilter
  subtreeFilter(xml: Buffer | string): NativeFilter
  access(options: AccessOptions): Promise<NativeAccess>
  source(name: string, revision?: string): Promise<string>
  decodeJournal(chunks: readonly Buffer[]): Promise<NativeJournal>
  dependants(schemaPath: string): string[]
  alive(): { trees: number; journals: number; rpcs: number; filters: number; accesses: number }
}

interface NativeModule {
  open(error: typeof LibyangError): void
  createContext(options: ContextOptions): Promise<NativeContext>
  /** Of the libyang it was compiled against. */
  version: string
}

function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder)
    if (parent === folder) throw new Error(`no package of libyang-js above ${fileURLToPath(import.meta.url)}`)
    folder = parent
  }
  return folder
}

const file = join(packageRoot(), 'build/libyang_js.node')
if (!existsSync(file)) {
  throw new Error(
    `${file} is not there: build it with \`npm run build\` in ${packageRoot()} (needs libyang2-dev)`,
  )
}
export const native = createRequire(import.meta.url)(file) as NativeModule
native.open(LibyangError)
