/**
 * The confirmed commit (RFC 6241, section 8.4): running goes back to what it was unless a commit confirms it in time. What
 * is pending is written with the commits themselves, in the same synced batch, so that timer and base survive a restart.
 *
 * Without a token it belongs to one session: only that one confirms, prolongs or cancels, and its end takes running back,
 * as a restart does, which ends all sessions. With a token (`persist`) any session does it that gives the token; it then
 * outlives the session and a restart of this process, not one of the machine. A confirmed commit that prolongs another
 * sets the timer anew and leaves the base where it is.
 *
 * Callers are alone among writers (see `datastores.ts`), which does the taking back.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { RequestError, why } from './errors.js'
import type { Notes } from './journal/index.js'
import type { CommitOptions, Confirmation, Log, Requester } from './types.js'

/** Runs tasks later. */
export interface Timers {
  /** Disposing forgets the task. */
  after(milliseconds: number, task: () => void): Disposable
}

const noteName = 'confirmed-commit'
/** Seconds that a confirmed commit waits, unless told. */
const defaultTimeout = 600
/** Pause before running is taken back again that could not be, in milliseconds. */
const retryPause = 10_000
/** The longest that a timer of Node can wait. */
const longestTimer = 2 ** 31 - 1

export interface Pending {
  /** State that running goes back to. */
  readonly base: number
  readonly user: string
  /** Session of the last confirmed commit. */
  readonly session: number
  /** Hash of the token, when there is one. */
  readonly token?: string
  /** Milliseconds since the epoch. */
  readonly deadline: number
  /** Of the machine's start during which it was made. */
  readonly boot: string
}

export interface ConfirmedParts {
  /** Milliseconds since the epoch. */
  readonly clock: () => number
  readonly timers: Timers
  readonly boot: string
  readonly log: Log
  /** Commits after this state are needed, or none. */
  readonly hold: (state: number | undefined) => void
  /** It is time; to be called alone among writers, it takes running back if `pending` still stands. */
  readonly expired: (pending: Pending) => void
}

export class ConfirmedCommits implements Disposable {
  readonly #parts: ConfirmedParts
  #pending: Pending | undefined
  #failure: string | undefined
  #timer: Disposable | undefined

  constructor(parts: ConfirmedParts) {
    this.#parts = parts
  }

  get pending(): Pending | undefined {
    return this.#pending
  }

