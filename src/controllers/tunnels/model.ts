/** Configured tunnels as values, from weft-tunnels. YANG shapes end here; their names return only in the paths of errors. */
import type { ListQuery, Tree } from 'libyang-js'
import type { TunnelKind, TunnelSpec } from '../../../dataplane/client/index.js'
import { familyOf, parseAddress, vrfNumber, type Address } from '../../rib/index.js'
import type { InterfaceConfig, Interfaces } from '../interfaces/model.js'
import { key } from '../path.js'
import { rows, type Row } from '../rows.js'

export interface TunnelConfig {
  readonly name: string
  readonly kind: TunnelKind
  readonly enabled: boolean
  readonly source: { readonly address: Address } | { readonly interface: string }
  /** Several, or the one destination. */
  readonly remotes: readonly Address[]
  readonly several: boolean
  /** Of the way. */
  readonly networkInstance: string | undefined
  /** Of GRE, VSID or VNI. */
  readonly key: number | undefined
  readonly port: number | undefined
  readonly checksum: boolean | undefined
  /** Undefined: the packet's own. */
  readonly hopLimit: number | undefined
  readonly dscp: number | undefined
  readonly fragmentsOutside: boolean
}

export type Tunnels = ReadonlyMap<string, TunnelConfig>

export const tunnelType = 'iana-if-type:tunnel'
export const claim = '/ietf-interfaces:interfaces'
const list = `${claim}/interface`
const prefix = 'weft-tunnels:tunnel'

/** Containers of the choice, each with the leaves that it has. */
const encapsulations = {
  ipip: [],
  gre: ['key', 'checksum'],
  l2gre: ['key', 'checksum'],
  nvgre: ['virtual-subnet-id'],
  vxlan: ['vni', 'port', 'udp-checksum'],
  'vxlan-gpe': ['vni', 'port', 'payload', 'udp-checksum'],
} as const
type Encapsulation = keyof typeof encapsulations
const names = Object.keys(encapsulations) as Encapsulation[]
const plainLeaves = [
  'source',
  'source-interface',
  'destination',
  'hop-limit',
  'dscp',
  'fragmentation',
  'network-instance',
]

const query: ListQuery = {
  list,
  columns: [
    'name',
    'type',
    'enabled',
    ...plainLeaves.map((leaf) => `${prefix}/${leaf}`),
    ...names.flatMap((name) => encapsulations[name].map((leaf) => `${prefix}/${name}/${leaf}`)),
  ],
  children: [{ list: `${list}/${prefix}/remote`, columns: ['address'] }],
}

function encapsulationOf(row: Row): Encapsulation {
  const has = (name: Encapsulation, leaf: string) => row.text(`${prefix}/${name}/${leaf}`) !== undefined
  if (has('vxlan', 'vni')) return 'vxlan'
  if (has('vxlan-gpe', 'vni')) return 'vxlan-gpe'
  if (has('nvgre', 'virtual-subnet-id')) return 'nvgre'
  if (has('gre', 'checksum')) return 'gre'
  if (has('l2gre', 'checksum')) return 'l2gre'
  return 'ipip'
}

const orInherit = (text: string | undefined): number | undefined =>
  text === undefined || text === 'inherit' ? undefined : Number(text)

function tunnelOf(row: Row): TunnelConfig {
  const name = row.needed('name')
  const encapsulation = encapsulationOf(row)
  const at = (leaf: string) => `${prefix}/${leaf}`
  // Of the leaves that a kind may have.
  const of = (...leaves: readonly string[]) => {
    const leaf = leaves.find((one) => (encapsulations[encapsulation] as readonly string[]).includes(one))
    return leaf === undefined ? undefined : row.text(`${prefix}/${encapsulation}/${leaf}`)
  }
  const number = (text: string | undefined) => (text === undefined ? undefined : Number(text))
  const checksum = of('checksum', 'udp-checksum')
  const source = parseAddress(row.text(at('source')) ?? '')
  const destination = parseAddress(row.text(at('destination')) ?? '')
  return {
    name,
    kind:
      encapsulation === 'vxlan-gpe'
        ? `vxlan-gpe-${of('payload') === 'ip' ? 'ip' : 'ethernet'}`
        : encapsulation,
    enabled: row.boolean('enabled') ?? true,
    source: source ? { address: source } : { interface: row.text(at('source-interface')) ?? '' },
    remotes: destination
      ? [destination]
      : row.children(0).flatMap((one) => parseAddress(one.needed('address')) ?? []),
    several: !destination,
    networkInstance: row.text(at('network-instance')),
    key: number(of('key', 'vni', 'virtual-subnet-id')),
    port: number(of('port')),
    checksum: checksum === undefined ? undefined : checksum === 'true',
    hopLimit: orInherit(row.text(at('hop-limit'))),
    dscp: orInherit(row.text(at('dscp'))),
    fragmentsOutside: row.text(at('fragmentation')) === 'outer',
  }
}

export async function readTunnels(tree: Tree): Promise<Tunnels> {
  const found = new Map<string, TunnelConfig>()
  for await (const row of rows(query, tree.entries(query))) {
    if (row.needed('type') !== tunnelType) continue
    found.set(row.needed('name'), tunnelOf(row))
  }
  return found
}

/** Carries IP packets, not Ethernet frames. */
export const isLayer3 = (kind: TunnelKind): boolean =>
  kind === 'ipip' || kind === 'gre' || kind === 'vxlan-gpe-ip'

/** Of the way. */
export const vrfOf = ({ networkInstance }: TunnelConfig): number =>
  networkInstance === undefined ? 0 : vrfNumber(networkInstance)

/** Addresses of an interface that packets can be sent from. */
export function addressesOf(config: InterfaceConfig): readonly Address[] {
  return [config.ip[4], config.ip[6]].flatMap((ip) =>
    ip?.enabled ? ip.addresses.map(({ address }) => address) : [],
  )
}

/** Undefined: an interface that has no address of the remotes' family. */
export function sourceOf({ source, remotes }: TunnelConfig, interfaces: Interfaces): Address | undefined {
  if ('address' in source) return source.address
  const family = remotes[0] && familyOf(remotes[0])
  const config = interfaces.get(source.interface)
  return config && addressesOf(config).find((address) => familyOf(address) === family)
}

/** As members are told; undefined while it has no source. */
export function specOf(config: TunnelConfig, interfaces: Interfaces): TunnelSpec | undefined {
  const source = sourceOf(config, interfaces)
  if (!source) return undefined
  const udp = config.port !== undefined
  return {
    kind: config.kind,
    vrf: vrfOf(config),
    source,
    remotes: config.remotes,
    key: config.key,
    port: config.port ?? 0,
    checksum: config.checksum ?? (udp && familyOf(source) === 6),
    hopLimit: config.hopLimit ?? 0,
    dscp: config.dscp,
    fragmentsOutside: config.fragmentsOutside,
  }
}

export const pathOf = {
  tunnel: (name: string): string => `${list}${key('name', name)}/${prefix}`,
  leaf: (name: string, leaf: string): string => `${list}${key('name', name)}/${prefix}/${leaf}`,
}
