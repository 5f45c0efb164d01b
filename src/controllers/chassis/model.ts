/** The chassis as configured, from weft-chassis, and what the controller asks of what does it. */
import type { ListQuery, Tree } from 'libyang-js'
import { portsClaim } from '../ports/model.js'
import { rows } from '../rows.js'
import { readFabric, type FabricSettings, type Places } from './fabric.js'
import type { Keys } from './keys.js'
import { claim } from './paths.js'

export interface MemberSettings {
  readonly enabled: boolean
  readonly slot: number | undefined
  /** Its ports are to be used no more. */
  readonly drained: boolean
  /** Its tables are forgotten when the control plane was started anew. */
  readonly flush: boolean
}

export interface ChassisSettings {
  readonly fabric: FabricSettings | undefined
  readonly name: string | undefined
  readonly listen: { readonly address: string; readonly port: number } | undefined
  /** Milliseconds that certificates last. */
  readonly lifetime: number
  readonly members: ReadonlyMap<string, MemberSettings>
  /** Names of ports, by member and its device. */
  readonly ports: ReadonlyMap<string, ReadonlyMap<string, string>>
}

export interface PortStatus {
  readonly name: string
  readonly device: string
  readonly mac: string | undefined
  readonly mtu: number
  readonly speed: bigint | undefined
  readonly up: boolean | undefined
}

export interface MemberStatus {
  readonly name: string
  readonly slot: number
  readonly connected: boolean
  readonly since: Date | undefined
  readonly address: string | undefined
  readonly version: string | undefined
  readonly boot: string | undefined
  readonly commit: number | undefined
  readonly key: string
  readonly certificate: {
    readonly serial: string
    readonly fingerprint: string
    /** Milliseconds since the epoch. */
    readonly expires: number
    readonly revoked: boolean
  }
  readonly ports: readonly PortStatus[]
}

export interface ChassisState {
  readonly identity: string | undefined
  readonly authority: string | undefined
  readonly listening: { readonly address: string; readonly port: number } | undefined
  readonly pending: readonly {
    readonly member: string
    readonly fingerprint: string
    readonly address: string
    readonly version: string
    readonly since: Date
    readonly approved: boolean
  }[]
  readonly tokens: readonly { readonly member: string; readonly expires: number; readonly used: boolean }[]
  readonly members: readonly MemberStatus[]
}

/** What has the members of other machines. */
export interface ChassisControl extends Places {
  /** Of the fabric; those that a transaction makes hold when it is adopted. */
  readonly keys: Keys
  setKeys(keys: Keys): void
  /** Does all that can fail; rejects, and then nothing has changed, when the address can't be listened on. */
  prepare(settings: ChassisSettings): Promise<{ apply(): void; undo(): Promise<void> }>
  readonly state: ChassisState
}

const memberQuery: ListQuery = {
  list: `${claim}/member`,
  columns: ['name', 'enabled', 'slot', 'drained', 'on-control-restart'],
}
const portQuery: ListQuery = {
  list: `${portsClaim}/port`,
  columns: ['name', 'weft-chassis:member', 'weft-chassis:device'],
}

export async function readChassis(tree: Tree): Promise<ChassisSettings> {
  const members = new Map<string, MemberSettings>()
  for await (const row of rows(memberQuery, tree.entries(memberQuery))) {
    members.set(row.needed('name'), {
      enabled: row.boolean('enabled') ?? true,
      slot: row.number('slot'),
      drained: row.boolean('drained') ?? false,
      flush: row.text('on-control-restart') === 'flush',
    })
  }
  const address = await tree.value(`${claim}/listen/address`)
  return {
    name: await tree.value(`${claim}/name`),
    listen:
      address === undefined ? undefined : { address, port: Number(await tree.value(`${claim}/listen/port`)) },
    lifetime: Number((await tree.value(`${claim}/certificate-lifetime`)) ?? 2_592_000) * 1000,
    members,
    ports: await readNames(tree),
    fabric: await readFabric(tree),
  }
}

async function readNames(tree: Tree): Promise<ChassisSettings['ports']> {
  const names = new Map<string, Map<string, string>>()
  for await (const row of rows(portQuery, tree.entries(portQuery))) {
    const [member, device] = [row.text('weft-chassis:member'), row.text('weft-chassis:device')]
    if (member === undefined || device === undefined) continue
    const given = names.get(member) ?? new Map<string, string>()
    names.set(member, given.set(device, row.needed('name')))
  }
  return names
}

/** Names that the configuration gives to devices of members, which may not be there yet. */
export async function namedPorts(tree: Tree): Promise<ReadonlySet<string>> {
  return new Set([...(await readNames(tree)).values()].flatMap((given) => [...given.values()]))
}

/** A port of a slot, which may not be there yet: `slot/device`. */
export const isSlotPort = (name: string): boolean =>
  /^(?:[1-9]\d?|1\d\d|2[0-4]\d|25[0-5])\/[^\s/]{1,15}$/.test(name)
