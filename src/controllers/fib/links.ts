/**
 * Follows the links of interfaces: what an interface going down or coming up changes in the RIB is brought to the members. It
 * waits while a commit is between plan and adoption, and does one change after the other.
 */
import type { Operation } from '../../../dataplane/client/index.js'
import type { EventBus } from '../../events.js'
import { allOperations, isEmpty, type Rib } from '../../rib/index.js'

export interface LinkParts {
  readonly events: EventBus
  readonly rib: Rib
  /** Carries operations out on the member, in the order of the calls and not in the midst of a commit. */
  readonly send: (operations: readonly Operation[]) => Promise<void>
  /** Told of what could not be carried out; a member that comes back is programmed anew anyway. */
  readonly failed: (error: unknown) => void
}

export function followLinks({ events, rib, send, failed }: LinkParts): AsyncDisposable {
  let ended = false
  let last: Promise<void> = Promise.resolve()
  const change = async (name: string, up: boolean): Promise<void> => {
    await rib.idle()
    if (ended) return
    const finished = await rib.interfaceUp(name, up)
    if (!finished || isEmpty(finished.delta)) return
    await send(allOperations(finished.delta))
  }
  const listener = events.on('link', ({ interface: name, up }) => {
    last = last.then(() => change(name, up)).catch(failed)
  })
  return {
    [Symbol.asyncDispose]: async () => {
      ended = true
      listener[Symbol.dispose]()
      await last
    },
  }
}
