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
import { FileSink } from './file.js'
import { Outbox, type Sink } from './outbox.js'
import { touched } from './paths.js'
import { format, hostName, type AuditEvent } from './record.js'
import {
  factorySettings,
  type AuditControl,
  type AuditSettings,
  type PlaceState,
  type SyslogServer,
} from './settings.js'
import { syslogSink } from './syslog.js'

/** Operations that change nothing. */
const reading: ReadonlySet<string | undefined> = new Set([
  'get',
  'get-config',
  'get-data',
  'get-schema',
  'compare',
])

/** Paths that one record of a commit names. */
const longestList = 64

export interface AuditOptions {
  /** Of the file. */
  readonly path: string
  readonly version: string
  readonly log: Log
  readonly clock?: () => Date
  /** Told when what `state` says of failures may be otherwise. */
  readonly changed?: (state: AuditControl['state']) => void
}

interface Server {
  readonly settings: SyslogServer
  readonly outbox: Outbox
}

export class Audit implements Observer, AuditControl, AsyncDisposable {
  readonly #options: AuditOptions
  readonly #clock: () => Date
  readonly #sessions = new Map<number, SessionInfo>()
  readonly #limits: { size: number; keep: number } = { ...factorySettings.file }
  readonly #file: Outbox
  readonly #servers = new Map<string, Server>()
  #reads = factorySettings.reads
  #datastores: Datastores | undefined

  constructor(options: AuditOptions) {
    this.#options = options
    this.#clock = options.clock ?? (() => new Date())
    this.#file = this.#outbox(new FileSink(Object.assign(this.#limits, { path: options.path })))
  }

  get state(): { readonly file: PlaceState; readonly syslog: ReadonlyMap<string, PlaceState> } {
    const syslog = [...this.#servers].map(([name, { outbox }]) => [name, outbox.state] as const)
    return { file: this.#file.state, syslog: new Map(syslog) }
  }

  /** Servers that stay as they were keep what waits for them. */
  configure({ reads, file, syslog }: AuditSettings): void {
    this.#reads = reads
    Object.assign(this.#limits, file)
    const next = new Map(syslog.map((settings) => [settings.name, settings]))
    for (const [name, { settings, outbox }] of this.#servers) {
      if (same(settings, next.get(name))) next.delete(name)
      else {
        this.#servers.delete(name)
        void outbox.close()
      }
    }
    for (const [name, settings] of next)
      this.#servers.set(name, { settings, outbox: this.#outbox(syslogSink(settings)) })
    this.#options.changed?.(this.state)
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

  /** What became of a member of another machine. */
  member(deed: events.MemberDeed): void {
    this.#record(events.member(deed))
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
    if (!this.#reads && outcome.errors.length === 0 && reading.has(outcome.operation)) return
    this.#record(events.answered(session, outcome))
  }

  /** Writes what waits. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#datastores) this.#record(events.stopped(this.#datastores.head?.number ?? 0))
    const servers = [...this.#servers.values()].map(({ outbox }) => outbox)
    await Promise.all([this.#file, ...servers].map((outbox) => outbox.close()))
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
    const { id, severity, who, fields, text } = event
    const timed = { id, severity, time: this.#clock(), who, fields, text }
    this.#file.push(timed)
    for (const { outbox } of this.#servers.values()) outbox.push(timed)
  }

  #outbox(sink: Sink): Outbox {
    const originator = { host: hostName(hostname()), process: process.pid }
    return new Outbox(sink, {
      clock: this.#clock,
      log: this.#options.log,
      changed: () => this.#options.changed?.(this.state),
      format: (event, sequence) => format(event, originator, sequence),
    })
  }
}

function same(one: SyslogServer, other: SyslogServer | undefined): boolean {
  const keys = ['transport', 'address', 'port'] as const
  return other !== undefined && keys.every((key) => one[key] === other[key])
}
