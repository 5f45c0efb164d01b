/**
 * Bridge domains, the interfaces that route for them and switch ports as values, from the columns of weft-bridge. YANG shapes end
 * here; the names of their nodes return only in the paths of errors.
 */
import type { ListQuery, Tree } from 'libyang-js'
import type { BridgeSpec, CircuitSpec, InterfaceSpec } from '../../../dataplane/client/index.js'
import { formatMac, parseAddress, parseMac } from '../../rib/index.js'
import { claim as interfacesClaim } from '../interfaces/model.js'
import { key } from '../path.js'
import { rows, type Row } from '../rows.js'

export { interfacesClaim }
export const claim = '/weft-bridge:bridge-domains'
export const list = `${claim}/bridge-domain`
const interfaceList = `${interfacesClaim}/interface`

/** A bridge domain as configured; its routed interface and the members that switch ports have in it are said elsewhere. */
export interface DomainConfig {
  readonly vlan: number | undefined
  readonly spec: BridgeSpec
}

export type SwitchMode =
  | { readonly access: number }
  /** `vlans` empty: all that are bridge domains. */
  | { readonly vlans: readonly number[]; readonly native: number | undefined }

export interface SwitchPort {
  readonly interface: string
  readonly enabled: boolean
  readonly mode: SwitchMode
}

export interface BridgeConfig {
  readonly domains: ReadonlyMap<string, DomainConfig>
  /** By interface, the domain that it routes for. */
  readonly routed: ReadonlyMap<string, string>
  readonly ports: readonly SwitchPort[]
}

const policerColumns = ['unknown-unicast', 'broadcast', 'multicast'].flatMap((name) =>
  ['rate', 'burst'].map((leaf) => `policers/${name}/${leaf}`),
)
const moveLeaves = ['moves', 'window', 'action', 'hold-time']

const query: ListQuery = {
  list,
  columns: [
    'name',
    'vlan-id',
    'learning',
    'ageing-time',
    'mac-limit',
    'flood-unknown-unicast',
    'forward-reserved',
    'neighbour-suppression',
    ...policerColumns,
    ...moveLeaves.map((leaf) => `mac-move/${leaf}`),
  ],
  children: [
    { list: `${list}/member`, columns: ['interface', 'split-horizon-group', 'mac-limit'] },
    { list: `${list}/static-mac`, columns: ['mac-address', 'interface', 'remote'] },
  ],
}

const of = (leaf: string): string => `weft-bridge:${leaf}`
const interfaceQuery: ListQuery = {
  list: interfaceList,
  columns: [
    'name',
    'enabled',
    of('bridge-domain'),
    of('switched/access/vlan'),
    of('switched/trunk'),
    of('switched/trunk/native-vlan'),
  ],
  children: [{ list: `${interfaceList}/${of('switched/trunk/vlan')}`, columns: ['vlan-id'] }],
}

function policer(row: Row, name: string): { readonly rate: number; readonly burst: number } | undefined {
  const rate = row.number(`policers/${name}/rate`)
  return rate === undefined ? undefined : { rate, burst: row.number(`policers/${name}/burst`) ?? 100 }
}

function specOf(row: Row): BridgeSpec {
  const held = row.text('mac-move/action') === 'hold'
  return {
    name: row.needed('name'),
    learns: row.boolean('learning') ?? true,
    floodsUnknown: row.boolean('flood-unknown-unicast') ?? true,
    forwardsReserved: row.boolean('forward-reserved') ?? false,
    suppresses: row.boolean('neighbour-suppression') ?? false,
    ageing: row.number('ageing-time') ?? 300,
    most: row.number('mac-limit') ?? 16384,
    policers: {
      unknownUnicast: policer(row, 'unknown-unicast'),
      broadcast: policer(row, 'broadcast'),
      multicast: policer(row, 'multicast'),
    },
    moves: {
      most: row.number('mac-move/moves') ?? 5,
      window: row.number('mac-move/window') ?? 10,
      hold: held ? (row.number('mac-move/hold-time') ?? 60) : 0,
    },
    routed: undefined,
    members: row.children(0).map((one) => ({
      interface: one.needed('interface'),
      group: one.number('split-horizon-group') ?? 0,
      most: one.number('mac-limit'),
    })),
    macs: row.children(1).flatMap((one) => {
      const mac = parseMac(one.needed('mac-address'))
      const remote = parseAddress(one.text('remote') ?? '')
      return mac ? [{ mac, interface: one.needed('interface'), ...(remote && { remote }) }] : []
    }),
  }
}

