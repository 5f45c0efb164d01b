/**
 * What happens at the door, told to whoever keeps a record of it. Nothing that is told holds the content of a message: no
 * value, no token, no password. An observer is called in the middle of the work: it must neither throw nor block.
 */
import type { Rpc } from 'libyang-js'
import type { Envelope } from './envelope.js'
import type { NetconfError } from './error.js'
import { identityOf } from './operations/nmda.js'
import type { SessionInfo } from './registry.js'

/** An attempt to prove who one is. The user name is as the client sent it. */
export interface Login {
  readonly peer: { readonly address: string; readonly port: number }
  readonly user: string
  /** Of RFC 4252: `password`, `publickey`, `keyboard-interactive`. */
  readonly method: string
  /** Fingerprint of the public key, if that is the method. */
  readonly key?: string
  readonly succeeded: boolean
}

/** What a client asked for, as far as it could be read. */
export interface Request {
  /** Name of the operation; undefined when there is none in the message. */
  readonly operation: string | undefined
  /** The datastore that is acted on, by its element or its identity; `url` stands for any. */
  readonly target: string | undefined
  readonly source: string | undefined
  /** Of kill-session: whose. */
  readonly victim: string | undefined
}

/** How a request ended. */
export interface Outcome extends Request {
  /** Empty: it was carried out. */
  readonly errors: readonly NetconfError[]
  /** The client took the whole reply. */
  readonly delivered: boolean
}

export interface Observer {
  login(login: Login): void
  opened(session: SessionInfo): void
  /** `why`: in words. */
  closed(session: SessionInfo, why: string): void
  /** After the reply was sent, or could not be. */
  answered(session: SessionInfo, outcome: Outcome): void
}

const datastores = ['running', 'candidate', 'startup', 'url'] as const

export function requestOf(envelope: Envelope | undefined, rpc: Rpc | undefined): Request {
  const has = (path: string): boolean => rpc?.value(path) !== undefined
  const named = (parameter: string): string | undefined =>
    has(parameter)
      ? (datastores.find((name) => has(`${parameter}/${name}`)) ??
        rpc?.value(identityOf(rpc, parameter) ?? ''))
      : undefined
  return {
    operation: rpc?.operation.name ?? envelope?.operation?.local,
    target: named('target') ?? rpc?.value('datastore'),
    source: named('source') ?? (has('source/config') ? 'config' : undefined),
    victim: rpc?.operation.name === 'kill-session' ? rpc.value('session-id') : undefined,
  }
}
