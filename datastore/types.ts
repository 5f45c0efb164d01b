/**
 * The datastores of RFC 8342 as the protocol sees them. A session is known by its id and user name; locks belong to
 * sessions. Every rejected call throws `RequestError`, complete enough to be sent, and leaves all as it was.
 */
import type {
  Access,
  Budget,
  DefaultsMode,
  EditOptions,
  Filter,
  Fragment,
  Journal,
  Origins,
  ScopedText,
  Tree,
  YangError,
} from 'libyang-js'
import type { Step } from './controller.js'

/** Those of which a tree is resident. */
export type ResidentName = 'running' | 'candidate'
/** `startup` is there when the schema has the feature. */
export type DatastoreName = ResidentName | 'startup'

/** Who asks. */
export interface Requester {
  /** NETCONF session id; 0: the appliance itself. */
  readonly session: number
  readonly user: string
}

/** Lock of a whole datastore (RFC 6241, section 7.5). */
export interface DatastoreLock {
  readonly datastore: DatastoreName
  readonly session: number
  /** Milliseconds since the epoch. */
  readonly since: number
}

/** Lock of a part of running (RFC 5717). */
export interface PartialLock {
  readonly id: number
  readonly session: number
  /** Milliseconds since the epoch. */
  readonly since: number
  readonly expressions: readonly ScopedText[]
  /** Instance paths of the nodes in its scope, as it is now. */
  readonly nodes: readonly string[]
}

export interface HeldLocks {
  readonly datastores: readonly DatastoreLock[]
  readonly partial: readonly PartialLock[]
}

export interface CommitOptions {
  readonly comment?: string
  /** Makes it a confirmed commit (RFC 6241, section 8.4): running goes back unless a later commit confirms this one. */
  readonly confirmed?: {
    /** How long it waits to be confirmed; 600 when absent. */
    readonly timeoutSeconds?: number
    /** A token by which any session can confirm or cancel; without one only the session that commits can. */
    readonly persist?: string
  }
  /** Token of the pending confirmed commit that this commit confirms, or prolongs. */
  readonly persistId?: string
}

/** A confirmed commit that waits to be confirmed. */
export interface Confirmation {
  /** State that running goes back to. */
  readonly base: number
  readonly user: string
  /** The session that alone can confirm and cancel; absent with a token. */
  readonly session?: number
  /** Whether a token is what confirms and cancels. */
  readonly persist: boolean
  readonly secondsLeft: number
  /** Why running could not be taken back when it was time. */
  readonly failure?: string
}

/** A state of the configuration: what is edited, what is in force, or what was in force after a commit (0: before the first). */
export type Revision = 'candidate' | 'running' | number

/** What leads from one state to another: lines of `Journal.describe`. */
export interface Difference {
  readonly lines: readonly string[]
  /** There are more lines than were asked for. */
  readonly more: boolean
}

/** What a commit would do. */
export interface Rehearsal<Operation = unknown> {
  /** Number that it would get; undefined when there is nothing to commit. */
  readonly number: number | undefined
  readonly difference: Difference
  /** The plan, in the order in which it would be carried out. */
  readonly steps: readonly Step<Operation>[]
}

/** What the journal says of a commit. */
export interface CommitRecord {
  readonly number: number
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly user: string
  readonly session: number
  readonly comment: string
  /** Octets of its changes as stored. */
  readonly size: number
  /** Module set: name@revision of every implemented module, hashed. */
  readonly moduleSet: string
  readonly previousHash: string
  readonly hash: string
}

/** What a start found in the journal. */
export interface RecoveryReport {
  /** Number of the commit that running is now; 0: none. */
  readonly number: number
  /** What the journal had and running has not. Empty when the chain is whole. */
  readonly lost: readonly Loss[]
  /** Why what is stored cannot be used: running is the failsafe configuration, and nothing can be committed. */
  readonly failsafe?: string
  /** What was damaged without a commit of running being lost: a snapshot, the older history. */
  readonly faults: readonly string[]
  /** What validation says of the recovered running: only a changed module set can make it invalid. */
  readonly invalid: readonly YangError[]
  readonly milliseconds: number
}

/** Commits `first` to `last` that could not be recovered, and why. */
export interface Loss {
  readonly first: number
  readonly last: number
  readonly reason: string
  /** Where what is left of them was put: a key prefix of the journal, or a copy of its folder. */
  readonly keptAs?: string
}

/** Where the datastore reports what no client can be told. `error` is an alarm. */
export interface Log {
  info(message: string): void
  warn(message: string): void
  error(message: string): void
}

export interface ReadOptions {
  /** A commit: what running was after it, put together from running for the read, O(running). */
  readonly source:
    DatastoreName | 'intended' | 'operational' | 'factory-default' | { readonly commit: number }
  readonly filter?: Filter | undefined
  readonly budget?: Budget | undefined
  /** What may be read (RFC 8341); everything when absent. For the filter, the rest does not exist. */
  readonly access?: Access | undefined
  /** What is printed of leaves that have a default (RFC 6243, section 3); `explicit` when absent. */
  readonly defaults?: DefaultsMode | undefined
  /** Configuration alone, or (false) state alone, with the nodes above it and the keys of entries. */
  readonly config?: boolean | undefined
  /** See `PrintOptions.maxDepth`. */
  readonly maxDepth?: number | undefined
  /** Of operational: whether nodes tell their origin, and which origins are wanted of configuration. */
  readonly origins?: Pick<Origins, 'shown' | 'only'> | undefined
}