function modeOf(row: Row): SwitchMode | undefined {
  const access = row.number(of('switched/access/vlan'))
  if (access !== undefined) return { access }
  const native = row.number(of('switched/trunk/native-vlan'))
  const vlans = row.children(0).map((one) => Number(one.needed('vlan-id')))
  return row.text(of('switched/trunk')) === undefined ? undefined : { vlans, native }
}

export async function readBridges(tree: Tree): Promise<BridgeConfig> {
  const domains = new Map<string, DomainConfig>()
  for await (const row of rows(query, tree.entries(query)))
    domains.set(row.needed('name'), { vlan: row.number('vlan-id'), spec: specOf(row) })
  const routed = new Map<string, string>()
  const ports: SwitchPort[] = []
  for await (const row of rows(interfaceQuery, tree.entries(interfaceQuery))) {
    const name = row.needed('name')
    const domain = row.text(of('bridge-domain'))
    if (domain !== undefined) routed.set(name, domain)
    const mode = modeOf(row)
    if (mode) ports.push({ interface: name, enabled: row.boolean('enabled') ?? true, mode })
  }
  return { domains, routed, ports }
}

/** What a switch port has in one VLAN: a circuit of its own, which is a member of the VLAN's domain. */
export interface SwitchCircuit {
  readonly interface: InterfaceSpec
  readonly circuit: CircuitSpec
}

export interface Bridges {
  readonly specs: ReadonlyMap<string, BridgeSpec>
  readonly circuits: ReadonlyMap<string, SwitchCircuit>
}

/** Of a switch port in a VLAN. */
export const circuitName = (port: string, vlan: number): string => `${port}.${vlan}`

/** VLANs of a switch port, and whether their frames have tags. */
export function vlansOf(
  { mode }: SwitchPort,
  all: readonly number[],
): readonly { vlan: number; tagged: boolean }[] {
  if ('access' in mode) return [{ vlan: mode.access, tagged: false }]
  const { native } = mode
  const tagged = (mode.vlans.length > 0 ? mode.vlans : all).filter((vlan) => vlan !== native)
  return [
    ...(native === undefined ? [] : [{ vlan: native, tagged: false }]),
    ...tagged.map((vlan) => ({ vlan, tagged: true })),
  ]
}

function circuitOf(port: SwitchPort, vlan: number, tagged: boolean): SwitchCircuit {
  return {
    interface: {
      name: circuitName(port.interface, vlan),
      vrf: 0,
      port: undefined,
      enabled: port.enabled,
      ipv4: false,
      ipv6: false,
      ipv4Forwarding: false,
      ipv6Forwarding: false,
      mtu: 0,
      addresses: [],
    },
    circuit: tagged
      ? { parent: port.interface, match: 'tag', tags: [{ tpid: 0x8100, vid: vlan }], pop: 1, push: [] }
      : { parent: port.interface, match: 'untagged', tags: [], pop: 0, push: [] },
  }
}

/** As members are told. */
export function bridgesOf({ domains, routed, ports }: BridgeConfig): Bridges {
  const byVlan = new Map(
    [...domains.values()].flatMap((one) => (one.vlan ? [[one.vlan, one.spec.name]] : [])),
  )
  const all = [...byVlan.keys()]
  const circuits = new Map<string, SwitchCircuit>()
  const members = new Map<string, string[]>()
  for (const port of ports) {
    for (const { vlan, tagged } of vlansOf(port, all)) {
      const domain = byVlan.get(vlan)
      if (domain === undefined) continue
      const made = circuitOf(port, vlan, tagged)
      circuits.set(made.interface.name, made)
      members.set(domain, [...(members.get(domain) ?? []), made.interface.name])
    }
  }
  const routes = new Map([...routed].map(([name, domain]) => [domain, name]))
  const specs = [...domains.values()].map(({ spec }) => ({
    ...spec,
    routed: routes.get(spec.name),
    members: [
      ...spec.members,
      ...(members.get(spec.name) ?? []).map((name) => ({ interface: name, group: 0, most: undefined })),
    ],
  }))
  return { specs: new Map(specs.map((spec) => [spec.name, spec])), circuits }
}

/** Paths of what an error can be about. */
export const pathOf = {
  member: (domain: string, name: string): string =>
    `${list}${key('name', domain)}/member${key('interface', name)}/interface`,
  remoteOf: (domain: string, mac: Uint8Array): string =>
    `${list}${key('name', domain)}/static-mac${key('mac-address', formatMac(mac))}/remote`,
  interface: (name: string, leaf: string): string => `${interfaceList}${key('name', name)}/${leaf}`,
}
