/**
 * What a protocol operation is: a name, its namespace, and a function from a parsed rpc to a reply. An operation refuses by
 * throwing `RequestError` (or what `RequestError.from` makes of it) and sends nothing itself.
 */
import type { Access, Budget, Context, Rpc } from 'libyang-js'
import type { Datastores, Requester } from '../../datastore/index.js'
import type { ConfigFiles } from '../files.js'
import type { SessionRegistry } from '../registry.js'

export type Reply =
  | { readonly kind: 'ok'; readonly thenClose?: boolean }
  /** Output elements, as XML that declares its namespaces. */
  | { readonly kind: 'content'; readonly xml: string }
  /** The content of a `<data>`, of the base namespace when none is given. */
  | { readonly kind: 'data'; readonly slices: AsyncIterable<Buffer>; readonly namespace?: string | undefined }

/** What operations work on; the same for all sessions. */
export interface Services {
  readonly context: Context
  readonly datastores: Datastores
  readonly registry: SessionRegistry
  /** Of the :url capability; undefined: there is none. */
  readonly files?: ConfigFiles | undefined
  /** Bounds of one filtered read. */
  readonly budget: Budget
  /** See NetconfOptions. */
  readonly startOver?: (() => Promise<void>) | undefined
}

/** One rpc. Its handle is disposed when the reply has been sent. */
export interface Call {
  readonly rpc: Rpc
  readonly requester: Requester
  readonly services: Services
  /** What may be read of data (RFC 8341); everything when absent. */
  readonly access?: Access
  /** Given when the session ends: nobody waits for the reply, or not for long. */
  readonly ending: AbortSignal
  /** Gives back the locks of the session that asks. */
  release(): Promise<void>
}

export interface Operation {
  readonly name: string
  readonly namespace: string
  run(call: Call): Promise<Reply>
}

export const ok: Reply = { kind: 'ok' }
