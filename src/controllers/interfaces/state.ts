/**
 * Operational state of interfaces (RFC 8343, RFC 8344): what the member says of each, told in YANG. A member that does not
 * answer leaves the status unknown, and no interface out.
 */
import type {
  HostTapState,
  InterfaceState,
  Member,
  MemberState,
  NeighbourState,
} from '../../../dataplane/client/index.js'
import type { StateProvider } from '../../../datastore/index.js'
import { formatAddress, formatMac, kindOf, type Address, type Family } from '../../rib/index.js'
import { dateAndTime, leaf } from '../xml.js'
import {
  claim,
  ethernet,
  loopback,
  portOf,
  routed,
  vlan,
  type InterfaceConfig,
  type Interfaces,
  type IpConfig,
} from './model.js'

const namespace = {
  interfaces: 'urn:ietf:params:xml:ns:yang:ietf-interfaces',
  ip: 'urn:ietf:params:xml:ns:yang:ietf-ip',
  weft: 'urn:weft:params:xml:ns:yang:weft-interfaces',
  forwarding: 'urn:weft:params:xml:ns:yang:weft-forwarding',
}

const neighbourLists = [4, 6].map((family) => `${claim}/interface/ietf-ip:ipv${family}/neighbor`)

/** Interfaces in one piece of what is read. */
const pieceInterfaces = 64

export function interfaceState(member: () => Member, interfaces: () => Interfaces): StateProvider {
  return {
    path: claim,
    origins: Object.fromEntries(neighbourLists.map((list) => [list, 'learned'])),
    async *read(wanted) {
      const all = named(interfaces(), wanted.values(`${claim}/interface/name`))
      if (all.length === 0) return
      const state = await member()
        .state({ interfaces: true, neighbours: neighbourLists.some((list) => wanted.mayMatch(list)) })
        .catch(() => undefined)
      const known = new Map(state?.interfaces.map((one) => [one.name, one]))
      const neighbours = byInterface(state)
      const circuits = byParent(interfaces())
      for (let from = 0; from < all.length; from += pieceInterfaces) {
        const piece = all
          .slice(from, from + pieceInterfaces)
          .map((config) =>
            element(
              config,
              known.get(config.name),
              neighbours.get(config.name) ?? [],
              circuits.get(config.name) ?? [],
            ),
          )
        yield `<interfaces xmlns="${namespace.interfaces}">${piece.join('')}</interfaces>`
      }
    },
  }
}

function named(all: Interfaces, names: readonly string[] | undefined): readonly InterfaceConfig[] {
  return names === undefined ? [...all.values()] : names.flatMap((name) => all.get(name) ?? [])
}

function byInterface(state: MemberState | undefined): ReadonlyMap<string, readonly NeighbourState[]> {
  const found = new Map<string, NeighbourState[]>()
  for (const neighbour of state?.neighbours ?? []) {
    const list = found.get(neighbour.interface)
    if (list) list.push(neighbour)
    else found.set(neighbour.interface, [neighbour])
  }
  return found
}

function byParent(all: Interfaces): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const { name, circuit } of all.values()) {
    if (!circuit) continue
    const list = found.get(circuit.parent)
    if (list) list.push(name)
    else found.set(circuit.parent, [name])
  }
  return found
}

function operStatus(config: InterfaceConfig, state: InterfaceState | undefined): string {
  if (!config.enabled) return 'down'
  if (config.type === loopback) return 'up'
  if (!state) return 'unknown'
  if (config.type === vlan || config.type === routed) return state.operUp ? 'up' : 'lower-layer-down'
  if (!state.present) return 'not-present'
  return state.operUp ? 'up' : 'down'
}

function element(
  config: InterfaceConfig,
  state: InterfaceState | undefined,
  neighbours: readonly NeighbourState[],
  circuits: readonly string[],
): string {
  const physical = config.type !== loopback
  return [
    '<interface>',
    leaf('name', config.name),
    leaf('admin-status', config.enabled ? 'up' : 'down'),
    leaf('oper-status', operStatus(config, state)),
    state && state.lastChange > 0 ? leaf('last-change', dateAndTime(state.lastChange)) : '',
    state && state.index > 0 ? leaf('if-index', state.index) : '',
    ...circuits.map((name) => leaf('higher-layer-if', name)),
    config.circuit ? leaf('lower-layer-if', config.circuit.parent) : '',
    state && physical && hasMac(state) ? leaf('phys-address', formatMac(state.mac)) : '',
    state && state.speed > 0n ? leaf('speed', state.speed) : '',
    state ? statistics(state) : '',
    ip(config, 4, state, neighbours),
    ip(config, 6, state, neighbours),
    config.type === ethernet ? port(config, state) : '',
    '</interface>',
  ].join('')
}

function port(config: InterfaceConfig, state: InterfaceState | undefined): string {
  return [
    leaf('port', portOf(config), namespace.weft),
    leaf('device', state?.device || undefined, namespace.weft),
    leaf('driver', state?.driver || undefined, namespace.weft),
    leaf('driver-reason', state?.driverReason || undefined, namespace.weft),
    state?.tap ? tap(state.tap) : '',
  ].join('')
}

