import test from 'ava'
import type {
  InterfaceState,
  NeighbourState,
  ObjectState,
  PortState,
} from '../../dataplane/client/member-state.js'
import { everything } from '../../datastore/controller.js'
import { parseAddress, parseMac } from '../../src/rib/index.js'
import { Box, hops, interfaces, routes } from './box.js'

const mac = parseMac('02:00:00:00:00:01') as Uint8Array
const address = (text: string) => parseAddress(text) as Uint8Array

const interfaceState = (name: string, rest: Partial<InterfaceState> = {}): InterfaceState => ({
  name,
  port: name,
  device: 'veth0',
  driver: 'af_packet',
  driverReason: 'the port is a veth & no XDP was asked for',
  index: 3,
  adminUp: true,
  operUp: true,
  present: true,
  mtu: 1500,
  speed: 10_000_000_000n,
  mac,
  lastChange: Date.UTC(2026, 0, 2),
  discontinuity: Date.UTC(2026, 0, 1),
  tap: { device: 'p1', driver: 'tap', reason: '', rxQueues: 2, inDrops: 3n, outDrops: 4n },
  counters: {
    inOctets: 1n << 40n,
    inUnicast: 2n,
    inMulticast: 3n,
    inBroadcast: 4n,
    inDiscards: (1n << 32n) + 5n,
    inErrors: 6n,
    inUnknown: 7n,
    outOctets: 8n,
    outUnicast: 9n,
    outMulticast: 10n,
    outBroadcast: 11n,
    outDiscards: 12n,
    outErrors: 13n,
    in4: 14n,
    forwarded4: 15n,
    in6: 16n,
    forwarded6: 17n,
    unicastRpf4: 18n,
    unicastRpf6: 19n,
  },
  ...rest,
})

const neighbour = (rest: Partial<NeighbourState>): NeighbourState => ({
  interface: 'p1',
  address: address('10.0.1.9'),
  mac,
  origin: 'dynamic',
  state: 'reachable',
  router: false,
  ...rest,
})

const config = interfaces({
  p1: { ipv4: ['10.0.1.1/24'], ipv6: ['2001:db8:1::1/64'] },
  p2: { enabled: false },
  lo0: { type: 'softwareLoopback', ipv4: ['192.0.2.1/32'] },
})

/** A part of a JSON document, by member names and `name=value` of list entries. */
function at(document: unknown, ...steps: readonly string[]): unknown {
  let here: unknown = document
  for (const step of steps) {
    const [key, value] = step.split('=')
    if (Array.isArray(here))
      here = here.find((entry: Record<string, unknown>) => entry[key as string] === value)
    else here = (here as Record<string, unknown> | undefined)?.[step]
  }
  return here
}

test('interfaces are told with status, counters, addresses and neighbours', async (t) => {
  using box = await Box.open()
  await box.commit(config)
  box.member.answer = {
    interfaces: [
      interfaceState('p1'),
      interfaceState('p2', { operUp: true }),
      interfaceState('lo0', { mac: new Uint8Array(6), present: false }),
    ],
    neighbours: [
      neighbour({}),
      neighbour({ address: address('10.0.1.10'), state: 'incomplete' }),
      neighbour({ address: address('2001:db8:1::9'), router: true, origin: 'static' }),
      neighbour({ address: address('2001:db8:1::a'), state: 'incomplete' }),
    ],
  }
  const all = at(await box.operational(), '/ietf-interfaces:interfaces', 'interface')
  const p1 = at(all, 'name=p1')
  t.like(p1, {
    'admin-status': 'up',
    'oper-status': 'up',
    'if-index': 3,
    'phys-address': '02:00:00:00:00:01',
    speed: '10000000000',
    'weft-interfaces:port': 'p1',
    'weft-interfaces:driver': 'af_packet',
    'weft-interfaces:driver-reason': 'the port is a veth & no XDP was asked for',
  })
  t.like(at(p1, 'statistics'), {
    'in-octets': '1099511627776',
    'in-discards': 5,
    'out-errors': 13,
    'weft-interfaces:forwarded-ipv4-pkts': '15',
    'weft-forwarding:in-ipv4-rpf-drops': '18',
    'weft-forwarding:in-ipv6-rpf-drops': '19',
  })
  const ipv4 = at(p1, 'ietf-ip:ipv4')
  t.like(at(ipv4, 'address', 'ip=10.0.1.1'), { 'prefix-length': 24, origin: 'static' })
  t.is(at(ipv4, 'mtu'), 1500)
  t.deepEqual(at(ipv4, 'neighbor'), [
    { ip: '10.0.1.9', 'link-layer-address': '02:00:00:00:00:01', origin: 'dynamic' },
  ])
  const ipv6 = at(p1, 'ietf-ip:ipv6')
  t.like(at(ipv6, 'address', 'ip=2001:db8:1::1'), { origin: 'static', status: 'preferred' })
  t.like(at(ipv6, 'address', 'ip=fe80::ff:fe00:1'), { 'prefix-length': 64, origin: 'link-layer' })
  t.like(at(ipv6, 'neighbor', 'ip=2001:db8:1::9'), {
    origin: 'static',
    state: 'reachable',
    'is-router': [null],
  })
  t.is(at(ipv6, 'neighbor', 'ip=2001:db8:1::a', 'link-layer-address'), undefined)
  t.like(at(all, 'name=p2'), { 'admin-status': 'down', 'oper-status': 'down' })
  t.like(at(all, 'name=lo0'), { 'oper-status': 'up' })
})

