/**
 * The way of a commit: validate → expand → plan → prepare → journal → adopt and apply → tell. Until the journal has the
 * commit durably, every failure leaves all as it was, the candidate with its uncommitted changes too. From then on the
 * commit has happened: what still goes wrong is an alarm in the log and the reconciler's work.
 *
 * Callers are alone among writers (see `datastores.ts`).
 */
import type { Context, Journal, Tree } from 'libyang-js'
import type { Candidate } from './candidate.js'
import type { Change, PreparedStage, Stage, Step } from './controller.js'
import { withDeadline } from './deadline.js'
import { RequestError, why } from './errors.js'
import { admit, type CommitGuard } from './guard.js'
import type { CommitJournal, Notes } from './journal/index.js'
import type { Planned, Planner } from './planner.js'
import type { Trees } from './trees.js'
import type { CommitOptions, CommitRecord, Log, Requester } from './types.js'

/** Text of a commit is cut into pieces of this size. */
const chunkBytes = 1 << 20

export type CommitHandler = (commit: CommitRecord, changes: Journal) => void | Promise<void>

export interface TransactionParts<Operation> {
  readonly context: Context
  readonly trees: Trees
  readonly candidate: Candidate
  readonly journal: CommitJournal
  readonly planner: Pick<Planner<never, Operation>, 'plan'>
  readonly stage: Stage<Operation>
  /** Asked for what clients commit. */
  readonly guards: readonly CommitGuard[]
  readonly log: Log
  readonly clock: () => number
  readonly moduleSet: string
  /** How long the stage may take to prepare or abort, in milliseconds. */
  readonly stageDeadline: number
  /** How long a commit's answer waits for `apply`, in milliseconds. */
  readonly applyDeadline: number
}

/** A commit of which all is done that can fail. */
interface Durable<Operation> {
  readonly commit: CommitRecord
  readonly planned: Planned<Operation>
  readonly prepared: PreparedStage
}

export class Transactions<Operation> {
  readonly #parts: TransactionParts<Operation>
  readonly #handlers = new Set<CommitHandler>()
  /** The controllers know running; else they are given everything with the next plan. */
  #adopted = false
  /** What goes on after answers: trees that catch up, listeners that are told. */
  readonly #behind = new Set<Promise<unknown>>()

  constructor(parts: TransactionParts<Operation>) {
    this.#parts = parts
  }

  onCommit(handler: CommitHandler): void {
    this.#handlers.add(handler)
  }

  /** `notes` become durable with the commit; without a change there is none, and they are not written. */
  async commit(
    requester: Requester,
    options: CommitOptions,
    notes: Notes = {},
  ): Promise<CommitRecord | undefined> {
    return await this.#commit(requester, options, notes, { guarded: true })
  }

