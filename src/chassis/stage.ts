/**
 * Carries the steps of a transaction out on the members, over the data-plane client: all of them on all, because tables are the
 * chassis'; each member knows its own ports. A member that is not attached does not stop a commit: the reconciler programs it when
 * it returns, and admits it then.
 */
import {
  encodeRecords,
  MemberError,
  type Member,
  type Operation,
  type PreparedTransaction,
} from '../../dataplane/client/index.js'
import {
  ConfigError,
  RequestError,
  type PreparedStage,
  type Stage,
  type Step,
  type Thing,
} from '../../datastore/index.js'

/** Milliseconds that a member has to prepare its part of a commit. */
const prepareDeadline = 10_000

export class MemberStage implements Stage<Operation> {
  readonly #members = new Map<string, Member>()

  /** From now on the member has what running says, and gets every change of it. */
  admit(member: Member): void {
    this.#members.set(member.name, member)
  }

  admitted(member: Member): boolean {
    return this.#members.get(member.name) === member
  }

  /** The member is gone, or not yet what running says. */
  dismiss(member: Member): void {
    this.#members.delete(member.name)
  }

  async prepare(steps: readonly Step<Operation>[]): Promise<PreparedStage> {
    const operations = steps.flatMap((step) => step.operations)
    const members = operations.length > 0 ? [...this.#members.values()] : []
    const shared = members.length > 1 ? packed(operations) : operations
    const outcomes = await Promise.allSettled(
      members.map((member) => member.prepare(shared, { full: false, deadline: prepareDeadline })),
    )
    const prepared = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    const failed = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    if (failed.length > 0) {
      await settleAll(prepared, (transaction) => transaction.abort())
      throw failed.every((reason) => reason instanceof MemberError) ? refusal(failed, steps) : failed[0]
    }
    return {
      apply: (commit) => settleAll(prepared, (transaction) => transaction.apply(commit)),
      abort: () => settleAll(prepared, (transaction) => transaction.abort()),
    }
  }
}

/** Encoded once, whoever gets it. */
const packed = (operations: readonly Operation[]): readonly Operation[] =>
  [...encodeRecords(operations)].map((bytes) => ({ op: 'records', bytes }))

/** Errors of one answer; more are not told. */
const mostErrors = 20

/** What members refused, each thing at the place in the configuration that asks for it. */
function refusal(failed: readonly MemberError[], steps: readonly Step<Operation>[]): RequestError {
  const place = (thing: Thing): string | undefined => {
    for (const { locate } of steps) {
      const path = locate?.(thing)
      if (path !== undefined) return path
    }
    return undefined
  }
  const tag = 'operation-failed'
  const errors = failed.flatMap(({ message, refusals }) =>
    (refusals.length > 0 ? refusals : [{ kind: '', name: '', text: message }]).flatMap((refused) => {
      const path = refused.kind === '' ? undefined : place(refused)
      return path === undefined
        ? [{ type: 'application' as const, tag, message: refused.text } as const]
        : new ConfigError(path, refused.text, { tag }).errors
    }),
  )
  const more = errors.length - mostErrors
  const rest =
    more > 0 ? [{ type: 'application' as const, tag, message: `and ${more} more like these` } as const] : []
  return new RequestError([...errors.slice(0, mostErrors), ...rest])
}

/** Does it on all, then rejects with the first failure. */
async function settleAll(
  transactions: readonly PreparedTransaction[],
  deed: (transaction: PreparedTransaction) => Promise<void>,
): Promise<void> {
  const outcomes = await Promise.allSettled(transactions.map(deed))
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed) throw failed.reason
}
