/** A member's state reply as values: counters are bigints, times and codes what types.ts says. */
import { bridgeCounters, type BridgeState, type MacState } from './bridge.js'
import { portProblems } from './member-state.js'
import { lastObject, type StateReply, type StateRequest } from '../proto/contract.js'
import type {
  AclState,
  HoldCounter,
  HoldState,
  HostTapState,
  InterfaceCounter,
  InterfaceState,
  MemberState,
  NeighbourState,
  ObjectState,
  PortState,
  StateQuery,
  WorkerState,
} from './member-state.js'

type Fields = Readonly<Record<string, unknown>>

const interfaceCounters: readonly InterfaceCounter[] = [
  'inOctets',
  'inUnicast',
  'inMulticast',
  'inBroadcast',
  'inDiscards',
  'inErrors',
  'inUnknown',
  'outOctets',
  'outUnicast',
  'outMulticast',
  'outBroadcast',
  'outDiscards',
  'outErrors',
  'in4',
  'forwarded4',
  'in6',
  'forwarded6',
  'unicastRpf4',
  'unicastRpf6',
]
const portCounters = ['rxPackets', 'rxOctets', 'rxDropped', 'txPackets', 'txOctets', 'txDropped'] as const
const statistics = [
  ...(['routes4', 'routes6', 'objects', 'neighbours', 'heldPackets', 'commit', 'repairs'] as const),
  ...(['interfacesAdded', 'interfacesChanged', 'interfacesRemoved'] as const),
  ...(['objectsAdded', 'objectsChanged', 'objectsRemoved'] as const),
  ...(['routesAdded', 'routesChanged', 'routesRemoved'] as const),
] as const
const holdCounters: readonly HoldCounter[] = [
  ...(['entries', 'packets', 'octets', 'events'] as const),
  ...(['queueFull', 'holdingFull', 'tableFull', 'expired', 'failed'] as const),
]
const origins = ['other', 'static', 'dynamic'] as const
const states = ['incomplete', 'reachable', 'stale', 'delay', 'probe'] as const

function bigints<Name extends string>(fields: Fields, names: readonly Name[]): Record<Name, bigint> {
  return Object.fromEntries(names.map((name) => [name, BigInt(fields[name] as string)])) as Record<
    Name,
    bigint
  >
}

function readInterface(fields: Fields): InterfaceState {
  return {
    name: fields['name'] as string,
    port: fields['port'] as string,
    device: fields['device'] as string,
    driver: fields['driver'] as string,
    driverReason: fields['driverReason'] as string,
    index: fields['index'] as number,
    adminUp: fields['adminUp'] as boolean,
    operUp: fields['operUp'] as boolean,
    present: fields['present'] as boolean,
    mtu: fields['mtu'] as number,
    speed: BigInt(fields['speed'] as string),
    mac: fields['mac'] as Uint8Array,
    lastChange: Number(fields['lastChange']),
    discontinuity: Number(fields['discontinuity']),
    counters: bigints(fields, interfaceCounters),
    tap: readTap(fields),
  }
}

function readTap(fields: Fields): HostTapState | undefined {
  if (!fields['tapDevice']) return undefined
  return {
    device: fields['tapDevice'] as string,
    driver: fields['tapDriver'] as string,
    reason: fields['tapReason'] as string,
    rxQueues: fields['tapQueues'] as number,
    inDrops: BigInt(fields['tapInDrops'] as string),
    outDrops: BigInt(fields['tapOutDrops'] as string),
  }
}

function readNeighbour(fields: Fields): NeighbourState {
  return {
    interface: fields['interface'] as string,
    address: fields['address'] as Uint8Array,
    mac: fields['mac'] as Uint8Array,
    origin: origins[fields['origin'] as number] ?? 'other',
    state: states[fields['state'] as number] ?? 'incomplete',
    router: fields['router'] as boolean,
  }
}

function readPort(fields: Fields): PortState {
  return {
    name: fields['name'] as string,
    driver: fields['driver'] as string,
    device: fields['device'] as string,
    reason: fields['reason'] as string,
    problem: portProblems[(fields['problem'] as number | undefined) ?? 0] ?? 'none',
    discontinuity: Number(fields['discontinuity'] ?? 0),
    up: fields['up'] as boolean,
    present: fields['present'] as boolean,
    mtu: fields['mtu'] as number,
    mac: fields['mac'] as Uint8Array,
    counters: bigints(fields, portCounters),
    workers: (fields['workers'] as number[] | undefined) ?? [],
    ...readMade(fields),
    fastPath: (fields['fastPath'] as PortState['fastPath'] | undefined) || 'off',
    fastPathReason: (fields['fastPathReason'] as string | undefined) ?? '',
    fastPathPackets: bigints(fields, ['fastPathPackets'] as const).fastPathPackets,
    overrun: Boolean(fields['overrun']),
    notDraining: Boolean(fields['notDraining']),
    others: (fields['others'] as PortState['others'] | undefined) ?? [],
  }
}

