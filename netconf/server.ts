/**
 * The NETCONF server: endpoints, sessions, and their end; its settings can be changed while it runs, and no session ends of
 * that. It knows datastores by their contract and no controller.
 */
import type { Budget, Context } from 'libyang-js'
import { systemTimers, type Datastores, type Log, type Timers } from '../datastore/index.js'
import type { AccessControl } from './access/index.js'
import { capabilities } from './capabilities.js'
import { Dispatcher } from './dispatch.js'
import { ErrorPrinter } from './error.js'
import { ConfigFiles } from './files.js'
import { defaultLimits } from './limits.js'
import type { Limits } from './limits.js'
import type { Observer } from './observer.js'
import { hostKeyOperations } from './operations/host-keys.js'
import { OperationRegistry, standardOperations } from './operations/index.js'
import type { Operation } from './operations/operation.js'
import { factorySettings, HostKeyError } from './settings.js'
import type { PreparedSettings, ServerSettings, ServerStatus } from './settings.js'
import { SessionRegistry } from './registry.js'
import type { SessionInfo } from './registry.js'
import { Session } from './session.js'
import type { Authenticator } from './transport/authentication.js'
import { offered as offeredKeys } from './transport/algorithms.js'
import type { HostKeys } from './transport/host-key-store.js'
import { Listeners, type MissingEndpoint } from './transport/listeners.js'
import { SshServer } from './transport/ssh.js'
import type { Transport } from './transport/transport.js'

export interface NetconfOptions {
  readonly context: Context
  readonly datastores: Datastores
  /** Where it listens as long as the settings have no endpoint. */
  readonly listen: { readonly address: string; readonly port: number }
  readonly settings?: ServerSettings
  readonly hostKeys: HostKeys
  readonly authenticate: Authenticator
  /** Who may do what; all may do everything when absent. */
  readonly access?: AccessControl
  readonly log: Log
  /** The one that `monitoringState` reads; a new one when absent. */
  readonly registry?: SessionRegistry
  /** Folder of the configuration files of :url; none when absent. */
  readonly urlFolder?: string
  /** Called by a factory reset when the datastores are set back: makes sure that the rest will be, and is not to wait for it. */
  readonly startOver?: () => Promise<void>
  /** Operations that modules define, beside the standard ones. */
  readonly operations?: readonly Operation[]
  /** Bounds of one filtered read; 2 s and 5 million nodes when absent. */
  readonly budget?: Budget
  readonly limits?: Partial<Limits>
  readonly clock?: () => Date
  /** Of the time that sessions may be idle. */
  readonly timers?: Timers
  /** Told of the endpoints that can not be bound now, when they are others than before. */
  readonly endpointsMissing?: (missing: readonly MissingEndpoint[]) => void
  /** Is told of logins, sessions and rpcs. */
  readonly observer?: Observer
}

export interface NetconfServer extends AsyncDisposable {
  /** Where it listens first, with the real port. */
  readonly address: { readonly address: string; readonly port: number }
  readonly sessions: readonly SessionInfo[]
  readonly registry: SessionRegistry
  /**
   * Binds new endpoints and checks the rest; rejects with EndpointError, and then all is as it was. What is prepared is to be
   * applied or undone before anything else is prepared.
   */
  prepare(settings: ServerSettings): Promise<PreparedSettings>
  status(): ServerStatus
  /** Takes no more clients, lets running replies end, and ends all sessions. */
  close(): Promise<void>
}

const defaultBudget: Budget = { deadline: 2_000, nodes: 5_000_000 }

/** Rejects when the address cannot be bound or a host key cannot be used. */
export async function startNetconf(options: NetconfOptions): Promise<NetconfServer> {
  const { context, datastores, log, observer } = options
  const settings = options.settings ?? factorySettings
  const limits = { ...defaultLimits, ...options.limits, ...settings.limits }
  const registry = options.registry ?? new SessionRegistry(options.clock)
  const files =
    options.urlFolder === undefined ? undefined : new ConfigFiles(options.urlFolder, limits.messageBytes)
  const { startOver, budget = defaultBudget, timers = systemTimers } = options
  const services = { context, datastores, registry, files, budget, startOver }
  const operations = new OperationRegistry([
    ...standardOperations,
    ...hostKeyOperations({
      keys: options.hostKeys,
      get algorithms() {
        return ssh.algorithms
      },
      offer: () => ssh.configure(),
    }),
    ...(options.operations ?? []),
  ])
  const dispatcher = new Dispatcher(services, operations, log, options.access)
  const printer = new ErrorPrinter(context.modules)
  const offered = capabilities(context)
  const sessions = new Set<Session>()
  let closing: Promise<void> | undefined

  function accept(open: () => Transport, user: string): boolean {
    if (closing !== undefined) return false
    const own = [...sessions].filter((session) => session.info.user === user).length
    if (sessions.size >= limits.sessions || own >= limits.sessionsPerUser) {
      log.warn(`a session for ${user} was refused: ${sessions.size} sessions are open, ${own} of this user`)
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
      timers,
      log,
      recovery: options.access?.isRecovery(user) ?? false,
      observer,
    })
    sessions.add(session)
    void session.done.then(() => sessions.delete(session))
    return true
  }

  const ssh = new SshServer(
    { hostKeys: options.hostKeys, authenticate: options.authenticate, limits, log, observer, accept },
    settings.algorithms,
  )
  const otherwise = { name: 'default', ...options.listen }
  const listeners = new Listeners(ssh.take, log, options.endpointsMissing)
  await listeners.start(settings.endpoints, otherwise)

  async function prepare(next: ServerSettings): Promise<PreparedSettings> {
    const { hostKey } = next.algorithms
    if (offeredKeys(options.hostKeys.keys, next.algorithms).length === 0) throw new HostKeyError(hostKey)
    const endpoints = await listeners.prepare(next.endpoints.length > 0 ? next.endpoints : [otherwise])
    return {
      apply() {
        Object.assign(limits, defaultLimits, options.limits, next.limits)
        ssh.configure(next.algorithms)
        endpoints.apply()
      },
      undo: () => endpoints.undo(),
    }
  }

  async function close(): Promise<void> {
    listeners.close()
    await Promise.all([...sessions].map((session) => session.close()))
    ssh.close()
  }

  const server: NetconfServer = {
    get address() {
      const { address, port } = listeners.listening[0] ?? otherwise
      return { address, port }
    },
    prepare,
    status: () => ({
      listening: listeners.listening,
      hostKeys: options.hostKeys.keys.map(({ type, bits, publicKey, fingerprint }) => ({
        type,
        bits,
        publicKey,
        fingerprint,
      })),
      sessions: sessions.size,
      pendingLogins: ssh.pending,
      failedLogins: ssh.throttle.failures,
    }),
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
