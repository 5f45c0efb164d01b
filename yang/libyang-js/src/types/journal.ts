/** What was done to a tree. */
import type { Access } from './access.js'
import type { YangError } from './error.js'

/**
 * What was done to a tree, in order: each change explicit (the client's) or derived (a default added, a node that
 * a false `when` or another case took away). It owns copies of what it needs, of old values too.
 */
export interface Journal extends Disposable {
  /** Number of changes. */
  readonly size: number
  readonly explicit: number
  /** Rough memory use. */
  readonly byteLength: number
  /** Does any change lie at or under, or take away a parent of, this schema path? */
  touches(schemaPath: string): boolean
  /** Appends the changes of another journal, which is left empty. */
  append(other: Journal): void
  /**
   * One change at most per node: what cancels out is gone, and what was removed and made again is what differs in it.
   * Explicit and derived changes of one node make an explicit one. Near-linear.
   */
  net(): Promise<void>
  /** The same changes once more; the nodes are shared. */
  copy(): Promise<Journal>
  /** The journal that undoes this one; the nodes are shared. */
  reversed(): Promise<Journal>
  /**
   * The net of this journal, made on the same state as `over`, as changes of what `over` made of that state. A change of
   * what `over` changed otherwise is left out and told as a conflict, with its path; derived changes give way silently.
   * A list entry whose neighbour is gone follows the entry before that. Near-linear in both.
   */
  rebased(over: Journal): Promise<{ readonly journal: Journal; readonly conflicts: readonly YangError[] }>
  /** Text of the changes in chunks of at most `chunkBytes`, independent of libyang's version. */
  encode(chunkBytes: number): Promise<Buffer[]>
  /** The changes to what may be read. */
  visible(access: Access): Promise<Journal>
  /**
   * The changes as edits of a YANG Patch (RFC 8072, section 2), each an `<edit>` of XML without a namespace of its own, with
   * the value that was there before as `<source-value>` (RFC 9144). Of defaults that nobody set nothing is told. When
   * there are more than `limit`, one more.
   */
  patch(limit: number): Promise<readonly string[]>
  /** The changes in words, for people: `+ /path = value`, `- /path`, `~ /path old → new`; at most `limit` lines. */
  describe(limit: number): Promise<readonly string[]>
}
