/** The content of an `<edit-config>` on its way into a tree. */
import type { YangError } from './error.js'
import type { Journal } from './journal.js'

export interface EditOptions {
  readonly defaultOperation: 'merge' | 'replace' | 'none'
  readonly errorOption: 'stop-on-error' | 'continue-on-error' | 'rollback-on-error'
  /** Changes made without a client (a factory default, a replay) are marked derived. Default false. */
  readonly derived?: boolean
  /** Nodes that are not configuration are taken too: for a copy that holds operational state. Default false. */
  readonly state?: boolean
}

export interface EditResult {
  /** What was changed, in order. With errors and `rollback-on-error`: empty, and the tree is as it was. */
  readonly journal: Journal
  readonly errors: readonly YangError[]
}
