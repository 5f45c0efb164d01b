/**
 * The public shapes of libyang-js. Trees, journals, filters and rpcs are handles of native objects: each
 * is `Disposable`, and disposing twice is harmless. All calls that touch data run on the binding's own
 * threads (one writer, some readers), never on libuv's pool and never on the event loop.
 *
 * Paths are libyang data paths: `/ietf-interfaces:interfaces/interface[name='eth0']/enabled`; the module
 * name stands at the first node and wherever the module changes. Schema paths are the same without keys.
 */

/** error-tag of RFC 6241, appendix A. */
export type ErrorTag =
  | 'in-use'
  | 'invalid-value'
  | 'too-big'
  | 'missing-attribute'
  | 'bad-attribute'
  | 'unknown-attribute'
  | 'missing-element'
  | 'bad-element'
  | 'unknown-element'
  | 'unknown-namespace'
  | 'access-denied'
  | 'lock-denied'
  | 'resource-denied'
  | 'rollback-failed'
  | 'data-exists'
  | 'data-missing'
  | 'operation-not-supported'
  | 'operation-failed'
  | 'malformed-message'

/** What is wrong, where, and what would be right; enough to print one `rpc-error` (RFC 6241, section 4.3). */
export interface YangError {
  readonly type: 'transport' | 'rpc' | 'protocol' | 'application'
  readonly tag: ErrorTag
  readonly message: string
  /** Instance path of the node in question. */
  readonly path?: string
  /** `error-app-tag`: of the YANG statement that was violated, or of RFC 7950, section 15. */
  readonly appTag?: string
  /** Children of `error-info`, by name: bad-element, bad-attribute, bad-namespace, missing-choice, non-unique (paths). */
  readonly info?: Readonly<Record<string, string | readonly string[]>>
  /** Other nodes that the message speaks of, by their paths, and the message for whom they may not be told. */
  readonly others?: { readonly paths: readonly string[]; readonly without: string }
}

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

/** A piece of a received message: bytes with the namespaces in scope. Holds its bytes until disposed. */
export interface Fragment extends Disposable {
  readonly byteLength: number
}

export interface Rpc extends Disposable {
  readonly messageId: string | undefined
  /** All attributes of `<rpc>`, as text to be put on `<rpc-reply>` again (namespace declarations included). */
  readonly attributes: string
  readonly operation: { readonly name: string; readonly namespace: string; readonly module: string }
  /** Of an action (RFC 7950, section 7.15): instance path of the node that it is called on. */
  readonly path: string | undefined
  /** Canonical value of a leaf of the input, `''` for a present container or empty leaf, else undefined. `target/candidate`. */
  value(path: string): string | undefined
  /** Is a node in the message itself, and not just the default of a leaf? */
  given(path: string): boolean
  /** Canonical values of a leaf-list of the input. */
  values(path: string): readonly string[]
  /** The content of an anydata/anyxml parameter, such as `config`, wherever it stands in the input. */
  fragment(path: string): Fragment | undefined
  /**
   * The NETCONF `<filter>` parameter, of either type; always the same one, which ends with the rpc. Throws `LibyangError`
   * when it is malformed.
   */
  filter(): Filter | undefined
  /** The entries of a leaf-list of strings right below the operation, such as XPath expressions, in order. */
  texts(name: string): readonly ScopedText[]
}

/** A text whose names have prefixes. */
export interface ScopedText {
  readonly text: string
  /** Namespace URIs of the prefixes in scope; that of `''` is the default namespace. */
  readonly namespaces: Readonly<Record<string, string>>
}

/** Which nodes a read returns. */
export interface Filter extends Disposable {
  readonly kind: 'subtree' | 'xpath'
  /**
   * It is evaluated while the data are printed: of two trees as of one, and without memory for what it picks. Subtree
   * filters are, and XPath filters that name nodes from the top down and entries by `leaf = 'value'`. Others have to be
   * evaluated over the whole of one tree beforehand.
   */
  readonly onTheWay: boolean
  /**
   * Can this filter select anything under this top-level or deeper schema path? Conservative (true when unsure),
   * so that state providers that are not asked for need not run.
   */
  mayMatch(schemaPath: string): boolean
  /**
   * Canonical values of a leaf of list entries (its schema path) that the filter asks for: an entry in which the leaf has
   * none of these neither is selected nor decides on what is. Undefined when every entry may matter. A state provider
   * that is asked for one entry of many makes one.
   */
  values(leafPath: string): readonly string[] | undefined
  /** May it select, or look at, only a part of what is under an instance of this schema node? Else all or nothing of it. */
  divides(schemaPath: string): boolean
}

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

/** Bounds of one filter evaluation; past either, the read rejects with tag `resource-denied`. */
export interface Budget {
  /** Milliseconds. */
  readonly deadline: number
  /** Nodes visited. */
  readonly nodes: number
}

/**
 * RFC 6243, section 3. `explicit`: what a client set, even to the default value; `trim`: what differs from the default;
 * `report-all`: all; `report-all-tagged`: all, and what nobody set bears the attribute `default`. A leaf-list differs from
 * its default as a whole.
 */
export type DefaultsMode = 'explicit' | 'trim' | 'report-all' | 'report-all-tagged'

/** An identity of ietf-origin (RFC 8342, section 5.3.4). */
export type Origin = 'intended' | 'dynamic' | 'system' | 'learned' | 'default' | 'unknown'