test('a member that is away leaves the status unknown, and says so itself', async (t) => {
  using box = await Box.open()
  await box.commit(config)
  box.member.attached = false
  const all = await box.operational()
  t.like(at(all, '/ietf-interfaces:interfaces', 'interface', 'name=p1'), { 'oper-status': 'unknown' })
  t.deepEqual(at(all, '/weft-dataplane:dataplane', 'members', 'member'), [{ name: '0', attached: false }])
})

test('a port without its device is not present', async (t) => {
  using box = await Box.open()
  await box.commit(config)
  box.member.answer = { interfaces: [interfaceState('p1', { present: false, operUp: false })] }
  const all = await box.operational()
  t.like(at(all, '/ietf-interfaces:interfaces', 'interface', 'name=p1'), { 'oper-status': 'not-present' })
})

test('forwarding objects are told page by page, or by their keys', async (t) => {
  using box = await Box.open()
  const object = (n: number): ObjectState => ({
    ...{ key: BigInt(n), type: 'adjacency', kind: '', interface: 'p1', nextHop: Uint8Array.of(10, 0, 0, n) },
    ...{ members: [], packets: BigInt(10 * n), octets: BigInt(100 * n), routes: n },
  })
  box.member.objects = [
    ...[1, 2, 3, 4].map(object),
    { ...object(5), type: 'group', interface: '', nextHop: undefined, members: [1n, 2n ** 64n - 1n] },
  ]
  const path = ['/weft-dataplane:dataplane', 'members', 'member', 'name=0', 'objects', 'object'] as const
  const all = at(await box.operational(), ...path) as { key: string }[]
  t.deepEqual(
    all.map(({ key }) => key),
    [1, 2, 3, 4, 5].map((n) => `0x000000000000000${n}`),
  )
  t.deepEqual(at(all, 'key=0x0000000000000003'), {
    ...{ key: '0x0000000000000003', type: 'adjacency', interface: 'p1', 'next-hop': '10.0.0.3' },
    ...{ packets: '30', octets: '300', routes: 3 },
  })
  const keys = ['0x0000000000000004', '0x0000000000000009', 'nonsense']
  const values = (leafPath: string) => (leafPath.endsWith('/objects/object/key') ? keys : undefined)
  const named = at(await box.operational({ ...everything, values }), ...path) as { key: string }[]
  t.deepEqual(
    named.map(({ key }) => key),
    ['0x0000000000000004'],
  )
  t.like(at(all, 'key=0x0000000000000005'), { member: ['0x0000000000000001', '0xffffffffffffffff'] })
})

