/**
 * The sockets that NETCONF listens on: one an endpoint. A change is prepared (new addresses are bound, nothing is accepted
 * on them yet), then applied or undone; connections that were accepted live on whatever becomes of their listener. An
 * endpoint that takes the place of one on the same port (127.0.0.1 → 0.0.0.0) can only be bound when that one has been
 * closed, which preparing does, and undoing reverses.
 */
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import type { Log } from '../../datastore/index.js'

export interface Endpoint {
  readonly name: string
  readonly address: string
  readonly port: number
}

/** One that can't be bound. */
export interface MissingEndpoint extends Endpoint {
  /** As the system says it. */
  readonly reason: string
}

/** Where a listener is, with its real port. */
export type Listening = Endpoint

/** An endpoint cannot be bound. */
export class EndpointError extends Error {
  override readonly name = 'EndpointError'

  constructor(
    readonly endpoint: Endpoint,
    readonly code: string | undefined,
    readonly reason: string,
  ) {
    super(`cannot listen for NETCONF on ${endpoint.address}:${endpoint.port}: ${reason}`)
  }
}

interface Listener {
  endpoint: Endpoint
  readonly server: Server
  readonly real: { readonly address: string; readonly port: number }
  accepting: boolean
}

/** New endpoints that are bound: to be applied or undone, once. */
export interface PreparedEndpoints {
  apply(): void
  undo(): Promise<void>
}

/** Milliseconds between attempts to bind what could not be bound at the start. */
const RETRY = 5_000

export class Listeners {
  private current: Listener[] = []
  private missing: MissingEndpoint[] = []
  private retry: NodeJS.Timeout | undefined
  /** One change at a time. */
  private turn: Promise<unknown> = Promise.resolve()
  private isClosed = false

  constructor(
    private readonly take: (socket: Socket) => void,
    private readonly log: Log,
    /** Told when other endpoints are missing than before. */
    private readonly changed: (missing: readonly MissingEndpoint[]) => void = () => undefined,
  ) {}

  get listening(): readonly Listening[] {
    return this.current.map(({ endpoint, real }) => ({ name: endpoint.name, ...real }))
  }

  /**
   * Binds what can be bound; what cannot is told and tried again. When that is none of them, `otherwise` is bound in their
   * place; rejects with EndpointError when that cannot be bound either.
   */
  async start(endpoints: readonly Endpoint[], otherwise: Endpoint): Promise<void> {
    for (const endpoint of endpoints) {
      try {
        this.current.push(accepting(await this.bind(endpoint)))
      } catch (error) {
        this.log.error(`endpoint ${endpoint.name}: ${(error as Error).message}; it is tried again`)
        this.missing.push(missing(endpoint, error))
      }
    }
    if (this.current.length === 0) this.current.push(accepting(await this.bind(otherwise)))
    this.changed(this.missing)
    this.tryAgain()
  }

  /** Rejects with EndpointError, and then all is as it was. */
  prepare(endpoints: readonly Endpoint[]): Promise<PreparedEndpoints> {
    const prepared = this.turn.then(() => this.prepareNow(endpoints))
    this.turn = prepared.catch(() => undefined)
    return prepared
  }

  /** Takes no more connections. */
  close(): void {
    this.isClosed = true
    clearTimeout(this.retry)
    for (const { server } of this.current) server.close()
    this.current = []
  }

