/** What one user may do: rules of RFC 8341, compiled. */
import type { EditOptions } from './edit.js'
import type { YangError } from './error.js'
import type { Filter } from './filter.js'
import type { Journal } from './journal.js'
import type { Fragment } from './rpc.js'

export type AccessOperation = 'create' | 'read' | 'update' | 'delete' | 'exec'

/** One rule of RFC 8341, section 3.4; of what no member says it is about, it is about everything. */
export interface AccessRule {
  /** `*`: any. */
  readonly module: string
  /** Name of a protocol operation; `*`: any. */
  readonly operation?: string
  /** Name of a notification; `*`: any. */
  readonly notification?: string
  /** Instance path whose keys may be left out; `/`: all data. */
  readonly path?: string
  readonly access: readonly AccessOperation[]
  readonly permit: boolean
}

export interface AccessOptions {
  /** Those of the user's groups, in order: the first that matches decides. */
  readonly rules: readonly AccessRule[]
  /** What is permitted where no rule matches. */
  readonly defaults: readonly AccessOperation[]
  /** Schema paths of nodes that are treated as if they bore `nacm:default-deny-all`. */
  readonly sensitive?: readonly string[]
}

/**
 * What one user may do (RFC 8341), compiled. A node is readable when it and all above it are permitted to be read, and of an
 * entry its keys too. Immutable; it may be disposed of while reads go on with it.
 */
export interface Access extends Disposable {
  /** The operation of a module (section 3.4.4). */
  executes(module: string, operation: string): boolean
  /** An action of the node at an instance path: that node must be readable. */
  executesAt(path: string, action: string): boolean
  /** The data node at an instance path. True for what is no such path. */
  reads(path: string): boolean
  /**
   * The first node on an instance path that may not be read: its path, that of the node above (`''`: there is none), and
   * whether it is an entry of a list or leaf-list. Undefined when all may be read.
   */
  hidden(path: string): { readonly path: string; readonly above: string; readonly entry: boolean } | undefined
  /** Every instance of a schema node with all below; without a path: everything. False when it depends. */
  readsAll(schemaPath?: string): boolean
  /** No instance of a schema node. False when it depends. */
  readsNone(schemaPath: string): boolean
  /** Everything may be created, updated and deleted. */
  readonly writesAll: boolean
  /** All that a filter can select or look at may be read. Else one that is not `onTheWay` needs a tree that was pruned. */
  clears(filter: Filter): boolean
  /**
   * The explicit changes of a net journal that may not be made: errors with tag `access-denied`, at most `limit`, and one
   * that counts the others. Where the user may not read, one error for all, that says the same whatever is there: of what
   * the user sent (`own`) it names the first node on the way that may not be read; of what goes, and of changes that may be
   * `any` client's, the last one that may be.
   */
  denied(journal: Journal, limit: number, whose: 'any' | 'own'): Promise<readonly YangError[]>
  /**
   * What of an edit may not be asked for, whatever is there: each node that may not be read needs the right to be created,
   * or deleted if that is the operation; of a leaf that is not asked to be new the right to update it will do. Errors as of
   * `denied`, in the words for what is not there.
   */
  refused(
    config: Fragment,
    defaultOperation: EditOptions['defaultOperation'],
    limit: number,
  ): Promise<readonly YangError[]>
}