test('the data plane tells its ports, drops and tables', async (t) => {
  using box = await Box.open()
  const port: PortState = {
    name: 'p1',
    driver: 'af_packet',
    device: 'veth0',
    reason: '',
    problem: 'other-driver',
    discontinuity: 1_000,
    up: true,
    present: true,
    mtu: 1500,
    mac,
    counters: { rxPackets: 1n, rxOctets: 2n, rxDropped: 3n, txPackets: 4n, txOctets: 5n, txDropped: 6n },
    workers: [1, 0],
    fastPath: 'tc',
    fastPathReason: 'IPv4 that comes in passes an access list',
    fastPathPackets: 9n,
    overrun: false,
    notDraining: false,
    others: [{ name: 'af_xdp', reason: 'the kernel refused <it> & so on' }],
  }
  box.member.commit = 7
  box.member.answer = {
    ports: [port],
    punt: [{ name: 'routing', rate: 20_000, burst: 4_000, passed: 1n << 33n, dropped: 9n }],
    workers: [
      { id: 0, asleep: true, cpu: 3, reason: '', cpuTime: 1n << 40n, rxQueues: 1 },
      { id: 1, asleep: false, cpu: undefined, reason: 'CPU 9 is taken', cpuTime: 5n, rxQueues: 2 },
    ],
    drops: [{ node: 'ip4', reason: 'no-route', packets: 42n }],
    nodes: [{ worker: 0, node: 'ip4-lookup', packets: 300n, bursts: 10n, cycles: 1000n }],
    holds: [
      {
        kind: 'lisp',
        counters: {
          ...{ entries: 1n, packets: 2n, octets: 3n, events: 4n, queueFull: 5n },
          ...{ holdingFull: 6n, tableFull: 7n, expired: 8n, failed: 9n },
        },
        tableOverflows: false,
        holdingOverflows: false,
      },
    ],
    statistics: {
      ...{ routes4: 1n, routes6: 2n, objects: 3n, neighbours: 4n, heldPackets: 5n, commit: 7n },
      ...{ repairs: 2n, interfacesAdded: 0n, interfacesChanged: 1n, interfacesRemoved: 0n },
      ...{ objectsAdded: 0n, objectsChanged: 0n, objectsRemoved: 0n },
      ...{ routesAdded: 6n, routesChanged: 0n, routesRemoved: 8n },
    },
  }
  const member = at(await box.operational(), '/weft-dataplane:dataplane', 'members', 'member', 'name=0')
  t.like(member, { attached: true, pid: 4711, commit: '7' })
  t.like(at(member, 'port', 'name=p1'), { driver: 'af_packet', 'link-up': true })
  t.is(at(member, 'port', 'name=p1', 'driver-reason'), undefined)
  t.is(at(member, 'port', 'name=p1', 'problem'), 'other-driver')
  t.is(at(member, 'port', 'name=p1', 'statistics', 'discontinuity-time'), '1970-01-01T00:00:01.000+00:00')
  t.is(at(member, 'port', 'name=p1', 'statistics', 'in-drops'), '3')
  t.is(at(member, 'drop', 'node=ip4', 'packets'), '42')
  t.deepEqual(at(member, 'hold', 'kind=lisp'), {
    ...{ kind: 'lisp', keys: '1', packets: '2', octets: '3', events: '4' },
    drops: { 'queue-full': '5', 'holding-full': '6', 'table-full': '7', expired: '8', failed: '9' },
  })
  t.deepEqual(at(member, 'weft-forwarding:punt-class', 'name=routing'), {
    name: 'routing',
    rate: 20_000,
    burst: 4_000,
    passed: '8589934592',
    dropped: '9',
  })
  t.deepEqual(at(member, 'weft-ports:worker'), [
    { id: 0, state: 'sleeping', cpu: 3, 'cpu-time': '1099511627776', 'rx-queues': 1 },
    { id: 1, state: 'polling', 'cpu-reason': 'CPU 9 is taken', 'cpu-time': '5', 'rx-queues': 2 },
  ])
  t.deepEqual(at(member, 'port', 'name=p1', 'weft-ports:fast-path'), {
    ...{ hook: 'tc', reason: 'IPv4 that comes in passes an access list', packets: '9' },
  })
  t.deepEqual(at(member, 'port', 'name=p1', 'weft-ports:other-driver'), [
    { name: 'af_xdp', reason: 'the kernel refused <it> & so on' },
  ])
  t.deepEqual(at(member, 'port', 'name=p1', 'weft-ports:rx-queue'), [
    { id: 0, worker: 1 },
    { id: 1, worker: 0 },
  ])
  t.like(at(member, 'node', 'name=ip4-lookup'), {
    ...{ thread: 0, packets: '300', bursts: '10', cycles: '1000', 'cycles-per-packet': '3.33' },
  })
  t.like(at(member, 'tables'), { 'ipv4-routes': '1', 'held-packets': '5' })
  t.is(at(member, 'reconciliation', 'runs'), '2')
  t.like(at(member, 'reconciliation', 'interfaces'), { added: '0', changed: '1', removed: '0' })
  t.like(at(member, 'reconciliation', 'routes'), { added: '6', removed: '8' })
})

