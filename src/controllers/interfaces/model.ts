/**
 * Configured interfaces as values, from the columns of ietf-interfaces (RFC 8343), ietf-ip (RFC 8344) and weft-interfaces.
 * YANG shapes end here; the names of their nodes return only in the paths of errors.
 */
import type { ListQuery, Tree } from 'libyang-js'
import type { CircuitSpec, InterfaceSpec } from '../../../dataplane/client/index.js'
import { parseAddress, parseMac, type Address, type Family, type Prefix } from '../../rib/index.js'
import { defaultName } from '../network-instances/namespace.js'
import { readInstances } from '../network-instances/model.js'
import { key } from '../path.js'
import { rows, type Row } from '../rows.js'
import { circuitColumns, circuitOf } from './circuit.js'

export interface Neighbour {
  readonly address: Address
  /** Undefined when the configured one is not an Ethernet address. */
  readonly mac: Uint8Array | undefined
  readonly macText: string
}

/** One family of an interface that has its container. */
export interface IpConfig {
  readonly enabled: boolean
  readonly forwarding: boolean
  readonly mtu: number | undefined
  /** Addresses with the length of their subnets. */
  readonly addresses: readonly Prefix[]
  readonly neighbours: readonly Neighbour[]
}

export interface InterfaceConfig {
  readonly name: string
  /** Identity of the type, with its module. */
  readonly type: string
  /** Of the network instance that it is in. */
  readonly vrf: number
  /** The instance is enabled too. */
  readonly enabled: boolean
  /** As configured. */
  readonly portLeaf: string | undefined
  /** As configured. */
  readonly macText: string | undefined
  /** Of a sub-interface. */
  readonly circuit: CircuitSpec | undefined
  readonly tunnelMtu: number | undefined
  readonly ip: Readonly<Record<Family, IpConfig | undefined>>
}

export type Interfaces = ReadonlyMap<string, InterfaceConfig>

export const ethernet = 'iana-if-type:ethernetCsmacd'
export const loopback = 'iana-if-type:softwareLoopback'
export const vlan = 'iana-if-type:l2vlan'
export const tunnel = 'iana-if-type:tunnel'
/** Routes for a bridge domain. */
export const routed = 'iana-if-type:l3ipvlan'
/** Types of interfaces that there are. */
export const types: readonly string[] = [ethernet, loopback, vlan, tunnel, routed]

export const claim = '/ietf-interfaces:interfaces'
const list = `${claim}/interface`

const ipColumns = (family: Family, names: readonly string[]) =>
  names.map((name) => `ietf-ip:ipv${family}/${name}`)
const ipLeaves = ['enabled', 'forwarding', 'mtu']

const query: ListQuery = {
  list,
  columns: [
    'name',
    'type',
    'enabled',
    'weft-interfaces:port',
    'weft-interfaces:mac-address',
    ...circuitColumns,
    'weft-network-instance:bind-network-instance-name',
    'weft-tunnels:tunnel/mtu',
    ...ipColumns(4, ipLeaves),
    ...ipColumns(6, ipLeaves),
  ],
  children: ([4, 6] as const).flatMap((family) => [
    { list: `${list}/ietf-ip:ipv${family}/address`, columns: ['ip', 'prefix-length'] },
    { list: `${list}/ietf-ip:ipv${family}/neighbor`, columns: ['ip', 'link-layer-address'] },
  ]),
}

function ip(row: Row, family: Family): IpConfig | undefined {
  const column = (name: string) => `ietf-ip:ipv${family}/${name}`
  const enabled = row.boolean(column('enabled'))
  if (enabled === undefined) return undefined
  const at = family === 4 ? 0 : 2
  return {
    enabled,
    forwarding: row.boolean(column('forwarding')) ?? false,
    mtu: row.number(column('mtu')),
    addresses: row.children(at).flatMap((child) => {
      const address = parseAddress(child.needed('ip'))
      return address ? [{ address, length: child.number('prefix-length') ?? -1 }] : []
    }),
    neighbours: row.children(at + 1).flatMap((child) => {
      const address = parseAddress(child.needed('ip'))
      const macText = child.needed('link-layer-address')
      return address ? [{ address, mac: parseMac(macText), macText }] : []
    }),
  }
}

export async function readInterfaces(tree: Tree): Promise<Interfaces> {
  const instances = await readInstances(tree)
  const found = new Map<string, InterfaceConfig>()
  for await (const row of rows(query, tree.entries(query))) {
    const name = row.needed('name')
    const bound = row.text('weft-network-instance:bind-network-instance-name')
    const instance = instances.get(bound ?? defaultName)
    found.set(name, {
      name,
      type: row.needed('type'),
      vrf: instance?.vrf ?? 0,
      enabled: (row.boolean('enabled') ?? true) && (instance?.enabled ?? true),
      portLeaf: row.text('weft-interfaces:port'),
      macText: row.text('weft-interfaces:mac-address'),
      circuit: circuitOf(row),
      tunnelMtu: row.number('weft-tunnels:tunnel/mtu'),
      ip: { 4: ip(row, 4), 6: ip(row, 6) },
    })
  }
  return found
}

/** The port that an interface sits on. */
export function portOf(config: InterfaceConfig): string | undefined {
  return config.type === ethernet ? (config.portLeaf ?? config.name) : undefined
}

/** As members are told; a port that is not there is none. */
export function specOf(config: InterfaceConfig, ports: readonly string[]): InterfaceSpec {
  const port = portOf(config)
  const { 4: ipv4, 6: ipv6 } = config.ip
  const mac = config.macText === undefined ? undefined : parseMac(config.macText)
  return {
    name: config.name,
    vrf: config.vrf,
    port: port !== undefined && ports.includes(port) ? port : undefined,
    enabled: config.enabled,
    ipv4: ipv4?.enabled ?? false,
    ipv6: ipv6?.enabled ?? false,
    ipv4Forwarding: ipv4?.forwarding ?? false,
    ipv6Forwarding: ipv6?.forwarding ?? false,
    ...(mac ? { mac } : {}),
    mtu: ipv4?.mtu ?? ipv6?.mtu ?? config.tunnelMtu ?? 0,
    addresses: [ipv4, ipv6].flatMap((one) => (one?.enabled ? one.addresses : [])),
  }
}

/** Paths of what an error can be about. */
export const pathOf = {
  interface: (name: string): string => `${list}${key('name', name)}`,
  leaf: (name: string, leaf: string): string => `${list}${key('name', name)}/${leaf}`,
  ip: (name: string, family: Family, rest: string): string =>
    `${list}${key('name', name)}/ietf-ip:ipv${family}/${rest}`,
}
