/**
 * Operations to the packed records of dataplane/engine/program/records.h. Costs some 0.3 µs a route; what is packed already
 * is passed on without being looked at.
 */
import { roomForAcl, writeAcl } from './acl.js'
import { roomForBridge, writeBridge } from './bridge.js'
import { roomForFabric, writeFabric } from './fabric.js'
import {
  puntClasses,
  tunnelKinds,
  type CircuitMatch,
  type CircuitSpec,
  type Direction,
  type DropKind,
  type FamilyFeatures,
  type FastPath,
  type ForwardingObject,
  type InterfaceSpec,
  type Limit,
  type MadePort,
  type Operation,
  type ResolveKind,
  type VlanTag,
  type TunnelSpec,
} from './operations.js'
import { Writer } from './writer.js'

const blockSize = 1 << 20
/** No single record is longer: names have at most 65,535 bytes, and lists at most 65,535 entries. */
const longestBlock = 8 << 20

type Packed = Exclude<Operation, { op: 'records' }>

const kinds: Readonly<Record<Packed['op'], number>> = {
  'port-set': 1,
  'port-delete': 2,
  'interface-set': 3,
  'interface-delete': 4,
  'object-set': 5,
  'object-delete': 6,
  'route-set': 7,
  'route-delete': 8,
  'neighbour-set': 9,
  'neighbour-delete': 10,
  'acl-set': 11,
  'acl-delete': 12,
  'acl-bind': 13,
  'interface-features-set': 16,
  'interface-features-delete': 17,
  'punt-policer-set': 18,
  'icmp-settings-set': 19,
  'workers-set': 32,
  'port-settings-set': 33,
  'port-settings-delete': 34,
  'port-make': 35,
  'circuit-set': 48,
  'circuit-delete': 49,
  'cross-connect-set': 50,
  'cross-connect-delete': 51,
  'vrf-set': 56,
  'vrf-delete': 57,
  'bridge-set': 61,
  'bridge-delete': 62,
  'tunnel-set': 71,
  'tunnel-delete': 72,
  'mirror-set': 81,
  'mirror-delete': 82,
  'slot-set': 90,
  'fabric-set': 91,
  'fabric-delete': 92,
  'port-place-set': 93,
  'fabric-key-set': 94,
}

const ObjectType = { adjacency: 1, glean: 2, local: 3, drop: 4, group: 5, resolve: 6, lookup: 7 } as const
const resolveKinds: Readonly<Record<ResolveKind, number>> = { lisp: 1, ike: 2 }
const noHold = 1
const dropKinds: Readonly<Record<DropKind, number>> = { blackhole: 0, unreachable: 1, prohibit: 2 }

/** Bytes that an operation may need; generous, because only its order of magnitude matters. */
function roomFor(operation: Operation): number {
  if (operation.op === 'interface-set') {
    const { name, port, addresses } = operation.interface
    return 64 + 3 * (name.length + (port?.length ?? 0)) + 18 * addresses.length
  }
  if (operation.op === 'object-set') {
    const object = operation.object
    if (object.type === 'group') return 64 + 10 * object.members.length
    return 64 + ('interface' in object ? 3 * object.interface.length : 0)
  }
  if (operation.op === 'port-set') {
    return 64 + 3 * (operation.name.length + operation.driver.length + operation.device.length)
  }
  if (operation.op === 'port-make')
    return 128 + 3 * operation.name.length + 18 * operation.made.addresses.length
  if (operation.op === 'workers-set') return 64 + 3 * operation.cpus.length
  if (operation.op === 'port-settings-set')
    return 64 + 3 * (operation.name.length + operation.driver.length) + operation.workers.length
  if (operation.op === 'circuit-set')
    return 64 + 3 * (operation.interface.length + operation.circuit.parent.length)
  if (operation.op === 'cross-connect-set')
    return 64 + 3 * (operation.name.length + operation.interfaces.join().length)
  if (operation.op === 'bridge-set') return roomForBridge(operation.bridge)
  if (operation.op === 'tunnel-set')
    return 64 + 3 * operation.name.length + 17 * operation.tunnel.remotes.length
  if (operation.op === 'mirror-set') {
    const names = [operation.name, operation.destination, ...operation.sources.map((each) => each.interface)]
    return names.reduce((sum, name) => sum + 3 * name.length + 8, 64 + operation.filter.length)
  }
  if (operation.op === 'fabric-set') return roomForFabric(operation)
  if (operation.op === 'acl-set') return roomForAcl(operation.acl)
  if (operation.op === 'acl-bind') return 64 + 3 * (operation.interface.length + (operation.acl?.length ?? 0))
  if ('name' in operation) return 64 + 3 * operation.name.length
  if ('interface' in operation) return 64 + 3 * operation.interface.length
  return 64
}

