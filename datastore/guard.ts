/**
 * Who may change what of running: guards are asked for each change that a client makes to it, when it is known to be valid
 * and before anything is planned. What the appliance does of its own accord, and the taking back of a confirmed commit, is
 * not asked for.
 */
import type { Journal, Tree } from 'libyang-js'
import { RequestError } from './errors.js'
import type { Requester, YangError } from './types.js'

export interface CommitGuard {
  /**
   * What `requester` may not change; empty when all is permitted. `changes` is net, and of it only the explicit changes are
   * the client's; `before` and `after` are running and what it would become. All three are only to be read.
   */
  check(requester: Requester, changes: Journal, before: Tree, after: Tree): Promise<readonly YangError[]>
}

/** Throws RequestError with what the guards say; all are asked. */
export async function admit(guards: readonly CommitGuard[], ...change: Parameters<CommitGuard['check']>) {
  const errors: YangError[] = []
  for (const guard of guards) errors.push(...(await guard.check(...change)))
  if (errors.length > 0) throw new RequestError(errors)
}
