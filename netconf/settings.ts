/** What of a running server can be changed, and what it tells of itself. */
import type { Limits } from './limits.js'
import { allAlgorithms } from './transport/algorithms.js'
import type { AlgorithmLists } from './transport/algorithms.js'
import type { Endpoint, Listening } from './transport/listeners.js'

export interface ServerSettings {
  /** None: the server listens where its options say. */
  readonly endpoints: readonly Endpoint[]
  readonly algorithms: AlgorithmLists
  /** In place of those that the server was started with. */
  readonly limits: Partial<Limits>
}

export const factorySettings: ServerSettings = { endpoints: [], algorithms: allAlgorithms, limits: {} }

/** Nothing of it can fail any more. */
export interface PreparedSettings {
  apply(): void
  undo(): Promise<void>
}

export interface ServerStatus {
  readonly listening: readonly Listening[]
  readonly hostKeys: readonly { readonly type: string; readonly fingerprint: string }[]
  readonly sessions: number
  readonly pendingLogins: number
  readonly failedLogins: number
}