test('the RIBs tell every route, which is active, and where it leads', async (t) => {
  using box = await Box.open()
  await box.commit(
    interfaces({ p1: { ipv4: ['10.0.1.1/24'], ipv6: ['2001:db8:1::1/64'] }, p2: { ipv4: ['10.0.2.1/24'] } }) +
      routes({
        '10.0.2.0/24': '10.0.1.9',
        '20.0.0.0/8': hops('10.0.1.9', '10.0.2.9'),
        '21.0.0.0/8': '<special-next-hop>blackhole</special-next-hop>',
        '2001:db8:20::/48':
          '<outgoing-interface>p1</outgoing-interface><next-hop-address>fe80::9</next-hop-address>',
      }),
  )
  const all = await box.operational()
  const routing = all['/ietf-routing:routing']
  t.deepEqual(at(routing, 'interfaces', 'interface'), ['p1', 'p2'])
  const prefixOf = (family: 4 | 6) => `ietf-ipv${family}-unicast-routing:destination-prefix`
  const listOf = (family: 4 | 6, prefix: string) =>
    (
      at(routing, 'ribs', 'rib', `name=ipv${family}-master`, 'routes', 'route') as Record<string, unknown>[]
    ).filter((route) => route[prefixOf(family)] === prefix)
  const both = listOf(4, '10.0.2.0/24')
  t.deepEqual(
    both.map((route) => [route['source-protocol'], route['route-preference'], 'active' in route]),
    [
      ['direct', 0, true],
      ['static', 1, false],
    ].map(([protocol, ...rest]) => [at(both[protocol === 'direct' ? 0 : 1], 'source-protocol'), ...rest]),
  )
  t.regex(String(both[0]?.['source-protocol']), /direct$/)
  t.deepEqual(at(listOf(4, '20.0.0.0/8')[0], 'next-hop', 'next-hop-list', 'next-hop'), [
    { 'ietf-ipv4-unicast-routing:address': '10.0.1.9' },
    { 'ietf-ipv4-unicast-routing:address': '10.0.2.9' },
  ])
  t.is(at(listOf(4, '21.0.0.0/8')[0], 'next-hop', 'special-next-hop'), 'blackhole')
  t.is(at(listOf(4, '10.0.1.1/32')[0], 'next-hop', 'special-next-hop'), 'receive')
  t.like(at(listOf(6, '2001:db8:20::/48')[0], 'next-hop'), {
    'outgoing-interface': 'p1',
    'ietf-ipv6-unicast-routing:next-hop-address': 'fe80::9',
  })
  await box.rib.update((x) => x.link('p2', false))
  const after = at(
    await box.operational(),
    '/ietf-routing:routing',
    'ribs',
    'rib',
    'name=ipv4-master',
    'routes',
    'route',
  )
  const static2 = (after as Record<string, unknown>[]).filter(
    (route) => route[prefixOf(4)] === '10.0.2.0/24' && 'active' in route,
  )
  t.is(static2.length, 1)
  t.regex(String(static2[0]?.['source-protocol']), /static$/)
})

test('platform and clock of the system', async (t) => {
  using box = await Box.open()
  const state = (await box.operational())['/ietf-system:system-state']
  t.is(at(state, 'platform', 'os-name'), 'Linux')
  t.regex(String(at(state, 'clock', 'current-datetime')), /^2026-11-21T00:00:00/)
})

test('who is asked for one interface or one route makes one', async (t) => {
  using box = await Box.open()
  await box.commit(config + routes({ '20.0.0.0/8': '10.0.1.9', '21.0.0.0/8': '10.0.1.9' }))
  box.member.answer = { interfaces: [interfaceState('p1'), interfaceState('p2')] }
  const pieces = async (expression: string, path: string): Promise<string> => {
    using filter = box.yang.xpathFilter(expression)
    let text = ''
    for (const { state } of box.controllers.controllers) {
      for (const provider of state ?? [])
        if (provider.path === path) for await (const piece of provider.read(filter)) text += piece
    }
    return text
  }
  const one = await pieces("/interfaces/interface[name='p2']", '/ietf-interfaces:interfaces')
  t.deepEqual(one.match(/<name>.*?<\/name>/g), ['<name>p2</name>'])
  const none = await pieces("/interfaces/interface[name='p9']", '/ietf-interfaces:interfaces')
  t.is(none, '')
  const route = await pieces(
    "/routing/ribs/rib[name='ipv4-master']/routes/route[ietf-ipv4-unicast-routing:destination-prefix='20.0.0.0/8']",
    '/ietf-routing:routing/ribs',
  )
  t.is(route.match(/<rib>/g)?.length, 1)
  t.deepEqual(route.match(/>[0-9.]+\/[0-9]+</g), ['>20.0.0.0/8<'])
})