/**
 * Where configuration in use comes from: the tree itself is what was intended, `PrintOptions.beside` what the system did; or
 * the tree is both, and `PrintOptions.intended` says what was intended.
 */
export interface Origins {
  /** Annotates nodes whose origin is not that of their parent. */
  readonly shown: boolean
  /** Selects configuration of these origins alone, with the nodes above it; state always. */
  readonly only?: readonly Origin[]
  /** Schema paths of what is not of origin `system` where it was not intended. */
  readonly provided?: Readonly<Record<string, Origin>>
}

export interface PrintOptions {
  readonly format: DataFormat
  readonly filter?: Filter | undefined
  /** Of the filter, until the first slice is there. */
  readonly budget?: Budget | undefined
  /**
   * A second tree, such as state beside configuration, printed as if it were merged into this one: what it says of a leaf
   * counts more. The filter, if any, must be one that is evaluated on the way.
   */
  readonly beside?: Tree
  /** What may not be read is left out, and for the filter it does not exist. A filter that is not `onTheWay` must be cleared by it. */
  readonly access?: Access | undefined
  /** In place of `beside`, with `origins`: a tree of which all that is printed here is in this one. */
  readonly intended?: Tree
  /** Only configuration (`config true`) nodes. */
  readonly configOnly?: boolean
  /** Only nodes that are not configuration, with those above them and the keys of entries. */
  readonly stateOnly?: boolean | undefined
  /** What is printed of leaves that have a default; `explicit` when absent. */
  readonly defaults?: DefaultsMode | undefined
  /**
   * Levels of what a filter selects, its own among them; without a filter of each top-level node. Keys come with their
   * entry. All when absent.
   */
  readonly maxDepth?: number | undefined
  readonly origins?: Origins
  /**
   * Schema paths of containers whose content comes from elsewhere. Where one is selected whole, the slice ends behind its
   * start tag, and `Slice.hole` tells which it is. What the caller puts there must fit the format; the containers must be
   * empty in both trees.
   */
  readonly holes?: readonly string[]
  /** Size aimed at for one slice, in bytes; 256 KiB when absent. */
  readonly sliceBytes?: number
}

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

/** Names the entries of one list that a reader wants, and the leaves of each. */
export interface ListQuery {
  /** Schema path of the list, through any number of enclosing lists. */
  readonly list: string
  /** Leaves relative to the entry (`next-hop/outgoing-interface`); keys of the enclosing lists as `../../name`. */
  readonly columns: readonly string[]
  /** Lists nested in the entry. */
  readonly children?: readonly ListQuery[]
}

/** What happened to a list entry. */
export const EntryOp = { created: 0, changed: 1, deleted: 2 } as const

/**
 * Some entries of a list, column by column. Text of row r of column c is
 * `bytes.subarray(offsets[r], offsets[r + 1])`; an absent leaf has `present[r] === 0`.
 */
export interface EntryBatch {
  readonly rows: number
  /** One `EntryOp` a row. A deleted entry has its key columns only. */
  readonly ops: Uint8Array
  readonly columns: readonly {
    readonly offsets: Uint32Array
    readonly bytes: Buffer
    readonly present: Uint8Array
  }[]
  /** For each child query: its rows, and `starts[r]..starts[r + 1]` are those of row r. */
  readonly children: readonly { readonly batch: EntryBatch; readonly starts: Uint32Array }[]
  /** Decoded text of one cell. */
  text(column: number, row: number): string | undefined
}

/** The changes of a journal from number `from` on. */
export interface Changes {
  readonly journal: Journal
  readonly from: number
}

/** A piece of what is printed. */
export interface Slice extends Buffer {
  /** Instance path of the container whose content belongs behind this slice. */
  readonly hole?: string
}

/** The slices of a print. */
export interface Print extends AsyncIterableIterator<Slice> {
  /**
   * Settles when the print has begun: it prints the tree as it is then, whatever is done to the tree later. Called by the
   * first `next`. Rejects when the filter cannot be evaluated.
   */
  begin(): Promise<void>
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

/** A node that is locked, and whose lock that is. */
export interface LockedNode {
  readonly path: string
  readonly owner: number
}

/**
 * Partial locks (RFC 5717): which instances of a configuration are locked by whom. A locked node protects all that is below
 * it. The nodes are found once, when a lock is made, and are then known by their paths. Calls are served in their order.
 */
export interface LockScopes extends Disposable {
  /**
   * Locks the nodes that XPath expressions select in `tree`, for `owner`, as lock `id`. Of `nodes`, which are the scope in
   * document order, none is locked when there is a `conflict` with another owner's lock. Rejects with `LibyangError`:
   * `invalid-value` for what is no expression or gives no nodes (app-tag `not-a-node-set`), `operation-failed` with
   * `no-matches` when nothing is selected, `resource-denied` past the budget or 100,000 nodes.
   */
  lock(
    tree: Tree,
    id: number,
    owner: number,
    expressions: readonly ScopedText[],
    budget?: Budget,
  ): Promise<{ readonly nodes: readonly string[]; readonly conflict?: LockedNode }>
  release(id: number): Promise<void>
  /** Where changes are in what others than `owner` have locked, each locked node once, `limit` at most. O(changes × depth). */
  touched(changes: Journal, owner: number, limit: number): Promise<readonly LockedNode[]>
  /** What changes took away is in no scope any more (section 2.4.1). O(changes × depth). */
  follow(changes: Journal): Promise<void>
  /** The scope of a lock; empty when there is no such lock. */
  nodes(id: number): Promise<readonly string[]>
}
