import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { encodeRecords, type Operation, type TunnelSpec } from '../../dataplane/client/index.js'
import { address } from '../lab/router.js'

function encode(...operations: Operation[]): string {
  return Buffer.concat([...encodeRecords(operations)]).toString('hex')
}

function route(i: number): Operation {
  const bytes = new Uint8Array([10, (i >> 16) & 255, (i >> 8) & 255, i & 255])
  return { op: 'route-set', vrf: 0, prefix: { address: bytes, length: 32 }, key: 7n }
}

test('each record is what records.h says, byte for byte', (t) => {
  t.is(
    encode({ op: 'port-set', name: 'p1', driver: 'af_packet', device: 'eth1' }),
    '01020070310900' + '61665f7061636b6574' + '0400' + '65746831',
  )
  t.is(encode({ op: 'port-delete', name: 'p1' }), '0202007031')
  t.is(
    encode({
      op: 'port-make',
      name: 'c',
      made: {
        ...{ namespace: 'n', device: 'd', mac: Uint8Array.of(2, 0, 0, 0, 0, 1), mtu: 1500 },
        addresses: [{ address: Uint8Array.of(10, 0, 0, 2), length: 24 }],
        gateways: [Uint8Array.of(10, 0, 0, 1)],
      },
    }),
    '23' +
      '010063' +
      '01006e' +
      '010064' +
      '01020000000001' +
      'dc05' +
      '0100' +
      '040a00000218' +
      '01' +
      '040a000001',
  )
  t.is(
    encode({
      op: 'interface-set',
      interface: {
        name: 'a',
        vrf: 2,
        port: undefined,
        enabled: true,
        ipv4: true,
        ipv6: false,
        ipv4Forwarding: true,
        ipv6Forwarding: true,
        mtu: 1500,
        mac: new Uint8Array([2, 0, 0, 0, 0, 1]),
        addresses: [{ address: address('192.0.2.1'), length: 24 }],
      },
    }),
    '03' + '010061' + '02000000' + '0000' + '1b' + 'dc05' + '01020000000001' + '0100' + '04c0000201' + '18',
  )
  t.is(encode({ op: 'interface-delete', name: 'é' }), '040200c3a9')
  const key = 0x0102030405060708n
  const object = '05' + '0807060504030201'
  t.is(
    encode({
      op: 'object-set',
      key,
      object: { type: 'adjacency', interface: 'a', nextHop: address('2001:db8::1') },
    }),
    object + '01' + '010061' + '0620010db8000000000000000000000001',
  )
  t.is(encode({ op: 'object-set', key, object: { type: 'glean', interface: 'a' } }), object + '02' + '010061')
  t.is(encode({ op: 'object-set', key, object: { type: 'local', vrf: 1 } }), object + '03' + '01000000')
  t.is(encode({ op: 'object-set', key, object: { type: 'lookup', vrf: 1 } }), object + '07' + '01000000')
  t.is(encode({ op: 'vrf-set', vrf: 5, name: 'red' }), '38' + '05000000' + '0300726564')
  t.is(encode({ op: 'vrf-delete', vrf: 5 }), '39' + '05000000')
  const tunnel: TunnelSpec = {
    kind: 'vxlan',
    vrf: 5,
    source: address('192.0.2.1'),
    remotes: [address('192.0.2.2')],
    key: 100,
    port: 4789,
    checksum: true,
    hopLimit: 64,
    dscp: undefined,
    fragmentsOutside: false,
  }
  t.is(
    encode({ op: 'tunnel-set', name: 't', tunnel }),
    '47010074' + '05' + '05000000' + '04c0000201' + '64000000' + 'b512' + '0340ff' + '0100' + '04c0000202',
  )
  t.is(encode({ op: 'tunnel-delete', name: 't' }), '48010074')
  t.is(encode({ op: 'object-set', key, object: { type: 'drop', kind: 'prohibit' } }), object + '04' + '02')
  t.is(
    encode({ op: 'object-set', key, object: { type: 'group', members: [{ key: 1n, weight: 300 }] } }),
    object + '05' + '0100' + '0100000000000000' + '2c01',
  )
  t.is(
    encode({ op: 'object-set', key, object: { type: 'resolve', kind: 'ike', id: 258, hold: true } }),
    object + '06' + '02' + '02010000' + '00',
  )
  t.is(
    encode({ op: 'object-set', key, object: { type: 'resolve', kind: 'lisp', id: 1, hold: false } }),
    object + '06' + '01' + '01000000' + '01',
  )
  t.is(encode({ op: 'object-delete', key }), '06' + '0807060504030201')
  const prefix = { address: address('10.0.0.0'), length: 8 }
  t.is(
    encode({ op: 'route-set', vrf: 0, prefix, key: 1n }),
    '07' + '00000000' + '040a000000' + '08' + '0100000000000000',
  )
  t.is(encode({ op: 'route-delete', vrf: 0, prefix }), '08' + '00000000' + '040a000000' + '08')
  const mac = new Uint8Array([2, 0, 0, 0, 0, 1])
  t.is(
    encode({ op: 'neighbour-set', interface: 'a', address: address('10.0.0.1'), mac }),
    '09' + '010061' + '040a000001' + '020000000001',
  )
  t.is(
    encode({ op: 'neighbour-delete', interface: 'a', address: address('10.0.0.1') }),
    '0a' + '010061' + '040a000001',
  )
  const plain = { reversePath: undefined, allowDefault: false, redirects: false, unreachables: true } as const
  t.is(
    encode({
      op: 'interface-features-set',
      name: 'a',
      ipv4: { ...plain, reversePath: 'strict', allowDefault: true },
      ipv6: { reversePath: 'loose', allowDefault: false, redirects: true, unreachables: false },
    }),
    '10' + '010061' + '0101' + '0206',
  )
  t.is(encode({ op: 'interface-features-delete', name: 'a' }), '11' + '010061')
  t.is(
    encode({ op: 'punt-policer-set', class: 'routing', rate: 5, burst: undefined }),
    '12' + '03' + '01' + '05000000' + '00000000',
  )
  t.is(
    encode({ op: 'icmp-settings-set', rate: undefined, burst: 256, forwardRouterAlerts: true }),
    '13' + '02' + '00000000' + '00010000' + '01',
  )
  const web = {
    name: 'w',
    action: 'pass',
    source: prefix,
    destination: { address: address('192.0.2.1'), length: 32 },
    protocol: 6,
    sourcePorts: [[1024, 65535]],
    destinationPorts: [
      [80, 80],
      [443, 443],
    ],
    dscp: 46,
    tcpFlags: { flags: 2, mask: 18 },
    fragment: 'first',
    ttl: [1, 5],
    length: [100, 200],
  } as const
  t.is(
    encode({
      op: 'acl-set',
      acl: { name: 'a', family: 4, otherwise: 'reject', entries: [web, { name: 'x', action: 'drop' }] },
    }),
    '0b' +
      '010061' +
      '04' +
      '02' +
      '02000000' +
      '010077' +
      '00' +
      'ff03' +
      '040a000000' +
      '08' +
      '04c0000201' +
      '20' +
      '06' +
      '01' +
      '0004ffff' +
      '02' +
      '50005000' +
      'bb01bb01' +
      '2e' +
      '0212' +
      '02' +
      '0105' +
      '6400c800' +
      '010078' +
      '01' +
      '0000',
  )
  t.is(
    encode({
      op: 'circuit-set',
      interface: 'i',
      circuit: {
        parent: 'p',
        match: 'two-tags',
        tags: [
          { tpid: 0x88a8, vid: 10 },
          { tpid: 0x8100, vid: 300 },
        ],
        pop: 1,
        push: [{ tpid: 0x8100, vid: 5 }],
      },
    }),
    '30' + '010069' + '010070' + '02' + 'a8880a00' + '00812c01' + '01' + '01' + '00810500',
  )
  t.is(encode({ op: 'circuit-delete', interface: 'i' }), '31' + '010069')
  t.is(
    encode({ op: 'cross-connect-set', name: 'x', interfaces: ['a', 'b'] }),
    '32' + '010078' + '010061' + '010062',
  )
  t.is(encode({ op: 'cross-connect-delete', name: 'x' }), '33' + '010078')
  t.is(
    encode({
      ...{
        op: 'mirror-set',
        name: 'm',
        destination: 'd',
        rate: 258,
        filter: Buffer.from('0600000001000000', 'hex'),
      },
      sources: [
        { interface: 'i', direction: 'in' },
        { interface: 'o', direction: 'both' },
      ],
    }),
    '51' +
      '01006d' +
      '010064' +
      '02010000' +
      '08000600000001000000' +
      '0200' +
      '010069' +
      '01' +
      '01006f' +
      '03',
  )
  t.is(encode({ op: 'mirror-delete', name: 'm' }), '52' + '01006d')
  t.is(encode({ op: 'acl-delete', name: 'a' }), '0c' + '010061')
  t.is(
    encode({ op: 'acl-bind', interface: 'i', direction: 'out', family: 6, acl: 'a' }),
    '0d' + '010069' + '01' + '06' + '010061',
  )
  t.is(
    encode({ op: 'acl-bind', interface: 'i', direction: 'in', family: 4, acl: undefined }),
    '0d' + '010069' + '00' + '04' + '0000',
  )
  t.is(
    encode({ op: 'workers-set', count: 3, cpus: [{ worker: 2, cpu: 258 }] }),
    '20' + '03' + '01' + '02' + '0201',
  )
  t.is(
    encode({
      ...{ op: 'port-settings-set', name: 'p1', driver: 'auto', rxQueues: 2, workers: [2, 0] },
      fastPath: 'xdp',
    }),
    '21' + '02007031' + '04006175746f' + '02' + '02' + '0200' + '02',
  )
  t.is(encode({ op: 'port-settings-delete', name: 'p1' }), '22' + '02007031')
  t.is(encode({ op: 'records', bytes: Buffer.from('0202007031', 'hex') }), '0202007031')
  t.is(encode({ op: 'slot-set', slot: 258 }), '5a' + '0201')
  const link = {
    interface: 'f',
    address: Buffer.from([192, 0, 2, 1]),
    mac: Buffer.from('020000000001', 'hex'),
  }
  t.is(
    encode({
      ...{
        op: 'fabric-set',
        kind: 'pbb',
        vrf: 65535,
        mtu: 9000,
        port: 4789,
        vlan: 5,
        interval: 300,
        multiplier: 3,
      },
      members: [{ slot: 1, links: [link, { interface: 'g' }] }],
    }),
    '5b' +
      '03' +
      'ffff0000' +
      '2823' +
      'b512' +
      '0500' +
      '2c01' +
      '03' +
      '0100' +
      '0100' +
      '02' +
      ('010066' + '03' + '04c0000201' + '020000000001') +
      ('010067' + '00'),
  )
  t.is(encode({ op: 'fabric-delete' }), '5c')
  t.is(encode({ op: 'port-place-set', name: 'p', slot: 1 }), '5d' + '010070' + '0100')
  t.is(
    encode({ op: 'fabric-key-set', of: 'bridge', name: 'd', key: 66051 }),
    '5e' + '02' + '010064' + '03020100',
  )
})

