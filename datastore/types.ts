/**
 * The datastores of RFC 8342 as the protocol sees them. A session is known by its id and user name; locks belong to
 * sessions. Every rejected call throws `RequestError`, complete enough to be sent, and leaves all as it was.
 */
import type { Budget, EditOptions, Filter, Fragment, Journal, Tree, YangError } from 'libyang-js'

export type DatastoreName = 'running' | 'candidate'

/** Who asks. */
export interface Requester {
  /** NETCONF session id; 0: the appliance itself. */
  readonly session: number
  readonly user: string
}

export interface CommitOptions {
  readonly comment?: string
}

/** What the journal says of a commit. */
export interface CommitRecord {
  readonly number: number
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly user: string
  readonly session: number
  readonly comment: string
  /** Module set: name@revision of every implemented module, hashed. */
  readonly moduleSet: string
  readonly previousHash: string
  readonly hash: string
}

export interface ReadOptions {
  readonly source: DatastoreName | 'operational'
  readonly filter?: Filter
  readonly budget?: Budget
}

export interface Datastores extends AsyncDisposable {
  /** The last commit; undefined before the first. */
  readonly head: CommitRecord | undefined
  /** Runs `use` on a tree that stays as it is until `use` settles. */
  withTree<T>(name: DatastoreName, use: (tree: Tree) => Promise<T>): Promise<T>
  /**
   * The data as XML elements, in slices; breaking off releases what it holds. `running` and `candidate`: configuration;
   * `operational`: running with the state of the providers that the filter may match (RFC 6241, section 7.7 `get`).
   */
  read(options: ReadOptions): AsyncIterableIterator<Buffer>
  /** Edits the candidate (RFC 6241, section 7.2). With `test-only` nothing stays changed. */
  edit(
    requester: Requester,
    target: DatastoreName,
    config: Fragment,
    options: Omit<EditOptions, 'derived'> & {
      readonly testOption: 'test-then-set' | 'set' | 'test-only'
    },
  ): Promise<void>
  /** Replaces all of the target (RFC 6241, section 7.3). */
  copy(requester: Requester, target: DatastoreName, source: DatastoreName | Fragment): Promise<void>
  validate(requester: Requester, source: DatastoreName | Fragment): Promise<void>
  /** Candidate to running: validate, expand, plan, prepare, journal, apply, tell. Resolves with undefined when nothing was changed. */
  commit(requester: Requester, options?: CommitOptions): Promise<CommitRecord | undefined>
  discard(requester: Requester): Promise<void>
  /** RFC 6241, section 7.5: fails with lock-denied and the holder's session id in `info['session-id']`. */
  lock(requester: Requester, target: DatastoreName): void
  unlock(requester: Requester, target: DatastoreName): Promise<void>
  /** A session ended: its locks go, and with the candidate's lock its uncommitted changes (RFC 6241, section 8.3.5.2). */
  release(session: number): Promise<void>
  /** Everything that a member should have, from running: steps for a full transaction. */
  fullPlan<Operation>(): Promise<readonly import('./controller.js').Step<Operation>[]>
  on(event: 'commit', handler: (commit: CommitRecord, changes: Journal) => void): void
}

export type { YangError }
