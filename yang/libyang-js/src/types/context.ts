/** Modules, and what is made from a compiled set of them. */
import type { Access, AccessOptions } from './access.js'
import type { Filter } from './filter.js'
import type { Journal } from './journal.js'
import type { LockScopes } from './lock-scopes.js'
import type { Fragment, Rpc } from './rpc.js'
import type { Tree } from './tree.js'

export interface ModuleRequest {
  readonly name: string
  readonly revision?: string
  /** Enabled features; every other feature of the module is off. */
  readonly features?: readonly string[]
  /** Load for its types and groupings only. */
  readonly importOnly?: boolean
}

export interface ContextOptions {
  /** Folders searched for `name@revision.yang` and `name.yang`, in this order. */
  readonly searchDirs: readonly string[]
  readonly modules: readonly ModuleRequest[]
  /** Number of reader threads; 2 when absent. */
  readonly readers?: number
}

export interface ModuleInfo {
  readonly name: string
  readonly revision: string | undefined
  readonly namespace: string
  readonly prefix: string
  readonly implemented: boolean
  /** Enabled features. */
  readonly features: readonly string[]
  /** Names of modules that deviate this one. */
  readonly deviations: readonly string[]
  readonly submodules: readonly { readonly name: string; readonly revision: string | undefined }[]
}

export type DataFormat = 'xml' | 'json'

/** A compiled set of modules. It never changes: a new module set is a new context. */
export interface Context extends Disposable {
  readonly modules: readonly ModuleInfo[]
  /** An empty data tree. */
  tree(): Tree
  /** An empty journal. */
  journal(): Journal
  /** Partial locks, none yet. */
  lockScopes(): LockScopes
  /** Parses instance data strictly (no validation of references; see `Tree.validate`). Rejects with `LibyangError`. */
  parse(data: Buffer | string, format: DataFormat): Promise<Tree>
  /** Parses one NETCONF `<rpc>` message (RFC 6241, section 4.1). Rejects with `LibyangError`. */
  parseRpc(message: Buffer): Promise<Rpc>
  /** Wraps XML elements (the content of a `<config>`) as a fragment. */
  fragment(xml: Buffer | string): Fragment
  /** The content of an XML document's one element, such as `<config>`. Rejects with `LibyangError`. O(document). */
  content(document: Buffer, root: { readonly name: string; readonly namespace: string }): Promise<Fragment>
  /** An XPath filter; `namespaces` maps prefixes to namespace URIs; an unprefixed name takes module names as prefixes too. */
  xpathFilter(expression: string, namespaces?: Readonly<Record<string, string>>): Filter
  /** A subtree filter from the content of a `<filter>` (RFC 6241, section 6). */
  subtreeFilter(xml: Buffer | string): Filter
  /** What one user's rules permit. Rejects with `LibyangError`: of each rule whose path is none its index, as `path`. O(schema + rules). */
  access(options: AccessOptions): Promise<Access>
  /** The source text of a module or submodule, as found in the search path. Rejects when there is none. */
  source(name: string, revision?: string): Promise<string>
  /** Reads a journal from what `Journal.encode` gave. Rejects with `LibyangError` when it does not fit the schema. */
  decodeJournal(chunks: readonly Buffer[]): Promise<Journal>
  /**
   * For tests: what the validator judges again when an instance of a data node (`/module:name/name`) changes, one line
   * for each statement: its kind and place, the ancestor under which, `content` if values count, `order` if moves do.
   */
  dependants(schemaPath: string): readonly string[]
  /** Native objects now alive, for tests that count them to zero. */
  readonly alive: {
    readonly trees: number
    readonly journals: number
    readonly rpcs: number
    readonly filters: number
    readonly accesses: number
  }
}
