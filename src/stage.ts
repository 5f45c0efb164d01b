/**
 * Carries the steps of a transaction out on the members, over the data-plane client. A member that is not attached does
 * not stop a commit: the reconciler programs it when it returns, and admits it then.
 */
import type { Member, Operation, PreparedTransaction } from '../dataplane/client/index.js'
import type { PreparedStage, Stage, Step } from '../datastore/index.js'

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
    const byMember = new Map<string, Operation[]>()
    for (const { member, operations } of steps) {
      const list = byMember.get(member) ?? []
      for (const operation of operations) list.push(operation)
      byMember.set(member, list)
    }
    const attached = [...byMember].flatMap(([name, operations]) => {
      const member = this.#members.get(name)
      return member && operations.length > 0 ? [{ member, operations }] : []
    })
    const outcomes = await Promise.allSettled(
      attached.map(({ member, operations }) =>
        member.prepare(operations, { full: false, deadline: prepareDeadline }),
      ),
    )
    const prepared = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed) {
      await settleAll(prepared, (transaction) => transaction.abort())
      throw failed.reason
    }
    return {
      apply: (commit) => settleAll(prepared, (transaction) => transaction.apply(commit)),
      abort: () => settleAll(prepared, (transaction) => transaction.abort()),
    }
  }
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
