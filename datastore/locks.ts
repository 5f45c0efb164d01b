/**
 * Locks of RFC 6241, section 7.5: who holds which datastore. Only NETCONF sessions hold locks; whether a datastore may be
 * locked for another reason than another's lock (a changed candidate) is for the caller to say.
 */
import { RequestError } from './errors.js'
import type { DatastoreLock, DatastoreName, Requester } from './types.js'

export class Locks {
  readonly #held = new Map<DatastoreName, DatastoreLock>()
  readonly #clock: () => number

  /** `clock`: milliseconds since the epoch. */
  constructor(clock: () => number) {
    this.#clock = clock
  }

  holder(target: DatastoreName): number | undefined {
    return this.#held.get(target)?.session
  }

  list(): readonly DatastoreLock[] {
    return [...this.#held.values()]
  }

  /** Throws `lock-denied` when it is held, also by the one who asks. */
  admit(requester: Requester, target: DatastoreName): void {
    const holder = this.holder(target)
    if (holder === requester.session) throw denied(holder, `${target} is already locked by this session`)
    if (holder !== undefined) throw denied(holder, `${target} is locked by session ${holder}`)
  }

  acquire(requester: Requester, target: DatastoreName): void {
    this.admit(requester, target)
    this.#held.set(target, { datastore: target, session: requester.session, since: this.#clock() })
  }

  yield(requester: Requester, target: DatastoreName): void {
    const holder = this.holder(target)
    if (holder !== requester.session) {
      const state =
        holder === undefined ? 'not locked' : `locked by session ${holder}, which alone can unlock it`
      throw new RequestError({
        type: 'protocol',
        tag: 'operation-failed',
        message: `${target} is ${state}`,
      })
    }
    this.#held.delete(target)
  }

  /** Frees what a session holds of `targets`, and says what that was. */
  release(session: number, ...targets: readonly DatastoreName[]): readonly DatastoreName[] {
    const held = targets.filter((target) => this.holder(target) === session)
    for (const target of held) this.#held.delete(target)
    return held
  }

  /** Throws `in-use` when another session holds one of `targets`. */
  check(requester: Requester, ...targets: readonly DatastoreName[]): void {
    for (const target of targets) {
      const holder = this.holder(target)
      if (holder === undefined || holder === requester.session) continue
      throw new RequestError({
        type: 'application',
        tag: 'in-use',
        message: `${target} is locked by session ${holder}; try again when it has unlocked it`,
      })
    }
  }
}

/** `holder` 0: what stands in the way is no NETCONF session's lock. */
export function denied(holder: number, message: string): RequestError {
  return new RequestError({
    type: 'protocol',
    tag: 'lock-denied',
    message,
    info: { 'session-id': String(holder) },
  })
}
