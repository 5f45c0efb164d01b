/**
 * The sessions of a server and what has been counted of them (RFC 6022, sections 2.1.4 and 2.1.5). It gives out the
 * session ids. The registry outlives no server, but is made before it, so that monitoring can be wired first.
 */

/** RFC 6022, grouping common-counters. */
export interface Counters {
  inRpcs: number
  inBadRpcs: number
  outRpcErrors: number
  outNotifications: number
}

export const zeroCounters = (): Counters => ({
  inRpcs: 0,
  inBadRpcs: 0,
  outRpcErrors: 0,
  outNotifications: 0,
})

export interface SessionInfo {
  readonly id: number
  readonly user: string
  readonly peer: { readonly address: string; readonly port: number }
  readonly transport: string
  readonly since: Date
  /** No rule of access control binds it (RFC 8341, section 3.4.1). */
  readonly recovery: boolean
  readonly counters: Readonly<Counters>
}

/** A session as others may act on it. */
export interface RegisteredSession {
  readonly info: SessionInfo
  /** Ends it at once; settles when its locks are gone (RFC 6241, section 7.9). */
  kill(by: string): Promise<void>
}

const LAST_ID = 4294967295

export class SessionRegistry {
  readonly started: Date
  /** Of all sessions that there were. */
  readonly counters = zeroCounters()
  inBadHellos = 0
  inSessions = 0
  droppedSessions = 0
  private readonly sessions = new Map<number, RegisteredSession>()
  private lastId = 0

  constructor(readonly clock: () => Date = () => new Date()) {
    this.started = clock()
  }

  get size(): number {
    return this.sessions.size
  }

  list(): readonly SessionInfo[] {
    return [...this.sessions.values()].map((session) => session.info)
  }

  get(id: number): RegisteredSession | undefined {
    return this.sessions.get(id)
  }

  nextId(): number {
    do this.lastId = this.lastId === LAST_ID ? 1 : this.lastId + 1
    while (this.sessions.has(this.lastId))
    return this.lastId
  }

  add(session: RegisteredSession): void {
    this.sessions.set(session.info.id, session)
  }

  remove(id: number): void {
    this.sessions.delete(id)
  }

  count(session: Counters, counter: keyof Counters, by = 1): void {
    session[counter] += by
    this.counters[counter] += by
  }
}
