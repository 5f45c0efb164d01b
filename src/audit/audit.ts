/**
 * The audit log: who did what, from where, with which result. It listens to the NETCONF server and to commits, and gives
 * every record to each of its places, which take them in their own time; nothing that is recorded waits for it or fails
 * because of it. O(1) an event, but for the paths of a commit, of which there are at most `longestList`.
 */
import { hostname } from 'node:os'
import type { Journal } from 'libyang-js'
import type { CommitRecord, Datastores, RecoveryReport } from '../../datastore/index.js'
import type { Observer, SessionInfo } from '../../netconf/index.js'
import type { Log } from '../log.js'
import * as events from './events.js'
import { FileSink, type FileOptions } from './file.js'
import { Outbox, type OutboxOptions } from './outbox.js'
import { touched } from './paths.js'
import { format, type AuditEvent } from './record.js'

/** Paths that one record of a commit names. */
const longestList = 64

export interface AuditOptions {
  readonly file: FileOptions
  readonly version: string
  readonly log: Log
  readonly clock?: () => Date
}

export class Audit implements Observer, AsyncDisposable {
  readonly #options: AuditOptions
  readonly #clock: () => Date
  readonly #sessions = new Map<number, SessionInfo>()
  readonly #file: Outbox
  #datastores: Datastores | undefined

  constructor(options: AuditOptions) {
    this.#options = options
    this.#clock = options.clock ?? (() => new Date())
    this.#file = new Outbox(new FileSink(options.file), this.#outboxOptions())
  }

  /** Tells what the start found, and follows commits from now on. */
  follow(datastores: Datastores, { number, lost, failsafe }: RecoveryReport): void {
    this.#datastores = datastores
    this.#record(events.started(this.#options.version, datastores.head?.number ?? 0))
    for (const loss of lost) this.#record(events.lost(loss))
    if (failsafe !== undefined) this.#record(events.failsafe(failsafe))
    const { head } = datastores
    // Made before anybody could listen.
    if (head && head.number > number && failsafe === undefined)
      this.#record(events.committed(head, undefined, { paths: [], more: false }, true))
    datastores.on('commit', (commit, changes) => this.#commit(datastores, commit, changes))
  }

  // Observer

  login(login: Parameters<Observer['login']>[0]): void {
    this.#record(events.login(login))
  }

  opened(session: SessionInfo): void {
    this.#sessions.set(session.id, session)
    this.#record(events.opened(session))
  }

  closed(session: SessionInfo, why: string): void {
    this.#sessions.delete(session.id)
    this.#record(events.closed(session, why))
  }

  answered(...[session, outcome]: Parameters<Observer['answered']>): void {
    this.#record(events.answered(session, outcome))
  }

  /** Writes what waits. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#datastores) this.#record(events.stopped(this.#datastores.head?.number ?? 0))
    await this.#file.close()
  }

  async #commit(datastores: Datastores, commit: CommitRecord, changes: Journal): Promise<void> {
    // The session may be gone, and the confirmation settled, when the paths are there.
    const session = this.#sessions.get(commit.session)
    const reverts = commit.session === 0 && datastores.confirmation !== undefined
    const lines = await changes.describe(longestList + 1)
    const paths = lines.slice(0, longestList).flatMap((line) => touched(line) ?? [])
    const told = { count: changes.explicit, paths, more: lines.length > longestList }
    this.#record(events.committed(commit, session, told, reverts))
  }

  #record(event: Omit<AuditEvent, 'time'>): void {
    this.#file.push({ ...event, time: this.#clock() })
  }

  #outboxOptions(): OutboxOptions {
    const originator = { host: hostname(), process: process.pid }
    return {
      clock: this.#clock,
      log: this.#options.log,
      format: (event, sequence) => format(event, originator, sequence),
    }
  }
}
