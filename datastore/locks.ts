/**
 * Locks of RFC 6241, section 7.5: who holds which datastore. Only NETCONF sessions hold locks; whether a datastore may be
 * locked for another reason than another's lock (a changed candidate) is for the caller to say.
 */
import { RequestError } from './errors.js'
import type { DatastoreName, Requester } from './types.js'

export class Locks {
  readonly #holders = new Map<DatastoreName, number>()

  holder(target: DatastoreName): number | undefined {
    return this.#holders.get(target)
  }

  acquire(requester: Requester, target: DatastoreName): void {
    const holder = this.#holders.get(target)
    if (holder === requester.session) throw denied(holder, `${target} is already locked by this session`)
    if (holder !== undefined) throw denied(holder, `${target} is locked by session ${holder}`)
    this.#holders.set(target, requester.session)
  }

  yield(requester: Requester, target: DatastoreName): void {
    const holder = this.#holders.get(target)
    if (holder !== requester.session) {
      const state =
        holder === undefined ? 'not locked' : `locked by session ${holder}, which alone can unlock it`
      throw new RequestError({
        type: 'protocol',
        tag: 'operation-failed',
        message: `${target} is ${state}`,
      })
    }
    this.#holders.delete(target)
  }

  /** Frees what a session holds, and says what that was. */
  release(session: number): readonly DatastoreName[] {
    const held = [...this.#holders].filter(([, holder]) => holder === session).map(([target]) => target)
    for (const target of held) this.#holders.delete(target)
    return held
  }

  /** Throws `in-use` when another session holds one of `targets`. */
  check(requester: Requester, ...targets: readonly DatastoreName[]): void {
    for (const target of targets) {
      const holder = this.#holders.get(target)
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