function tap({ device, driver, reason, rxQueues, inDrops, outDrops }: HostTapState): string {
  return [
    `<host-tap xmlns="${namespace.weft}">`,
    leaf('device', device),
    leaf('driver', driver),
    leaf('reason', reason || undefined),
    leaf('rx-queues', rxQueues),
    leaf('in-drops', inDrops),
    leaf('out-drops', outDrops),
    '</host-tap>',
  ].join('')
}

const hasMac = (state: InterfaceState): boolean =>
  state.mac.length === 6 && state.mac.some((octet) => octet !== 0)
/** A counter of 32 bits. */
const wrapped = (value: bigint): bigint => BigInt.asUintN(32, value)

function statistics({ counters, discontinuity }: InterfaceState): string {
  return [
    '<statistics>',
    leaf('discontinuity-time', dateAndTime(discontinuity)),
    leaf('in-octets', counters.inOctets),
    leaf('in-unicast-pkts', counters.inUnicast),
    leaf('in-broadcast-pkts', counters.inBroadcast),
    leaf('in-multicast-pkts', counters.inMulticast),
    leaf('in-discards', wrapped(counters.inDiscards)),
    leaf('in-errors', wrapped(counters.inErrors)),
    leaf('in-unknown-protos', wrapped(counters.inUnknown)),
    leaf('out-octets', counters.outOctets),
    leaf('out-unicast-pkts', counters.outUnicast),
    leaf('out-broadcast-pkts', counters.outBroadcast),
    leaf('out-multicast-pkts', counters.outMulticast),
    leaf('out-discards', wrapped(counters.outDiscards)),
    leaf('out-errors', wrapped(counters.outErrors)),
    leaf('in-ipv4-pkts', counters.in4, namespace.weft),
    leaf('forwarded-ipv4-pkts', counters.forwarded4, namespace.weft),
    leaf('in-ipv6-pkts', counters.in6, namespace.weft),
    leaf('forwarded-ipv6-pkts', counters.forwarded6, namespace.weft),
    leaf('in-ipv4-rpf-drops', counters.unicastRpf4, namespace.forwarding),
    leaf('in-ipv6-rpf-drops', counters.unicastRpf6, namespace.forwarding),
    '</statistics>',
  ].join('')
}

function ip(
  config: InterfaceConfig,
  family: Family,
  state: InterfaceState | undefined,
  neighbours: readonly NeighbourState[],
): string {
  const own = config.ip[family]
  if (!own) return ''
  const up = operStatus(config, state) === 'up'
  const mtu = own.mtu ?? state?.mtu ?? 0
  return [
    `<ipv${family} xmlns="${namespace.ip}">`,
    mtu >= (family === 4 ? 68 : 1280) && mtu <= 65535 ? leaf('mtu', mtu) : '',
    ...(own.enabled
      ? own.addresses.map(({ address, length }) => addressElement(address, length, 'static', up))
      : []),
    own.enabled && family === 6 ? linkLocal(config, own, state, up) : '',
    ...neighbours.filter(({ address }) => address.length === (family === 4 ? 4 : 16)).map(neighbourElement),
    `</ipv${family}>`,
  ].join('')
}

function addressElement(address: Address, length: number, origin: string, up: boolean): string {
  const status = address.length === 16 ? leaf('status', up ? 'preferred' : 'inaccessible') : ''
  const own = leaf('ip', formatAddress(address)) + leaf('prefix-length', length) + leaf('origin', origin)
  return `<address>${own}${status}</address>`
}

/** The address that the engine gives an IPv6 interface without a configured link-local one (RFC 4291, appendix A). */
function linkLocal(
  config: InterfaceConfig,
  own: IpConfig,
  state: InterfaceState | undefined,
  up: boolean,
): string {
  if (!state || !config.enabled || config.type === loopback || !hasMac(state)) return ''
  if (own.addresses.some(({ address }) => kindOf(address) === 'link-local')) return ''
  const [a, b, c, d, e, f] = state.mac as unknown as [number, number, number, number, number, number]
  const address = Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, a ^ 2, b, c, 0xff, 0xfe, d, e, f)
  return addressElement(address, 64, 'link-layer', up)
}

function neighbourElement({ address, mac, origin, state, router }: NeighbourState): string {
  const incomplete = state === 'incomplete'
  // In ietf-ip an entry of the ARP cache is one that is resolved.
  if (incomplete && address.length === 4) return ''
  const six = address.length === 16
  return [
    '<neighbor>',
    leaf('ip', formatAddress(address)),
    incomplete ? '' : leaf('link-layer-address', formatMac(mac)),
    leaf('origin', origin),
    six && router ? '<is-router/>' : '',
    six ? leaf('state', state) : '',
    '</neighbor>',
  ].join('')
}
