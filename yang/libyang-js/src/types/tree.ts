/** Data trees. */
import type { Access } from './access.js'
import type { EditOptions, EditResult } from './edit.js'
import type { EntryBatch, ListQuery } from './entries.js'
import type { YangError } from './error.js'
import type { Budget, Filter } from './filter.js'
import type { Journal } from './journal.js'
import type { Print, PrintOptions } from './print.js'
import type { Fragment } from './rpc.js'

/** The changes of a journal from number `from` on. */
export interface Changes {
  readonly journal: Journal
  readonly from: number
}

/**
 * A data tree. It has many readers or one writer: calls queue by themselves, and an iteration over entries holds the tree
 * for reading until it ends or is returned. A `print` holds it for some milliseconds at a time only: writers come in
 * between, and what they take out is kept until the print has passed.
 */
export interface Tree extends Disposable {
  /**
   * Applies the content of a NETCONF `<config>` with its `operation` and `insert` attributes (RFC 6241,
   * section 7.2; RFC 7950, section 7.8.6). O(edit). Choices are resolved, defaults of new nodes added, secret
   * values left as they are.
   */
  edit(config: Fragment, options: EditOptions): Promise<EditResult>
  /** Sets one leaf or creates one node (parents too), appending to `journal`. Rejects with `LibyangError`. */
  set(path: string, value: string | undefined, journal: Journal, derived?: boolean): Promise<void>
  /** Removes the nodes at a path; returns how many. */
  remove(path: string, journal: Journal, derived?: boolean): Promise<number>
  /** Does the journal's changes to this tree: `running.apply(j)` makes running what candidate became by `j`. O(journal). */
  apply(journal: Journal): Promise<void>
  /** As `apply`; resolves with all that was done, also what a journal read from text leaves out. O(journal). */
  redo(journal: Journal): Promise<Journal>
  /**
   * Validation of configuration (RFC 7950, section 8.3) to a fixpoint: `when` and defaults, then references, `must`,
   * mandatory, min- and max-elements, `unique`. What follows (defaults, nodes under a false `when`) is appended to
   * `journal` as derived changes. All errors are returned, in document order, at most twenty of one rule (of references:
   * of one missing value) and then one that counts the others; when there are any, tree and journal are left as they were.
   *
   * Without `changed` everything is judged; explicit changes that `journal` already holds are what the client asked for.
   * With it, what the changes of those journals from number `from` on can have affected: they are the last ones made to
   * this tree, in this order, and it was valid before. O(affected). A node that the client asked for and that cannot
   * exist is an error, any other goes silently.
   */
  validate(journal: Journal, ...changed: readonly Changes[]): Promise<readonly YangError[]>
  /**
   * What `validate` would derive from those changes, whether they lead to a valid tree or not; what the client asked for
   * stays. O(affected).
   */
  derive(journal: Journal, ...changed: readonly Changes[]): Promise<void>
  /** Judges everything as `validate` does, in a tree in which nothing is left to follow; changes nothing. O(tree). */
  check(): Promise<readonly YangError[]>
  /**
   * libyang's own verdict on a copy of this tree, no node of which is new: the oracle of tests and the floor of benches.
   * It stops at its first error. O(tree).
   */
  validateByLibyang(): Promise<readonly YangError[]>
  /** A copy, sharing nothing. O(tree). */
  copy(): Promise<Tree>
  /**
   * A copy of what a filter may select or look at, by schema, with the nodes above and the keys of entries. Each node
   * counts against the budget. O(what is copied).
   */
  extract(filter: Filter, budget?: Budget): Promise<Tree>
  /**
   * What leads from this tree to another. The journal keeps both, and neither may be changed while it is there. O(both).
   */
  difference(to: Tree): Promise<Journal>
  /** Takes out what may not be read, for good; not journaled. O(tree). */
  prune(access: Access): Promise<void>
  /** Prints in slices. Breaking off the iteration releases the tree. */
  print(options: PrintOptions): Print
  /**
   * For tests: what the indexes of the configuration hold, a line a fact, sorted. The first call makes them, O(tree); all
   * changes keep them from then on.
   */
  indexed(): Promise<readonly string[]>
  /**
   * The explicit configuration as journal text that creates it on an empty tree, in chunks of about `chunkBytes` that can
   * each be read alone. Holds the tree for reading, in slices of a few milliseconds; O(nodes), memory of one chunk.
   */
  snapshot(chunkBytes: number): AsyncIterableIterator<Buffer>
  /**
   * Adds what a chunk of a snapshot says; the chunks come in order, and `validate` then computes the defaults. No journal
   * is made. O(chunk). Rejects with `LibyangError` that names the path when the chunk does not fit the schema or what
   * was loaded before; the tree is then good for nothing but to be disposed of.
   */
  load(chunk: Buffer): Promise<void>
  /** Canonical value of the leaf at a path. */
  value(path: string): Promise<string | undefined>
  /** Instance paths of what an XPath expression selects (module names as prefixes). */
  find(xpath: string, budget?: Budget): Promise<readonly string[]>
  /** The subtree at a path as RFC 7951 JSON, its own name left out; undefined when it does not exist. For small subtrees. */
  json(path: string): Promise<unknown>
  /** All entries of a list (`created`), in batches of at most 4,096 rows. */
  entries(query: ListQuery): AsyncIterableIterator<EntryBatch>
  /** The entries of a list that a journal touched, one row an entry, with the values this tree has now. O(journal). */
  changes(journal: Journal, query: ListQuery): AsyncIterableIterator<EntryBatch>
}