const directions: Readonly<Record<Direction, number>> = { in: 1, out: 2, both: 3 }

/** By their numbers. */
const fastPaths: readonly FastPath[] = ['off', 'tc', 'xdp']

function writeInterface(writer: Writer, spec: InterfaceSpec): void {
  const flags =
    (spec.enabled ? 1 : 0) |
    (spec.ipv4 ? 2 : 0) |
    (spec.ipv6 ? 4 : 0) |
    (spec.ipv4Forwarding ? 8 : 0) |
    (spec.ipv6Forwarding ? 16 : 0)
  writer.text(spec.name)
  writer.u32(spec.vrf)
  writer.text(spec.port ?? '')
  writer.u8(flags)
  writer.u16(spec.mtu)
  writer.u8(spec.mac ? 1 : 0)
  if (spec.mac) writer.mac(spec.mac)
  writer.u16(spec.addresses.length)
  for (const { address, length } of spec.addresses) {
    writer.address(address)
    writer.u8(length)
  }
}

function writeMade(writer: Writer, made: MadePort): void {
  writer.text(made.namespace)
  writer.text(made.device)
  writer.u8(made.mac ? 1 : 0)
  if (made.mac) writer.mac(made.mac)
  writer.u16(made.mtu)
  writer.u16(made.addresses.length)
  for (const { address, length } of made.addresses) {
    writer.address(address)
    writer.u8(length)
  }
  writer.u8(made.gateways.length)
  for (const gateway of made.gateways) writer.address(gateway)
}

const circuitMatches: Readonly<Record<CircuitMatch, number>> = {
  untagged: 0,
  tag: 1,
  'two-tags': 2,
  'tag-and-any': 3,
  rest: 4,
}

function writeTags(writer: Writer, tags: readonly VlanTag[]): void {
  for (const { tpid, vid } of tags) {
    writer.u16(tpid)
    writer.u16(vid)
  }
}

function writeCircuit(writer: Writer, name: string, circuit: CircuitSpec): void {
  writer.text(name)
  writer.text(circuit.parent)
  writer.u8(circuitMatches[circuit.match])
  writeTags(writer, circuit.tags)
  writer.u8(circuit.pop)
  writer.u8(circuit.push.length)
  writeTags(writer, circuit.push)
}

function writeObject(writer: Writer, object: ForwardingObject): void {
  writer.u8(ObjectType[object.type])
  if (object.type === 'adjacency') {
    writer.text(object.interface)
    writer.address(object.nextHop)
  } else if (object.type === 'glean') writer.text(object.interface)
  else if (object.type === 'local' || object.type === 'lookup') writer.u32(object.vrf)
  else if (object.type === 'drop') writer.u8(dropKinds[object.kind])
  else if (object.type === 'resolve') {
    writer.u8(resolveKinds[object.kind])
    writer.u32(object.id)
    writer.u8(object.hold ? 0 : noHold)
  } else {
    writer.u16(object.members.length)
    for (const { key, weight } of object.members) {
      writer.key(key)
      writer.u16(weight)
    }
  }
}

const reversePaths = { strict: 1, loose: 2 } as const

function writeFamily(writer: Writer, features: FamilyFeatures): void {
  writer.u8(features.reversePath === undefined ? 0 : reversePaths[features.reversePath])
  writer.u8((features.allowDefault ? 1 : 0) | (features.redirects ? 2 : 0) | (features.unreachables ? 0 : 4))
}

function writeLimit(writer: Writer, { rate, burst }: Limit): void {
  writer.u8((rate === undefined ? 0 : 1) | (burst === undefined ? 0 : 2))
  writer.u32(rate ?? 0)
  writer.u32(burst ?? 0)
}

function writeTunnel(writer: Writer, tunnel: TunnelSpec): void {
  writer.u8(tunnelKinds.indexOf(tunnel.kind) + 1)
  writer.u32(tunnel.vrf)
  writer.address(tunnel.source)
  writer.u32(tunnel.key ?? 0)
  writer.u16(tunnel.port)
  writer.u8(
    (tunnel.key === undefined ? 0 : 1) | (tunnel.checksum ? 2 : 0) | (tunnel.fragmentsOutside ? 4 : 0),
  )
  writer.u8(tunnel.hopLimit)
  writer.u8(tunnel.dscp ?? 0xff)
  writer.u16(tunnel.remotes.length)
  for (const remote of tunnel.remotes) writer.address(remote)
}

