/**
 * Makes a member that comes (again) what running says: one full transaction, after which what it should not have is swept
 * away. What is right already is not touched, so a member that kept forwarding goes on. Tries again until it works or the
 * member is gone.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Member, Operation } from '../../dataplane/client/index.js'
import type { Datastores } from '../../datastore/index.js'
import type { Log } from '../log.js'
import type { MemberStage } from './stage.js'

const deadline = 30_000
const longestPause = 5_000

export class Reconciler {
  readonly #datastores: Datastores<Operation>
  readonly #base: (member: Member) => readonly Operation[]
  readonly #stage: MemberStage
  readonly #alone: <T>(work: () => Promise<T>) => Promise<T>
  readonly #done: (member: Member, refused: string | undefined) => void
  readonly #forgets: (member: Member) => boolean
  readonly #log: Log
  readonly #stop = new AbortController()

  /**
   * `base`: what a member has besides what the configuration says, such as its ports. `alone`: does work while no routing update
   * is under way, so that none falls between what a full transaction says and the member's being admitted. `done`: told of each
   * attempt, why it failed, if it did. `forgets`: is the member to have nothing first?
   */
  constructor(
    datastores: Datastores<Operation>,
    base: (member: Member) => readonly Operation[],
    stage: MemberStage,
    alone: <T>(work: () => Promise<T>) => Promise<T>,
    done: (member: Member, refused: string | undefined) => void,
    forgets: (member: Member) => boolean,
    log: Log,
  ) {
    this.#datastores = datastores
    this.#base = base
    this.#stage = stage
    this.#alone = alone
    this.#done = done
    this.#forgets = forgets
    this.#log = log
  }

  stop(): void {
    this.#stop.abort()
  }

  /** Resolves when the member has what it should have, is gone, or the reconciler was stopped. Never rejects. */
  async reconcile(member: Member): Promise<void> {
    await this.#datastores.witness(member.name, member.commit)
    for (
      let pause = 100;
      member.attached && !this.#stop.signal.aborted;
      pause = Math.min(pause * 2, longestPause)
    ) {
      try {
        const start = performance.now()
        await this.#alone(() => this.#program(member))
        this.#done(member, undefined)
        const elapsed = Math.round(performance.now() - start)
        this.#log.info(
          `member ${member.name} is at commit ${this.#datastores.head?.number ?? 0} (${elapsed} ms): ${await repaired(member)}`,
        )
        return
      } catch (error) {
        if (!this.#stop.signal.aborted) this.#done(member, (error as Error).message)
        this.#log.error(`member ${member.name} could not be programmed: ${(error as Error).message}`)
        await delay(pause, undefined, { signal: this.#stop.signal }).catch(() => undefined)
      }
    }
  }

  async #forget(member: Member): Promise<void> {
    const prepared = await member.prepare([], { full: true, deadline })
    await prepared.apply(0)
  }

  async #program(member: Member): Promise<void> {
    await this.#datastores.fullPlan(async (steps) => {
      const operations = [...this.#base(member), ...steps.flatMap((step) => step.operations)]
      if (this.#forgets(member)) await this.#forget(member)
      const prepared = await member.prepare(operations, { full: true, deadline })
      await prepared.apply(this.#datastores.head?.number ?? 0)
      this.#stage.admit(member)
    })
  }
}

/** What the member found to be repaired, in words. */
async function repaired(member: Member): Promise<string> {
  const state = await member.state({ statistics: true }).catch(() => undefined)
  const statistics = state?.statistics
  if (!statistics) return 'what was repaired is not known'
  const parts = (['interfaces', 'objects', 'routes'] as const).flatMap((kind) => {
    const counts = (['Added', 'Changed', 'Removed'] as const).flatMap((what) => {
      const count = statistics[`${kind}${what}`]
      return count === 0n ? [] : [`${count} ${what.toLowerCase()}`]
    })
    return counts.length === 0 ? [] : [`${kind} ${counts.join(', ')}`]
  })
  return parts.length === 0 ? 'all was right already' : parts.join('; ')
}
