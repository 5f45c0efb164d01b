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

/** Settings that offer no host key that there is. */
export class HostKeyError extends Error {
  override readonly name = 'HostKeyError'

  constructor(readonly hostKeys: readonly string[]) {
    super(`there is no host key of type ${hostKeys.join(' or ')}; generate-host-key makes one`)
  }
}

/** Nothing of it can fail any more. */
export interface PreparedSettings {
  apply(): void
  undo(): Promise<void>
}

export interface ServerStatus {
  readonly listening: readonly Listening[]
  readonly hostKeys: readonly {
    readonly type: string
    readonly bits: number
    readonly publicKey: string
    readonly fingerprint: string
  }[]
  readonly sessions: number
  readonly pendingLogins: number
  readonly failedLogins: number
}
