import { AccessHandle } from './access.js'
import { JournalHandle } from './journal.js'
import { LockScopesHandle } from './lock-scopes.js'
import { native } from './native.js'
import type { NativeContext } from './native.js'
import { FilterHandle, FragmentHandle, RpcHandle } from './rpc.js'
import { TreeHandle } from './tree.js'
import type {
  Access,
  AccessOptions,
  Context,
  ContextOptions,
  DataFormat,
  Filter,
  Fragment,
  Journal,
  LockScopes,
  ModuleInfo,
  Rpc,
  Tree,
} from './types.js'

class ContextHandle implements Context {
  readonly modules: readonly ModuleInfo[]
  readonly #native: NativeContext

  constructor(from: NativeContext) {
    this.#native = from
    this.modules = from.modules()
  }

  tree(): Tree {
    return new TreeHandle(this.#native.tree())
  }

  journal(): Journal {
    return new JournalHandle(this.#native.journal())
  }

  lockScopes(): LockScopes {
    return new LockScopesHandle(this.#native.lockScopes())
  }

  async parse(data: Buffer | string, format: DataFormat): Promise<Tree> {
    return new TreeHandle(await this.#native.parse(data, format))
  }

  async parseRpc(message: Buffer): Promise<Rpc> {
    const parsed = this.#native.parseRpc(message)
    return new RpcHandle(parsed instanceof Promise ? await parsed : parsed)
  }

  fragment(xml: Buffer | string): Fragment {
    return new FragmentHandle(this.#native.fragment(xml))
  }

  async content(document: Buffer, root: { name: string; namespace: string }): Promise<Fragment> {
    return new FragmentHandle(await this.#native.content(document, root.name, root.namespace))
  }

  xpathFilter(expression: string, namespaces?: Readonly<Record<string, string>>): Filter {
    return new FilterHandle(this.#native.xpathFilter(expression, namespaces))
  }

  subtreeFilter(xml: Buffer | string): Filter {
    return new FilterHandle(this.#native.subtreeFilter(xml))
  }

  async access(options: AccessOptions): Promise<Access> {
    return new AccessHandle(await this.#native.access(options))
  }

  async source(name: string, revision?: string): Promise<string> {
    return this.#native.source(name, revision)
  }

  async decodeJournal(chunks: readonly Buffer[]): Promise<Journal> {
    return new JournalHandle(await this.#native.decodeJournal(chunks))
  }

  dependants(schemaPath: string): readonly string[] {
    return this.#native.dependants(schemaPath)
  }

  get alive(): Context['alive'] {
    return this.#native.alive()
  }

  [Symbol.dispose](): void {
    this.#native.dispose()
  }
}

/** Makes a schema context. Rejects with a `LibyangError` that names the module and the folders searched. */
export async function createContext(options: ContextOptions): Promise<Context> {
  return new ContextHandle(await native.createContext(options))
}