function readMade(fields: Fields): Pick<PortState, 'made'> {
  if (!fields['madeNamespace']) return {}
  const mtu = fields['madeMtu'] as number
  const link = { up: Boolean(fields['madeUp']), mtu, mac: fields['madeMac'] as Uint8Array }
  const device = fields['madeDevice'] as string
  return { made: { namespace: fields['madeNamespace'] as string, device, ...(mtu > 0 && { link }) } }
}

function readWorker(fields: Fields): WorkerState {
  const cpu = fields['cpu'] as number
  return {
    id: fields['id'] as number,
    asleep: fields['asleep'] as boolean,
    cpu: cpu < 0 ? undefined : cpu,
    reason: fields['reason'] as string,
    rxQueues: fields['rxQueues'] as number,
    ...bigints(fields, ['cpuTime']),
  }
}

function readObject(fields: Fields): ObjectState {
  const nextHop = fields['nextHop'] as Uint8Array
  return {
    key: BigInt(fields['key'] as string),
    type: fields['type'] as ObjectState['type'],
    kind: fields['kind'] as string,
    interface: fields['interface'] as string,
    nextHop: nextHop.length > 0 ? nextHop : undefined,
    members: (fields['members'] as string[]).map(BigInt),
    legs: ((fields['legs'] as readonly Fields[] | undefined) ?? []).map((leg) => {
      const remote = leg['remote'] as Uint8Array
      return { interface: leg['interface'] as string, ...(remote.length > 0 && { remote }) }
    }),
    ...bigints(fields, ['packets', 'octets']),
    routes: fields['routes'] as number,
  }
}

export function stateRequest({ objects, ...query }: StateQuery): Omit<StateRequest, 'id'> {
  if (!objects) return query
  return { ...query, objects: 'key' in objects ? { key: String(objects.key) } : objects }
}

function readAcl(fields: Fields): AclState {
  const names = fields['entries'] as readonly string[]
  const counters = fields['counters'] as Buffer
  const count = (at: number) => ({
    packets: counters.readBigUInt64LE(16 * at),
    octets: counters.readBigUInt64LE(16 * at + 8),
  })
  return {
    name: fields['name'] as string,
    entries: names.map((name, at) => ({ name, ...count(at) })),
    rest: count(names.length),
  }
}

function readBridge(fields: Fields): BridgeState {
  return {
    name: fields['name'] as string,
    routed: fields['routed'] as string,
    addresses: fields['addresses'] as number,
    limited: fields['limited'] as boolean,
    members: fields['members'] as BridgeState['members'],
    moving: (fields['moving'] as readonly Fields[]).map((one) => ({
      mac: one['mac'] as Uint8Array,
      from: one['from'] as string,
      to: one['to'] as string,
      time: Number(one['time']),
    })),
    discontinuity: Number(fields['discontinuity']),
    counters: bigints(fields, bridgeCounters),
  }
}

function readMac(fields: Fields): MacState {
  const remote = fields['remote'] as Uint8Array
  return {
    domain: fields['domain'] as string,
    interface: fields['interface'] as string,
    mac: fields['mac'] as Uint8Array,
    remote: remote.length > 0 ? remote : undefined,
    fixed: fields['fixed'] as boolean,
    age: fields['age'] as number,
  }
}

/** Where a page ends, and the next one begins. */
const nextOf = (next: number): number | undefined => (next === lastObject ? undefined : next)

export function readState(reply: Partial<StateReply>): MemberState {
  return {
    interfaces: (reply.interfaces ?? []).map(readInterface),
    neighbours: (reply.neighbours ?? []).map(readNeighbour),
    ports: (reply.ports ?? []).map(readPort),
    drops: (reply.drops ?? []).map((fields) => ({
      node: fields['node'] as string,
      reason: fields['reason'] as string,
      packets: BigInt(fields['packets'] as string),
    })),
    nodes: (reply.nodes ?? []).map((fields) => ({
      worker: fields['worker'] as number,
      node: fields['node'] as string,
      ...bigints(fields, ['packets', 'bursts', 'cycles']),
    })),
    objects: reply.objects
      ? {
          objects: reply.objects.objects.map(readObject),
          next: nextOf(reply.objects.next),
        }
      : undefined,
    bridges: (reply.bridges ?? []).map(readBridge),
    macs: reply.macs ? { macs: reply.macs.macs.map(readMac), next: nextOf(reply.macs.next) } : undefined,
    acls: (reply.acls ?? []).map(readAcl),
    holds: (reply.holds ?? []).map((fields) => ({
      kind: fields['kind'] as HoldState['kind'],
      counters: bigints(fields, holdCounters),
      tableOverflows: Boolean(fields['tableOverflows']),
      holdingOverflows: Boolean(fields['holdingOverflows']),
    })),
    punt: (reply.punt ?? []).map((fields) => ({
      name: fields['name'] as string,
      rate: fields['rate'] as number,
      burst: fields['burst'] as number,
      ...bigints(fields, ['passed', 'dropped']),
    })),
    workers: (reply.workers ?? []).map(readWorker),
    mirrors: (reply.mirrors ?? []).map((fields) => ({
      name: fields['name'] as string,
      ...bigints(fields, ['packets', 'octets', 'overRate', 'lost']),
    })),
    statistics: reply.statistics ? bigints(reply.statistics, statistics) : undefined,
  }
}