test('kinds are numbered as in records.h', (t) => {
  const file = fileURLToPath(new URL('../../../dataplane/engine/program/records.h', import.meta.url))
  const kinds = [...readFileSync(file, 'utf8').matchAll(/^ {4}(\w+_(?:set|delete|bind)) = (\d+),/gm)]
  t.deepEqual(
    kinds.map(([, name, number]) => `${name} ${number}`),
    [
      'port_set 1',
      'port_delete 2',
      'interface_set 3',
      'interface_delete 4',
      'object_set 5',
      'object_delete 6',
      'route_set 7',
      'route_delete 8',
      'neighbour_set 9',
      'neighbour_delete 10',
      'acl_set 11',
      'acl_delete 12',
      'acl_bind 13',
      'interface_features_set 16',
      'interface_features_delete 17',
      'punt_policer_set 18',
      'icmp_settings_set 19',
      'workers_set 32',
      'port_settings_set 33',
      'port_settings_delete 34',
      'circuit_set 48',
      'circuit_delete 49',
      'cross_connect_set 50',
      'cross_connect_delete 51',
      'vrf_set 56',
      'vrf_delete 57',
      'bridge_set 61',
      'bridge_delete 62',
      'tunnel_set 71',
      'tunnel_delete 72',
      'mirror_set 81',
      'mirror_delete 82',
      'slot_set 90',
      'fabric_set 91',
      'fabric_delete 92',
      'port_place_set 93',
      'fabric_key_set 94',
    ],
  )
})

