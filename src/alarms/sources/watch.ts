/**
 * Keeps the alarms of one member up to date: reads its state when an event, or a commit, says that something may be wrong that
 * was not, or no longer is. What was wrong when it went away stays until it is back and says otherwise.
 */
import type { Member, MemberState } from '../../../dataplane/client/index.js'
import type { EventBus } from '../../events.js'
import type { Alarms } from '../alarms.js'
import { Lookout } from '../lookout.js'
import { attachmentConditions, memberConditions, type MemberWishes } from './member.js'

export interface WatchParts {
  readonly member: Member
  readonly alarms: Alarms
  readonly bus: EventBus
  /** What running says of the member's ports. */
  readonly wishes: () => Promise<MemberWishes>
  /** Has the member what running says? Its state tells nothing before. */
  readonly admitted: () => boolean
  /** Is it the one who tells of an interface on that port (empty: on none), and of bridge domains? */
  readonly tells: (port: string) => boolean
}

export class MemberWatch implements AsyncDisposable {
  readonly #parts: WatchParts
  readonly #lookout: Lookout
  readonly #listening: readonly Disposable[]
  #refused: string | undefined

  constructor(parts: WatchParts) {
    this.#parts = parts
    this.#lookout = new Lookout(() => this.#look())
    const { bus, member } = parts
    const events = ['link', 'port-lost', 'condition'] as const
    this.#listening = [
      ...events.map((name) => bus.on(name, (event) => event.member === member.name && this.look())),
      ...(['attached', 'detached'] as const).map((name) =>
        bus.on(name, (event) => event.member === member.name && this.attachment()),
      ),
    ]
  }

  /** Its state may be otherwise. */
  look(): void {
    this.#lookout.look()
  }

  /** It may be attached, or not. */
  attachment(): void {
    const { alarms, member } = this.#parts
    const { name, attached } = member
    alarms.tell(
      `attachment of member ${name}`,
      attachmentConditions(name, { attached, refused: this.#refused }),
    )
  }

  /** What it said when it was to be programmed; undefined when it has been. */
  programmed(refused: string | undefined): void {
    this.#refused = refused
    this.attachment()
    if (refused === undefined) this.look()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of this.#listening) one[Symbol.dispose]()
    await this.#lookout[Symbol.asyncDispose]()
  }

  async #look(): Promise<void> {
    const { alarms, member, wishes, admitted, tells } = this.#parts
    if (!member.attached || !admitted()) return
    try {
      const [state, wished] = await Promise.all([
        member.state({ ports: true, interfaces: true, workers: true, holds: true, bridges: true }),
        wishes(),
      ])
      if (admitted())
        alarms.tell(
          `state of member ${member.name}`,
          memberConditions(member.name, ofItsOwn(state, tells), wished),
        )
    } catch {
      // It went away, or all is being closed: what is known stays.
    }
  }
}

/** What other members tell as well, only one tells. */
const ofItsOwn = (state: MemberState, tells: WatchParts['tells']): MemberState => ({
  ...state,
  interfaces: state.interfaces.filter(({ port }) => tells(port)),
  bridges: tells('') ? state.bridges : [],
})