  private async prepareNow(endpoints: readonly Endpoint[]): Promise<PreparedEndpoints> {
    const kept = new Map<Endpoint, Listener>()
    for (const endpoint of endpoints) {
      const listener = this.current.find((one) => serves(one, endpoint))
      if (listener) kept.set(endpoint, listener)
    }
    const leaving = this.current.filter((one) => ![...kept.values()].includes(one))
    const made: Listener[] = []
    const closed: Listener[] = []
    const undo = async (): Promise<void> => {
      for (const { server } of made) server.close()
      for (const listener of closed) await this.reopen(listener)
    }
    try {
      for (const endpoint of endpoints) {
        if (kept.has(endpoint)) continue
        made.push(await this.bindInPlaceOf(endpoint, leaving, closed))
      }
    } catch (error) {
      await undo()
      throw error
    }
    return {
      apply: () => {
        for (const { server } of leaving.filter((one) => !closed.includes(one))) server.close()
        for (const [endpoint, listener] of kept) listener.endpoint = endpoint
        this.current = [...kept.values(), ...made.map(accepting)]
        this.missing = []
        this.changed(this.missing)
        clearTimeout(this.retry)
        if (this.isClosed) this.close()
      },
      undo: () => {
        const undone = this.turn.then(undo)
        this.turn = undone.catch(() => undefined)
        return undone
      },
    }
  }

  private async bindInPlaceOf(
    endpoint: Endpoint,
    leaving: readonly Listener[],
    closed: Listener[],
  ): Promise<Listener> {
    try {
      return await this.bind(endpoint)
    } catch (error) {
      const inTheWay = leaving.filter((one) => one.real.port === endpoint.port && !closed.includes(one))
      if ((error as EndpointError).code !== 'EADDRINUSE' || inTheWay.length === 0) throw error
      for (const listener of inTheWay) {
        listener.server.close()
        closed.push(listener)
      }
      return await this.bind(endpoint)
    }
  }

  private async reopen(listener: Listener): Promise<void> {
    const { endpoint, real } = listener
    try {
      const again = accepting(await this.bind({ ...endpoint, ...real }))
      again.endpoint = endpoint
      this.current = this.current.map((one) => (one === listener ? again : one))
    } catch (error) {
      this.log.error((error as Error).message)
      this.current = this.current.filter((one) => one !== listener)
      this.missing.push(missing(endpoint, error))
      this.changed(this.missing)
      this.tryAgain()
    }
  }

  private tryAgain(): void {
    clearTimeout(this.retry)
    if (this.missing.length === 0) return
    this.retry = setTimeout(() => {
      this.turn = this.turn.then(() => this.bindMissing())
    }, RETRY).unref()
  }

  private async bindMissing(): Promise<void> {
    for (const endpoint of [...this.missing]) {
      const listener = await this.bind(endpoint).catch(() => undefined)
      if (listener === undefined) continue
      if (this.isClosed || !this.missing.includes(endpoint)) {
        listener.server.close()
        continue
      }
      this.missing = this.missing.filter((one) => one !== endpoint)
      this.changed(this.missing)
      this.current.push(accepting(listener))
      this.log.info(`endpoint ${endpoint.name}: listening on ${endpoint.address}:${endpoint.port}`)
    }
    if (!this.isClosed) this.tryAgain()
  }

  private async bind(endpoint: Endpoint): Promise<Listener> {
    const server = createServer()
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) =>
        reject(new EndpointError(endpoint, error.code, error.message)),
      )
      server.listen({ host: endpoint.address, port: endpoint.port }, resolve)
    })
    server.on('error', (error) => this.log.error(`NETCONF listener: ${error.message}`))
    const { address, port } = server.address() as AddressInfo
    const listener: Listener = { endpoint, server, real: { address, port }, accepting: false }
    server.on('connection', (socket) => {
      if (listener.accepting) this.take(socket)
      else socket.destroy()
    })
    return listener
  }
}

const missing = (endpoint: Endpoint, error: unknown): MissingEndpoint => ({
  ...endpoint,
  reason: error instanceof EndpointError ? error.reason : (error as Error).message,
})

function accepting(listener: Listener): Listener {
  listener.accepting = true
  return listener
}

/** Is this what the endpoint asks for? It may have asked for any port before, and now for the one that it got. */
function serves({ endpoint, real }: Listener, { address, port }: Endpoint): boolean {
  return [endpoint, real].some((one) => one.address === address && one.port === port)
}
