/** The NETCONF server: listener, sessions, and their end. It knows datastores by their contract and no controller. */
import type { Budget, Context } from 'libyang-js'
import type { Datastores, Log } from '../datastore/index.js'
import { capabilities } from './capabilities.js'
import { Dispatcher } from './dispatch.js'
import { ErrorPrinter } from './error.js'
import { defaultLimits } from './limits.js'
import type { Limits } from './limits.js'
import { OperationRegistry, standardOperations } from './operations/index.js'
import type { Operation } from './operations/operation.js'
import { SessionRegistry } from './registry.js'
import type { SessionInfo } from './registry.js'
import { Session } from './session.js'
import type { Authenticator } from './transport/authentication.js'
import type { HostKey } from './transport/host-keys.js'
import { SshListener } from './transport/ssh.js'
import type { Transport } from './transport/transport.js'

export interface NetconfOptions {
  readonly context: Context
  readonly datastores: Datastores
  readonly listen: { readonly address: string; readonly port: number }
  readonly hostKeys: readonly HostKey[]
  readonly authenticate: Authenticator
  readonly log: Log
  /** The one that `monitoringState` reads; a new one when absent. */
  readonly registry?: SessionRegistry
  /** Operations that modules define, beside the standard ones. */
  readonly operations?: readonly Operation[]
  /** Bounds of one filtered read; 2 s and 5 million nodes when absent. */
  readonly budget?: Budget
  readonly limits?: Partial<Limits>
  readonly clock?: () => Date
}

export interface NetconfServer extends AsyncDisposable {
  /** Where it listens, with the real port. */
  readonly address: { readonly address: string; readonly port: number }
  readonly sessions: readonly SessionInfo[]
  readonly registry: SessionRegistry
  /** Takes no more clients, lets running replies end, and ends all sessions. */
  close(): Promise<void>
}

const defaultBudget: Budget = { deadline: 2_000, nodes: 5_000_000 }

/** Rejects when the address cannot be bound or a host key cannot be used. */
export async function startNetconf(options: NetconfOptions): Promise<NetconfServer> {
  const { context, datastores, log } = options
  const limits = { ...defaultLimits, ...options.limits }
  const registry = options.registry ?? new SessionRegistry(options.clock)
  const services = { context, datastores, registry, budget: options.budget ?? defaultBudget }
  const operations = new OperationRegistry([...standardOperations, ...(options.operations ?? [])])
  const dispatcher = new Dispatcher(services, operations, log)
  const printer = new ErrorPrinter(context.modules)
  const offered = capabilities(context)
  const sessions = new Set<Session>()
  let closing: Promise<void> | undefined

  const listener = await SshListener.listen({
    ...options.listen,
    hostKeys: options.hostKeys,
    authenticate: options.authenticate,
    limits,
    log,
    accept(open: () => Transport, user: string): boolean {
      if (closing !== undefined) return false
      if (sessions.size >= limits.sessions) {
        log.warn(`a session for ${user} was refused: ${sessions.size} sessions are open`)
        return false
      }
      const transport = open()
      const session = new Session({
        transport,
        services,
        dispatcher,
        printer,
        capabilities: offered,
        limits,
        log,
      })
      sessions.add(session)
      void session.done.then(() => sessions.delete(session))
      return true
    },
  })
  const address = listener.address

  async function close(): Promise<void> {
    listener.stop()
    await Promise.all([...sessions].map((session) => session.close()))
    await listener.close()
  }

  const server: NetconfServer = {
    address,
    get sessions() {
      return registry.list()
    },
    registry,
    close() {
      closing ??= close()
      return closing
    },
    [Symbol.asyncDispose]() {
      return server.close()
    },
  }
  return server
}
