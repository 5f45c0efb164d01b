/**
 * The fabric as configured, and what members are told of it: the internal interfaces in a VRF of their own, over which the members
 * reach each other, and the keys of interfaces and bridge domains, under which frames cross.
 */
import type { ListQuery, Tree } from 'libyang-js'
import type { FabricEnd, FabricKind, InterfaceSpec, Operation } from '../../../dataplane/client/index.js'
import { ConfigError } from '../../../datastore/index.js'
import { contains, parseAddress, parsePrefix, vrfNumber, type Address, type Prefix } from '../../rib/index.js'
import { key } from '../path.js'
import { rows } from '../rows.js'
import { claim } from './paths.js'

const fabricClaim = `${claim}/fabric`
/** Network instances that operators configure can't have this name. */
const vrfName = '.fabric'
const vrf = vrfNumber(vrfName)

export interface LinkEnd {
  readonly member: string
  readonly port: string
  readonly address: Address
  readonly addressText: string
}

export interface FabricLink {
  readonly id: number
  readonly prefix: Prefix
  readonly ends: readonly LinkEnd[]
}

export interface FabricSettings {
  readonly kind: FabricKind
  readonly mtu: number
  readonly port: number
  readonly vlan: number
  readonly interval: number
  readonly multiplier: number
  readonly links: readonly FabricLink[]
}

/** What is known of members and ports. */
export interface Places {
  /** Undefined: the member is not known. */
  slotOf(member: string): number | undefined
  /** Of the slot that has the port; undefined: it is not there. */
  slotOfPort(port: string): number | undefined
  macOfPort(port: string): Uint8Array | undefined
}

const query: ListQuery = {
  list: `${fabricClaim}/link`,
  columns: ['id', 'prefix'],
  children: [{ list: `${fabricClaim}/link/end`, columns: ['member', 'port', 'address'] }],
}

export async function readFabric(tree: Tree): Promise<FabricSettings | undefined> {
  const value = async (leaf: string): Promise<string> => (await tree.value(`${fabricClaim}/${leaf}`)) ?? ''
  const kind = await value('kind')
  if (kind === '') return undefined
  const links: FabricLink[] = []
  for await (const row of rows(query, tree.entries(query))) {
    const ends = row.children(0).map((end) => ({
      member: end.needed('member'),
      port: end.needed('port'),
      address: parseAddress(end.needed('address')) as Address,
      addressText: end.needed('address'),
    }))
    links.push({ id: Number(row.needed('id')), prefix: parsePrefix(row.needed('prefix')) as Prefix, ends })
  }
  return {
    kind: kind as FabricKind,
    mtu: Number(await value('mtu')),
    port: Number(await value('udp-port')),
    vlan: Number(await value('vlan')),
    interval: Number(await value('hello-interval')),
    multiplier: Number(await value('hello-multiplier')),
    links: links.sort((a, b) => a.id - b.id),
  }
}

export function checkFabric({ links }: FabricSettings): readonly ConfigError[] {
  const errors: ConfigError[] = []
  const known = new Map<string, number>()
  const ports = new Map<string, string>()
  for (const [place, { id, prefix, ends }] of links.entries()) {
    const addresses = new Map<string, string>()
    for (const { member, port, address, addressText } of ends) {
      const path = `${fabricClaim}/link${key('id', String(id))}/end${key('member', member)}`
      const before = known.get(member) ?? 0
      if (before !== place)
        errors.push(
          new ConfigError(
            path,
            `member ${member} has an end of link ${id} and none of link ${links[before]?.id}: links are used in their order`,
          ),
        )
      known.set(member, place + 1)
      if (address.length !== prefix.address.length || !contains(prefix, address))
        errors.push(
          new ConfigError(`${path}/address`, `address ${addressText} is not in the prefix of link ${id}`),
        )
      const other = addresses.get(addressText)
      if (other !== undefined)
        errors.push(
          new ConfigError(`${path}/address`, `address ${addressText} is that of member ${other} already`),
        )
      addresses.set(addressText, member)
      const user = ports.get(port)
      if (user !== undefined)
        errors.push(new ConfigError(`${path}/port`, `port ${port} is that of ${user} already`))
      ports.set(port, `link ${id}`)
    }
  }
  return errors
}

/** What members are told, by what it is about; of the same configuration something else when ports or slots are others. */
export function fabricOperations(
  settings: FabricSettings | undefined,
  places: Places,
): ReadonlyMap<string, Operation> {
  const operations = new Map<string, Operation>()
  if (!settings) return operations
  const members = new Map<number, FabricEnd[]>()
  for (const [place, { prefix, ends }] of settings.links.entries())
    for (const { member, port, address } of ends) {
      const slot = places.slotOf(member)
      const links = (slot !== undefined && members.get(slot)) || []
      // Later links of who has not this one would be taken for it.
      if (slot === undefined || places.slotOfPort(port) !== slot || links.length !== place) continue
      const mac = places.macOfPort(port) ?? (settings.kind === 'pbb' ? standIn(slot, place) : undefined)
      const name = `fabric-${slot}-${place}`
      members.set(slot, [...links, { interface: name, address, ...(mac && { mac }) }])
      operations.set(name, { op: 'interface-set', interface: internal(name, port, address, prefix) })
    }
  if (members.size === 0) return new Map()
  const { kind, mtu, port, vlan, interval, multiplier } = settings
  const all = [...members].map(([slot, links]) => ({ slot, links }))
  return new Map<string, Operation>([
    [vrfName, { op: 'vrf-set', vrf, name: vrfName }],
    ...operations,
    ['fabric', { op: 'fabric-set', kind, vrf, mtu, port, vlan, interval, multiplier, members: all }],
  ])
}

/** Of a port whose device is not there, where the fabric needs an address: nobody has it. */
const standIn = (slot: number, place: number): Uint8Array => new Uint8Array([2, 0x77, 0x66, 0, slot, place])

const internal = (name: string, port: string, address: Address, { length }: Prefix): InterfaceSpec => ({
  ...{ name, vrf, port, enabled: true, mtu: 0 },
  ipv4: address.length === 4,
  ipv6: address.length === 16,
  ipv4Forwarding: false,
  ipv6Forwarding: false,
  addresses: [{ address, length }],
})

/** From one to the other: what is to be set, then what is to be deleted. */
export function fabricChanges(
  before: ReadonlyMap<string, Operation>,
  after: ReadonlyMap<string, Operation>,
): { readonly create: readonly Operation[]; readonly remove: readonly Operation[] } {
  const create = [...after].flatMap(([about, operation]) =>
    text(before.get(about)) === text(operation) ? [] : [operation],
  )
  const gone = [...before].flatMap(([about, operation]) => (after.has(about) ? [] : undo(operation)))
  return { create, remove: gone.reverse() }
}

const text = (operation: Operation | undefined): string | undefined => operation && JSON.stringify(operation)

function undo(operation: Operation): readonly Operation[] {
  if (operation.op === 'fabric-set') return [{ op: 'fabric-delete' }]
  if (operation.op === 'vrf-set') return [{ op: 'vrf-delete', vrf }]
  if (operation.op === 'interface-set') return [{ op: 'interface-delete', name: operation.interface.name }]
  return []
}
