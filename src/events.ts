/**
 * The event bus: what happens to the appliance, told to whoever listens. Events are facts with a type; a listener cannot
 * answer, hold up, or fail whoever tells them.
 */

import type { Miss } from '../dataplane/client/index.js'
import type { AlarmKey, StatusChange } from './alarms/index.js'

/** What is told, by name. */
export interface Events {
  /** An interface got or lost its link. */
  readonly link: { readonly member: string; readonly interface: string; readonly up: boolean }
  readonly neighbour: { readonly member: string; readonly interface: string }
  readonly 'port-lost': { readonly member: string; readonly interface: string }
  /** Packets wait at a member for what a controller is to find out: a LISP mapping, an IPsec security association. */
  readonly resolve: Miss & { readonly member: string }
  readonly attached: { readonly member: string }
  readonly detached: { readonly member: string }
  /** What is wrong at a member is, perhaps, something else. */
  readonly condition: { readonly member: string }
  /** An alarm that is in no shelf changed, in a way that is to be told. */
  readonly alarm: AlarmKey & StatusChange
  /** A commit is durable and applied. */
  readonly commit: { readonly number: number }
}

export type EventName = keyof Events

export class EventBus {
  readonly #handlers = new Map<EventName, Set<(event: never) => void>>()
  readonly #failed: (name: EventName, error: unknown) => void

  /** `failed`: told of a listener that threw. */
  constructor(failed: (name: EventName, error: unknown) => void) {
    this.#failed = failed
  }

  /** Listens until disposed. */
  on<N extends EventName>(name: N, handler: (event: Events[N]) => void): Disposable {
    let handlers = this.#handlers.get(name)
    if (!handlers) this.#handlers.set(name, (handlers = new Set()))
    const own = (event: never): void => handler(event)
    handlers.add(own)
    return { [Symbol.dispose]: () => handlers.delete(own) }
  }

  /** Every listener has been called when this returns. */
  emit<N extends EventName>(name: N, event: Events[N]): void {
    for (const handler of [...(this.#handlers.get(name) ?? [])]) {
      try {
        handler(event as never)
      } catch (error) {
        this.#failed(name, error)
      }
    }
  }
}