test('what no record can say is refused', (t) => {
  const bad: Operation[] = [
    { op: 'neighbour-delete', interface: 'a', address: new Uint8Array(5) },
    { op: 'neighbour-set', interface: 'a', address: new Uint8Array(4), mac: new Uint8Array(5) },
    { op: 'route-delete', vrf: -1, prefix: { address: new Uint8Array(4), length: 0 } },
    { op: 'route-delete', vrf: 0, prefix: { address: new Uint8Array(4), length: 256 } },
    { op: 'port-delete', name: 'x'.repeat(70_000) },
    { op: 'records', bytes: new Uint8Array(9 << 20) },
  ]
  for (const operation of bad) t.throws(() => encode(operation), { instanceOf: RangeError }, operation.op)
})

test('many operations come in blocks of whole records and at most 1 MiB', (t) => {
  const size = 19
  const count = 200_000
  const packed = Buffer.concat([...encodeRecords([route(1), route(2)])])
  let total = 0
  function* operations(): Generator<Operation> {
    for (let i = 0; i < count; i++) {
      yield route(i)
      if (i % 50_000 === 0) yield { op: 'records', bytes: packed }
    }
  }
  const blocks = [...encodeRecords(operations())]
  for (const block of blocks) {
    t.true(block.length <= 1 << 20)
    t.is(block.length % size, 0)
    t.is(block[0], 7)
    total += block.length / size
  }
  t.is(total, count + 2 * 4)
  t.is(new Set(blocks.map((block) => block.buffer)).size, blocks.length)
})