  /** What operators see of it. */
  get state(): Confirmation | undefined {
    if (!this.#pending) return undefined
    const { base, user, session, token, deadline } = this.#pending
    const secondsLeft = Math.max(0, Math.ceil((deadline - this.#parts.clock()) / 1000))
    return {
      base,
      user,
      secondsLeft,
      persist: token !== undefined,
      ...(token === undefined && { session }),
      ...(this.#failure !== undefined && { failure: this.#failure }),
    }
  }

  /** What is pending after this requester's commit on top of commit `head`. Throws RequestError when it may not commit now. */
  after(requester: Requester, { confirmed, persistId }: CommitOptions, head: number): Pending | undefined {
    this.#admit(requester, persistId, 'commit')
    if (!confirmed) return undefined
    const { timeoutSeconds = defaultTimeout, persist } = confirmed
    const token = persist === undefined ? this.#pending?.token : hashOf(persist)
    return {
      base: this.#pending?.base ?? head,
      user: requester.user,
      session: requester.session,
      ...(token !== undefined && { token }),
      deadline: this.#parts.clock() + timeoutSeconds * 1000,
      boot: this.#parts.boot,
    }
  }

  /** Throws RequestError when this requester has nothing to cancel. */
  admitCancel(requester: Requester, persistId: string | undefined): void {
    this.#admit(requester, persistId, 'cancel-commit')
    if (!this.#pending)
      throw new RequestError({
        type: 'application',
        tag: 'operation-failed',
        message: 'there is no confirmed commit to cancel: it has been confirmed or taken back already',
      })
  }

  /**
   * Throws RequestError when this requester may not change running past the pending commit, of which its change is then a
   * part: it neither confirms nor prolongs it, and goes when that is taken back.
   */
  admitDirect(requester: Requester): void {
    const pending = this.#pending
    if (!pending || pending.session === requester.session) return
    throw new RequestError({
      type: 'application',
      tag: 'in-use',
      message: `a confirmed commit of ${pending.user} is pending, and its end would take a change of running back too: confirm or cancel it first`,
    })
  }

  /** What must be written for `next` to be pending; empty when nothing changes. */
  notes(next: Pending | undefined): Notes {
    if (!next && !this.#pending) return {}
    return { [noteName]: next ? JSON.stringify(next) : null }
  }

  /** `next`, which is durable, is pending from now on. */
  enter(next: Pending | undefined): void {
    this.#pending = next
    this.#parts.hold(next?.base)
    this.#failure = undefined
    this.#timer?.[Symbol.dispose]()
    this.#timer = undefined
    if (next) this.#arm(next, next.deadline - this.#parts.clock())
  }

  /** Running could not be taken back: it is tried again. */
  failed(pending: Pending, error: unknown): void {
    this.#failure = why(error)
    this.#parts.log.error(
      `running could not be taken back to the state after commit ${pending.base}, and is tried again in ` +
        `${retryPause / 1000} s: ${this.#failure}`,
    )
    this.#arm(pending, retryPause)
  }

  /**
   * At the start of the process: takes up what was pending at its end. Returns why running must be taken back at once, if
   * it must.
   */
  resume(notes: ReadonlyMap<string, string>): string | undefined {
    const text = notes.get(noteName)
    const pending = text === undefined ? undefined : readPending(text)
    if (!pending) {
      if (text !== undefined)
        this.#parts.log.error(`what is stored of a confirmed commit cannot be read: ${text}`)
      return undefined
    }
    // Of the sessions of then there are none, and their numbers are given out again.
    this.#pending = { ...pending, session: 0 }
    this.#parts.hold(pending.base)
    if (pending.token === undefined)
      return `the restart ended session ${pending.session}, which had not confirmed it`
    if (pending.boot !== this.#parts.boot) return 'the machine was started anew before it was confirmed'
    if (pending.deadline <= this.#parts.clock()) return 'it was not confirmed in time'
    this.enter(this.#pending)
    return undefined
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]()
    this.#timer = undefined
  }

  #arm(pending: Pending, milliseconds: number): void {
    const wait = Math.min(Math.max(0, milliseconds), longestTimer)
    this.#timer?.[Symbol.dispose]()
    this.#timer = this.#parts.timers.after(wait, () => {
      if (milliseconds > wait) this.#arm(pending, milliseconds - wait)
      else this.#parts.expired(pending)
    })
  }

  #admit(requester: Requester, persistId: string | undefined, operation: string): void {
    const pending = this.#pending
    if (persistId !== undefined) {
      if (pending?.token === hashOf(persistId)) return
      throw new RequestError({
        type: 'protocol',
        tag: 'invalid-value',
        message: pending
          ? 'persist-id is not the token of the confirmed commit that is pending'
          : 'persist-id names a confirmed commit, and none is pending: it has been confirmed or taken back',
        info: { 'bad-element': 'persist-id' },
      })
    }
    if (!pending || (pending.token === undefined && pending.session === requester.session)) return
    const owner =
      pending.token === undefined
        ? `session ${pending.session} alone can confirm or cancel it`
        : 'whoever gives its token as persist-id can confirm or cancel it'
    throw new RequestError({
      type: 'application',
      tag: 'in-use',
      message: `a confirmed commit of ${pending.user} is pending, and ${owner}; ${operation} was not carried out`,
    })
  }
}

/** Of the present start of the machine; '' when the system does not tell. */
export function bootOfMachine(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return ''
  }
}

export const systemTimers: Timers = {
  after(milliseconds, task) {
    const timer = setTimeout(task, milliseconds)
    return { [Symbol.dispose]: () => clearTimeout(timer) }
  },
}

function readPending(text: string): Pending | undefined {
  try {
    const pending = JSON.parse(text) as Pending
    const sound = [pending.base, pending.session, pending.deadline].every(Number.isSafeInteger)
    return sound ? pending : undefined
  } catch {
    return undefined
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