  /**
   * Commits what `change` makes of a candidate that is like running, in place of the candidate's own changes, which are
   * pending again afterwards: the candidate keeps its contents when running moves under it.
   */
  async commitBeside(
    change: () => Promise<void>,
    requester: Requester,
    options: CommitOptions & { readonly guarded: boolean },
    notes: Notes = {},
  ): Promise<CommitRecord | undefined> {
    return await this.#beside(change, (made) =>
      this.#commit(requester, options, notes, { guarded: options.guarded, made }),
    )
  }

  /** Rejects with what would refuse `commitBeside` for a client; nothing stays changed. */
  async rehearseBeside(change: () => Promise<void>, requester: Requester): Promise<void> {
    const { candidate } = this.#parts
    await this.#beside(change, async () => {
      using _derived = await candidate.validate()
      await candidate.net()
      await this.admit(requester)
      await this.rehearse()
    })
  }

  async #beside<T>(
    change: () => Promise<void>,
    work: (made: (changes: Journal) => Promise<void>) => Promise<T>,
  ): Promise<T> {
    const { candidate } = this.#parts
    using aside = await candidate.setAside()
    let back: Journal | undefined
    try {
      await change()
      return await work(async (changes) => {
        back = await changes.reversed()
      })
    } finally {
      await candidate.discard()
      await candidate.takeUp(aside, back)
      back?.[Symbol.dispose]()
    }
  }

  /** `guarded`: by the guards of clients. `made` is awaited before the commit's changes are let go. */
  async #commit(
    requester: Requester,
    options: CommitOptions,
    notes: Notes,
    { guarded, made }: { guarded: boolean; made?: (changes: Journal) => Promise<void> },
  ): Promise<CommitRecord | undefined> {
    const { candidate, trees } = this.#parts
    if (!candidate.modified) return undefined
    using undo = await candidate.validate()
    let durable: Durable<Operation>
    try {
      await candidate.net()
      if (!candidate.modified) return undefined
      if (guarded) await this.admit(requester)
      durable = await this.#makeDurable(candidate.pending, requester, options, notes)
    } catch (error) {
      await candidate.revert(undo)
      throw RequestError.from(error)
    }
    const changes = candidate.take()
    await made?.(changes)
    const { caughtUp } = await trees.promote(changes)
    this.#adopted = durable.planned.adopt()
    await this.#apply(durable)
    const told = this.#tell(durable.commit, changes)
    const behind = Promise.allSettled([caughtUp, told]).then(() => {
      changes[Symbol.dispose]()
      this.#behind.delete(behind)
    })
    this.#behind.add(behind)
    return durable.commit
  }

  /** Resolves when nothing of past commits goes on any more; a listener that does not come to an end is left behind. */
  async settled(): Promise<void> {
    const { applyDeadline, log } = this.#parts
    const late = () =>
      new Error(`a listener of a commit did not come to an end within ${applyDeadline / 1000} s`)
    await withDeadline(Promise.all(this.#behind), applyDeadline, late).catch((error: unknown) =>
      log.warn(why(error)),
    )
  }

  /** Rejects with what `requester` may not change of what the candidate, valid and net, would change. */
  async admit(requester: Requester): Promise<void> {
    const { candidate, trees, guards } = this.#parts
    if (guards.length === 0 || !candidate.modified) return
    using before = await trees.read('running')
    using after = await trees.read('candidate')
    await admit(guards, requester, candidate.pending, before.tree, after.tree)
  }

  /** What a commit of the candidate would do. Rejects with what controllers would refuse it for. */
  async rehearse(): Promise<readonly Step<Operation>[]> {
    const { candidate, trees, planner } = this.#parts
    if (!candidate.modified) return []
    using before = await trees.read('running')
    using after = await trees.read('candidate')
    const planned = await planner.plan(this.#change(candidate.pending, before.tree, after.tree))
    planned.abandon()
    return planned.steps
  }

  /** Everything that members should have, adopted by the controllers. */
  async fullPlan(): Promise<readonly Step<Operation>[]> {
    const { context, trees, planner } = this.#parts
    using nothing = context.journal()
    using empty = context.tree()
    using running = await trees.read('running')
    const planned = await planner.plan({
      journal: nothing,
      before: empty,
      after: expand(running.tree),
      full: true,
    })
    this.#adopted = planned.adopt()
    return planned.steps
  }

  async #makeDurable(
    changes: Journal,
    requester: Requester,
    options: CommitOptions,
    notes: Notes,
  ): Promise<Durable<Operation>> {
    const { trees, planner, journal, clock, moduleSet } = this.#parts
    using before = await trees.read('running')
    using after = await trees.read('candidate')
    const encoding = changes.encode(chunkBytes)
    const planning = planner.plan(this.#change(changes, before.tree, after.tree))
    const [encoded, plan] = await Promise.allSettled([encoding, planning])
    if (plan.status === 'rejected') throw plan.reason
    const planned = plan.value
    let prepared: PreparedStage | undefined
    try {
      if (encoded.status === 'rejected') throw encoded.reason
      prepared = await this.#prepare(planned.steps)
      const entry = {
        time: clock(),
        user: requester.user,
        session: requester.session,
        comment: options.comment ?? '',
        moduleSet,
      }
      return { commit: await journal.append(entry, encoded.value, notes), planned, prepared }
    } catch (error) {
      if (prepared) await this.#abort(prepared)
      planned.abandon()
      throw error
    }
  }

  /** The stage has deadlines of its own, which name the member; this one is for a stage that breaks its word. */
  async #prepare(steps: readonly Step<Operation>[]): Promise<PreparedStage> {
    const { stage, stageDeadline } = this.#parts
    return await withDeadline(
      (async () => stage.prepare(steps))(),
      stageDeadline,
      () => new Error(`members were not prepared within ${stageDeadline / 1000} s; nothing was changed`),
      (prepared) => void this.#abort(prepared),
    )
  }

  async #abort(prepared: PreparedStage): Promise<void> {
    const { stageDeadline, log } = this.#parts
    const late = () => new Error(`members did not answer within ${stageDeadline / 1000} s`)
    await withDeadline((async () => prepared.abort())(), stageDeadline, late).catch((error: unknown) =>
      log.error(`a prepared commit could not be aborted: ${why(error)}`),
    )
  }

  #change(journal: Journal, before: Tree, after: Tree): Change {
    return { journal, before: expand(before), after: expand(after), full: !this.#adopted }
  }

  async #apply({ commit, prepared }: Durable<Operation>): Promise<void> {
    const { applyDeadline, log } = this.#parts
    try {
      await withDeadline(
        (async () => prepared.apply(commit.number))(),
        applyDeadline,
        () => new Error(`members did not answer within ${applyDeadline / 1000} s`),
      )
    } catch (error) {
      log.error(`commit ${commit.number} is durable but not applied everywhere: ${why(error)}`)
    }
  }

  async #tell(commit: CommitRecord, changes: Journal): Promise<void> {
    const failed = (error: unknown) =>
      this.#parts.log.error(`a listener of commit ${commit.number} failed: ${why(error)}`)
    await Promise.all(
      [...this.#handlers].map(async (handler) => handler(commit, changes)).map((told) => told.catch(failed)),
    )
  }
}

/** Intended (RFC 8342, section 5.1.4) from running: the same tree, while there are no services to expand. */
function expand(running: Tree): Tree {
  return running
}
