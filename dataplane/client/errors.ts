/** Why a member could not do what it was asked. */
import type { Refusal } from '../proto/contract.js'

/** The member did not answer in time. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError'
}

/** The member went away before it answered, or was not there. */
export class MemberLostError extends Error {
  override readonly name = 'MemberLostError'
}

/** The member refused a transaction; the message is its own, and so are `refusals`, each of what asked for something. */
export class MemberError extends Error {
  override readonly name = 'MemberError'

  constructor(
    message: string,
    readonly refusals: readonly Refusal[] = [],
  ) {
    super(message)
  }
}

/** The keeper was killed in the middle of a start, and with it went the namespaces: another start makes all anew. */
export class KeeperDiedError extends Error {
  override readonly name = 'KeeperDiedError'
}