function write(writer: Writer, operation: Packed): void {
  writer.u8(kinds[operation.op])
  switch (operation.op) {
    case 'route-set':
      writer.u32(operation.vrf)
      writer.address(operation.prefix.address)
      writer.u8(operation.prefix.length)
      return writer.key(operation.key)
    case 'route-delete':
      writer.u32(operation.vrf)
      writer.address(operation.prefix.address)
      return writer.u8(operation.prefix.length)
    case 'circuit-set':
      return writeCircuit(writer, operation.interface, operation.circuit)
    case 'circuit-delete':
      return writer.text(operation.interface)
    case 'cross-connect-set':
      writer.text(operation.name)
      for (const name of operation.interfaces) writer.text(name)
      return
    case 'object-set':
      writer.key(operation.key)
      return writeObject(writer, operation.object)
    case 'object-delete':
      return writer.key(operation.key)
    case 'vrf-set':
      writer.u32(operation.vrf)
      return writer.text(operation.name)
    case 'vrf-delete':
      return writer.u32(operation.vrf)
    case 'interface-set':
      return writeInterface(writer, operation.interface)
    case 'port-set':
      writer.text(operation.name)
      writer.text(operation.driver)
      return writer.text(operation.device)
    case 'port-make':
      writer.text(operation.name)
      return writeMade(writer, operation.made)
    case 'workers-set':
      writer.u8(operation.count)
      writer.u8(operation.cpus.length)
      for (const { worker, cpu } of operation.cpus) {
        writer.u8(worker)
        writer.u16(cpu)
      }
      return
    case 'port-settings-set':
      writer.text(operation.name)
      writer.text(operation.driver)
      writer.u8(operation.rxQueues)
      writer.u8(operation.workers.length)
      for (const worker of operation.workers) writer.u8(worker)
      return writer.u8(fastPaths.indexOf(operation.fastPath))
    case 'bridge-set':
      return writeBridge(writer, operation.bridge)
    case 'tunnel-set':
      writer.text(operation.name)
      return writeTunnel(writer, operation.tunnel)
    case 'mirror-set':
      writer.text(operation.name)
      writer.text(operation.destination)
      writer.u32(operation.rate)
      writer.u16(operation.filter.length)
      writer.raw(operation.filter)
      writer.u16(operation.sources.length)
      for (const source of operation.sources) {
        writer.text(source.interface)
        writer.u8(directions[source.direction])
      }
      return
    case 'acl-set':
      return writeAcl(writer, operation.acl)
    case 'acl-bind':
      writer.text(operation.interface)
      writer.u8(operation.direction === 'in' ? 0 : 1)
      writer.u8(operation.family)
      return writer.text(operation.acl ?? '')
    case 'neighbour-set':
      writer.text(operation.interface)
      writer.address(operation.address)
      return writer.mac(operation.mac)
    case 'neighbour-delete':
      writer.text(operation.interface)
      return writer.address(operation.address)
    case 'interface-features-set':
      writer.text(operation.name)
      writeFamily(writer, operation.ipv4)
      return writeFamily(writer, operation.ipv6)
    case 'punt-policer-set':
      writer.u8(puntClasses.indexOf(operation.class))
      return writeLimit(writer, operation)
    case 'icmp-settings-set':
      writeLimit(writer, operation)
      return writer.u8(operation.forwardRouterAlerts ? 1 : 0)
    case 'slot-set':
      return writer.u16(operation.slot)
    case 'fabric-set':
      return writeFabric(writer, operation)
    case 'fabric-delete':
      return
    case 'port-place-set':
      writer.text(operation.name)
      return writer.u16(operation.slot)
    case 'fabric-key-set':
      writer.u8(operation.of === 'interface' ? 1 : 2)
      writer.text(operation.name)
      return writer.u32(operation.key)
    case 'cross-connect-delete':
    case 'interface-delete':
    case 'port-delete':
    case 'port-settings-delete':
    case 'bridge-delete':
    case 'tunnel-delete':
    case 'mirror-delete':
    case 'acl-delete':
    case 'interface-features-delete':
      return writer.text(operation.name)
  }
}

/**
 * Blocks of whole records, in order, each of its own memory and at most 1 MiB unless one operation alone is larger. Throws
 * RangeError at what no record can say (an address of 5 bytes, a list of 70,000).
 */
export function* encodeRecords(operations: Iterable<Operation>): Generator<Uint8Array> {
  let writer: Writer | undefined
  for (const operation of operations) {
    const packed = operation.op === 'records' ? operation.bytes : undefined
    const room = packed ? packed.length : roomFor(operation)
    if (room > longestBlock)
      throw new RangeError(`one operation of ${room} bytes does not fit a block of records`)
    if (writer && writer.at + room > writer.bytes.length) {
      if (writer.at > 0) yield writer.bytes.subarray(0, writer.at)
      writer = undefined
    }
    if (packed && packed.length > blockSize / 4 && !writer?.at) {
      yield packed
      continue
    }
    writer ??= new Writer(Math.max(blockSize, room))
    if (operation.op === 'records') writer.raw(operation.bytes)
    else write(writer, operation)
  }
  if (writer && writer.at > 0) yield writer.bytes.subarray(0, writer.at)
}