export interface Datastores<Operation = unknown> extends AsyncDisposable {
  /** The last commit; undefined before the first. */
  readonly head: CommitRecord | undefined
  /** Runs `use` on a tree that stays as it is until `use` settles. */
  withTree<T>(name: DatastoreName, use: (tree: Tree) => Promise<T>): Promise<T>
  /**
   * The data as XML elements, in slices; breaking off releases what it holds. `running` and `candidate`: configuration;
   * `operational`: running with the state of the providers that the filter may match (RFC 6241, section 7.7 `get`);
   * `intended`: running, while nothing is expanded from it; `factory-default`: what a reset makes of it, without secrets.
   */
  read(options: ReadOptions): AsyncIterableIterator<Buffer>
  /**
   * Edits the candidate or, with writable-running, running itself (RFC 6241, section 7.2): that is a commit of its own, beside
   * a candidate that keeps its contents. With `test-only` nothing stays changed.
   */
  edit(
    requester: Requester,
    target: DatastoreName,
    config: Fragment,
    options: Omit<EditOptions, 'derived' | 'state'> & {
      readonly testOption: 'test-then-set' | 'set' | 'test-only'
    },
  ): Promise<void>
  /**
   * Replaces all of the target (RFC 6241, section 7.3); running only with writable-running. The configuration must be valid,
   * unless the target is the candidate. What `access` hides of a source that is a datastore is not copied, so it goes from the
   * target, but from running to startup (RFC 8341, section 3.2.6).
   */
  copy(
    requester: Requester,
    target: DatastoreName,
    source: DatastoreName | Fragment,
    access?: Access,
  ): Promise<void>
  /** The configuration of a `<config>` as a copy would store it, without state and defaults; XML elements in slices. */
  print(config: Fragment): AsyncIterableIterator<Buffer>
  /** RFC 6241, section 7.4: the next boot begins with the factory configuration. */
  deleteStartup(requester: Requester): Promise<void>
  /** Makes every writable datastore the factory default configuration (RFC 8808), whoever has locked what. */
  reset(requester: Requester): Promise<CommitRecord | undefined>
  validate(requester: Requester, source: DatastoreName | Fragment): Promise<void>
  /**
   * Candidate to running: validate, expand, plan, prepare, journal, apply, tell. Resolves with undefined when nothing was
   * changed. `in-use` while another's confirmed commit is pending, `invalid-value` for a wrong token.
   */
  commit(requester: Requester, options?: CommitOptions): Promise<CommitRecord | undefined>
  /**
   * What `commit` would do, as far as it can be told without asking members; `limit`: the most lines. With `access`: the
   * lines of what may be read, and no steps. O(change).
   */
  rehearse(
    requester: Requester,
    options: CommitOptions,
    limit: number,
    access?: Access,
  ): Promise<Rehearsal<Operation>>
  /** Takes running back to before the pending confirmed commit (RFC 6241, section 8.4.4.1), by a commit of its own. */
  cancelCommit(requester: Requester, persistId?: string): Promise<void>
  /** The confirmed commit that waits to be confirmed. */
  readonly confirmation: Confirmation | undefined
  /**
   * Loads the state after a commit, or so many commits ago, into the candidate, in place of what is pending; resolves with
   * its number. `invalid-value`, with the oldest state there is, when it is no longer kept. O(changes since).
   */
  rollback(requester: Requester, to: { readonly commit: number } | { readonly back: number }): Promise<number>
  /** What leads from one state to another, as far as it may be read, at most `limit` lines. O(changes between them). */
  compare(from: Revision, to: Revision, limit: number, access?: Access): Promise<Difference>
  /** The same as a journal, net and the caller's. */
  changes(from: Revision, to: Revision): Promise<Journal>
  discard(requester: Requester): Promise<void>
  /**
   * RFC 6241, section 7.5: fails with lock-denied and the holder's session id in `info['session-id']`; for running also
   * while another's confirmed commit is pending or there is a partial lock. What is held is refused at once; what is not
   * waits for the edit or commit that is being carried out.
   */
  lock(requester: Requester, target: DatastoreName): Promise<void>
  unlock(requester: Requester, target: DatastoreName): Promise<void>
  /**
   * Locks the nodes of running that XPath expressions select, and all below them (RFC 5717, section 2.4.1). Fails with
   * lock-denied when running is locked as a whole, and when another session has a part of them; with the app-tags
   * `outstanding-confirmed-commit`, and `no-matches` and `not-a-node-set` for what selects nothing, or no nodes.
   * What `access` does not let be read is not there.
   */
  partialLock(
    requester: Requester,
    expressions: readonly ScopedText[],
    budget?: Budget,
    access?: Access,
  ): Promise<PartialLock>
  /** `invalid-value` unless it is a lock of this session. */
  partialUnlock(requester: Requester, id: number): Promise<void>
  locks(): Promise<HeldLocks>
  /**
   * A session ended: its locks go, with the candidate's lock its uncommitted changes (RFC 6241, section 8.3.5.2), and what
   * it had not confirmed is taken back (section 8.4.1).
   */
  release(session: number): Promise<void>
  /**
   * A member says that this is the last commit that it applied. When the journal has none of that number, commits that had
   * been acknowledged are lost: that is an alarm, and their numbers are not used again. Never rejects.
   */
  witness(member: string, commit: number): Promise<void>
  /** Commits, the newest first. */
  history(): AsyncIterableIterator<CommitRecord>
  /**
   * Everything that a member should have, from running: steps for a full transaction. No commit is planned before
   * `deliver` has settled, so that a member gets the full transaction first and later commits after it.
   */
  fullPlan(
    deliver?: (steps: readonly Step<Operation>[]) => Promise<void>,
  ): Promise<readonly Step<Operation>[]>
  /** `changes` is alive until what the handler returns has settled. Commits do not wait for handlers. */
  on(event: 'commit', handler: (commit: CommitRecord, changes: Journal) => void | Promise<void>): void
}

export type { YangError }
