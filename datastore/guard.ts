/**
 * Who may change what of running: guards are asked for each change that a client makes to it, when it is known to be valid
 * and before anything is planned. What the appliance does of its own accord, and the taking back of a confirmed commit, is
 * not asked for. A guard may want to judge edits of the candidate as well, before they are kept.
 */
import type { EditOptions, Fragment, Journal, Tree } from 'libyang-js'
import { RequestError } from './errors.js'
import type { Requester, YangError } from './types.js'

export interface CommitGuard {
  /**
   * What `requester` may not change; empty when all is permitted. `changes` is net, and of it only the explicit changes are
   * the client's; `before` and `after` are running and what it would become. All three are only to be read.
   */
  check(requester: Requester, changes: Journal, before: Tree, after: Tree): Promise<readonly YangError[]>
  /** What of an edit `requester` may not even ask for, whatever is there. */
  asked?(
    requester: Requester,
    config: Fragment,
    defaultOperation: EditOptions['defaultOperation'],
  ): Promise<readonly YangError[]>
  /**
   * What `requester` may not do to the candidate; empty when all is permitted. `changes` is not net, and only to be read.
   * `own`: all that is written there was sent by the requester; else it comes from elsewhere, such as the history.
   */
  edited?(requester: Requester, changes: Journal, own: boolean): Promise<readonly YangError[]>
}

/** Judges what an edit did; throws RequestError. */
export type AdmitEdit = (changes: Journal) => Promise<void>

/** Throws RequestError with what the guards say; all are asked. */
export async function admit(guards: readonly CommitGuard[], ...change: Parameters<CommitGuard['check']>) {
  const errors: YangError[] = []
  for (const guard of guards) errors.push(...(await guard.check(...change)))
  if (errors.length > 0) throw new RequestError(errors)
}

/** Throws RequestError with what the guards say of an edit before it is looked at. */
export async function admitAsked(
  guards: readonly CommitGuard[],
  requester: Requester,
  config: Fragment,
  defaultOperation: EditOptions['defaultOperation'],
): Promise<void> {
  const errors: YangError[] = []
  for (const guard of guards)
    errors.push(...((await guard.asked?.(requester, config, defaultOperation)) ?? []))
  if (errors.length > 0) throw new RequestError(errors)
}

/** The guards' judgement of what `requester` does to the candidate. */
export function admitEdit(guards: readonly CommitGuard[], requester: Requester, own: boolean): AdmitEdit {
  return async (changes) => {
    const errors: YangError[] = []
    if (changes.size > 0)
      for (const guard of guards) errors.push(...((await guard.edited?.(requester, changes, own)) ?? []))
    if (errors.length > 0) throw new RequestError(errors)
  }
}
