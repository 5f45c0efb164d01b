/** Settings of the NETCONF server as values, from weft-netconf-server, and what the controller asks of the server itself. */
import type { ListQuery, Tree } from 'libyang-js'
import { key } from '../path.js'
import { rows } from '../rows.js'

export interface Endpoint {
  readonly name: string
  readonly address: string
  readonly port: number
}

export interface ServerSettings {
  readonly endpoints: readonly Endpoint[]
  /** Empty lists stand for all. */
  readonly algorithms: {
    readonly keyExchange: readonly string[]
    readonly hostKey: readonly string[]
    readonly cipher: readonly string[]
    readonly mac: readonly string[]
  }
  /** Times in milliseconds, sizes in octets. */
  readonly limits: Readonly<Record<string, number>>
}

export interface ServerStatus {
  /** With the names of their endpoints. */
  readonly listening: readonly Endpoint[]
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

/** The running server. */
export interface ManagementServer {
  /** Does all that can fail; rejects, and then nothing has changed, with the `endpoint` that cannot be bound, or the `hostKeys` that there are not. */
  prepare(settings: ServerSettings): Promise<{ apply(): void; undo(): Promise<void> }>
  status(): ServerStatus
}

export const namespace = 'urn:weft:params:xml:ns:yang:weft-netconf-server'
export const claim = '/weft-netconf-server:netconf-server'
export const statePath = `${claim}/state`

export const pathOf = {
  hostKeys: `${claim}/ssh/host-key`,
  endpoint: (name: string): string => `${claim}/endpoint${key('name', name)}`,
}

/** Leaves, the limits that they set, and how many of a limit's units one of the leaf's is. */
const limitLeaves = [
  ['ssh/keepalive/interval', 'keepaliveTime', 1_000],
  ['ssh/keepalive/count', 'keepaliveCount', 1],
  ['login/attempts', 'loginAttempts', 1],
  ['login/delay', 'loginDelay', 1],
  ['login/max-delay', 'loginDelayMax', 1],
  ['login/timeout', 'loginTime', 1_000],
  ['login/max-pending', 'logins', 1],
  ['sessions/max-sessions', 'sessions', 1],
  ['sessions/max-sessions-per-user', 'sessionsPerUser', 1],
  ['sessions/hello-timeout', 'helloTime', 1_000],
  ['sessions/idle-timeout', 'idleTime', 1_000],
  ['sessions/max-message-size', 'messageBytes', 1],
] as const

const query: ListQuery = { list: `${claim}/endpoint`, columns: ['name', 'address', 'port'] }

export async function readSettings(tree: Tree): Promise<ServerSettings> {
  const endpoints: Endpoint[] = []
  for await (const row of rows(query, tree.entries(query))) {
    endpoints.push({
      name: row.needed('name'),
      address: row.needed('address'),
      port: Number(row.needed('port')),
    })
  }
  const limits: Record<string, number> = {}
  for (const [leaf, limit, unit] of limitLeaves) {
    const value = await tree.value(`${claim}/${leaf}`)
    if (value !== undefined) limits[limit] = Number(value) * unit
  }
  const list = async (name: string): Promise<readonly string[]> => {
    const paths = await tree.find(`${claim}/ssh/${name}`)
    return paths.flatMap((path) => /\[\.='([^']+)'\]$/.exec(path)?.[1] ?? [])
  }
  const algorithms = {
    keyExchange: await list('key-exchange'),
    hostKey: await list('host-key'),
    cipher: await list('cipher'),
    mac: await list('mac'),
  }
  return { endpoints, algorithms, limits }
}
