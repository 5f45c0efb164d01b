/** What happens, as audit records: one function a kind of event. Values of the configuration, tokens and passwords stand in none. */
import type { CommitRecord, Loss } from '../../datastore/index.js'
import type { Login, Outcome, SessionInfo } from '../../netconf/index.js'
import { pathAt, type Touched } from './paths.js'
import type { AuditEvent, Fields } from './record.js'

type Event = Omit<AuditEvent, 'time'>

export interface MemberDeed {
  readonly kind: 'admitted' | 'renewed' | 'revoked' | 'released' | 'waiting' | 'refused'
  readonly member: string
  readonly text: string
  /** `ADDRESS:PORT`. */
  readonly address?: string
}

/** Characters of the paths that one record names: it must fit a datagram. */
const longestPaths = 4096

const known = new WeakMap<SessionInfo, Fields>()

/** The same array for all events of a session. */
function who(session: SessionInfo): Fields {
  const { id, user, peer, transport } = session
  let fields = known.get(session)
  if (fields === undefined)
    known.set(session, (fields = [['session', id], ['user', user], ...from(peer), ['transport', transport]]))
  return fields
}

function from({ address, port }: Login['peer']): Fields {
  return [
    ['address', address],
    ['port', port],
  ]
}

export function login({ peer, user, method, key, succeeded }: Login): Event {
  return {
    id: succeeded ? 'login' : 'login-failed',
    severity: succeeded ? 'info' : 'warning',
    fields: [['user', user], ...from(peer), ['method', method], ['key', key]],
    text: `login by ${method} ${succeeded ? 'succeeded' : 'failed'}`,
  }
}

export function opened(session: SessionInfo): Event {
  return {
    id: 'session-opened',
    severity: session.recovery ? 'warning' : 'info',
    who: who(session),
    fields: [['recovery', session.recovery ? true : undefined]],
    text: `${session.recovery ? 'recovery session' : 'session'} ${session.id} was opened`,
  }
}

export function closed(session: SessionInfo, why: string): Event {
  return {
    id: 'session-closed',
    severity: 'info',
    who: who(session),
    fields: [['reason', why]],
    text: `session ${session.id} has ended`,
  }
}

/** How many of the first paths have no more characters than this. */
function within(characters: number, paths: readonly Touched[]): number {
  let sum = 0
  const first = paths.findIndex(({ path }) => (sum += path.length) > characters)
  return first < 0 ? paths.length : first
}

/** Each tag once; a reply may bear many errors. */
export function answered(session: SessionInfo, outcome: Outcome): Event {
  const { operation, target, source, victim, errors, delivered } = outcome
  const tags = errors.length === 0 ? [] : [...new Set(errors.map(({ tag }) => tag))]
  const result = tags.length === 0 ? 'ok' : tags.join(',')
  return {
    id: 'rpc',
    severity: tags.includes('access-denied') ? 'warning' : tags.length > 0 ? 'notice' : 'info',
    who: who(session),
    fields: [
      ['operation', operation],
      ['target', target],
      ['source', source],
      ['victim', victim],
      ['result', result],
      ['errors', errors.length > 0 ? errors.length : undefined],
      ['path', errors[0]?.path ? pathAt(errors[0].path) : undefined],
      ['delivered', delivered ? undefined : false],
    ],
    text: `${operation ?? 'no operation'}${target ? ` ${target}` : ''}: ${result}`,
  }
}

/** `reverts`: it takes a confirmed commit back that nobody confirmed. `session`: whose it is, when it is still there. */
export function committed(
  commit: CommitRecord,
  session: SessionInfo | undefined,
  changes: { readonly count?: number; readonly paths: readonly Touched[]; readonly more: boolean },
  reverts: boolean,
): Event {
  const { number, user, size, comment } = commit
  const named = within(longestPaths, changes.paths)
  return {
    id: reverts ? 'commit-reverted' : 'commit',
    severity: 'notice',
    fields: [
      ['session', commit.session],
      ['user', user],
      ...(session ? from(session.peer) : []),
      ['commit', number],
      ['changes', changes.count],
      ['octets', size],
      ['comment', comment === '' ? undefined : comment],
      ...changes.paths.slice(0, named).map(({ deed, path }) => [deed, path] as const),
      ['more', changes.more || named < changes.paths.length ? true : undefined],
    ],
    text: reverts ? `commit ${number} takes a confirmed commit back` : `commit ${number}`,
  }
}

/** What became of a member of another machine, or of who wanted to be one. */
export function member({ kind, member, text, address }: MemberDeed): Event {
  return {
    id: `member-${kind}`,
    severity: kind === 'refused' ? 'warning' : 'notice',
    fields: [
      ['member', member === '' ? undefined : member],
      ['address', address],
      ['reason', kind === 'refused' ? text : undefined],
    ],
    text: kind === 'refused' ? 'a member was refused' : `member ${kind}`,
  }
}

export function started(version: string, commit: number): Event {
  return {
    id: 'started',
    severity: 'notice',
    fields: [
      ['version', version],
      ['commit', commit],
    ],
    text: `weftd was started, running is commit ${commit}`,
  }
}

export function stopped(commit: number): Event {
  return { id: 'stopped', severity: 'notice', fields: [['commit', commit]], text: 'weftd is stopped' }
}

/** What the start could not find again of what had been committed. */
export function lost({ first, last, reason }: Loss): Event {
  return {
    id: 'commits-lost',
    severity: 'critical',
    fields: [
      ['first', first],
      ['last', last],
      ['reason', reason],
    ],
    text: last < first ? 'a part of the history is lost' : `commits ${first} to ${last} are lost`,
  }
}

export function failsafe(reason: string): Event {
  return {
    id: 'failsafe',
    severity: 'critical',
    fields: [['reason', reason]],
    text: 'running is the failsafe configuration',
  }
}
