/**
 * VLAN sub-interfaces over devices of Linux. Frames with tags are made and read by scapy, which knows nothing of the engine; TCP of
 * the hosts goes from one VRF of the engine over a wire with tags into another one, in super-packets.
 *
 *   h1 --- p1 (VRF 0) p3.x ---tags--- p4.x (VRF 5) p2 --- h2
 */
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import type { CircuitSpec, Operation, VlanTag } from '../../dataplane/client/index.js'
import { prefixOf } from '../../src/rib/address.js'
import { address, addresses, keys, Router, until } from '../lab/router.js'
import { transfer } from './traffic.js'

const script = resolve(fileURLToPath(import.meta.url), '../../../../test/drivers/circuits.py')
const mebibytes = 8
const q = (vid: number): VlanTag => ({ tpid: 0x8100, vid })
const ad = (vid: number): VlanTag => ({ tpid: 0x88a8, vid })
let router: Router

test.before(async () => {
  router = await Router.start()
})
test.after.always(() => router?.[Symbol.asyncDispose]())

function circuit(parent: string, tags: readonly VlanTag[]): CircuitSpec {
  return { parent, match: tags.length === 2 ? 'two-tags' : 'tag', tags, pop: 0, push: [] }
}

function interfaceSet(
  name: string,
  port: string | undefined,
  vrf: number,
  ...at: readonly string[]
): Operation {
  const forwards = at.length > 0
  return {
    op: 'interface-set',
    interface: {
      ...{ name, port, vrf, enabled: true, mtu: 0 },
      ...{ ipv4: forwards, ipv6: forwards, ipv4Forwarding: forwards, ipv6Forwarding: forwards },
      addresses: at.map((text) => ({ address: address(text), length: text.includes(':') ? 64 : 24 })),
    },
  }
}

function route(vrf: number, to: string, key: bigint): Operation {
  const at = address(to)
  return { op: 'route-set', vrf, prefix: prefixOf(at, at.length === 4 ? 24 : 64), key }
}

const textOf = ({ tpid, vid }: VlanTag): string => `${tpid === 0x8100 ? 'c-vlan' : 's-vlan'}:${vid}`

test.serial('a host that tags its frames is answered with the same tags', async (t) => {
  const stacks = [[q(10)], [ad(20)], [ad(30), q(31)], [q(40), q(41)]]
  await router.commit(
    stacks.flatMap((tags, n): Operation[] => [
      interfaceSet(`p1.${n}`, undefined, 0, `10.1.${n}.1`),
      { op: 'circuit-set', interface: `p1.${n}`, circuit: circuit('p1', tags) },
      { op: 'object-set', key: BigInt(100 + n), object: { type: 'glean', interface: `p1.${n}` } },
      route(0, `10.1.${n}.0`, BigInt(100 + n)),
      {
        ...{ op: 'route-set', vrf: 0, key: keys.local },
        prefix: { address: address(`10.1.${n}.1`), length: 32 },
      },
    ]),
  )
  const { interfaces } = await router.member.state({ interfaces: true, interface: 'p1' })
  const mac = [...(interfaces[0]?.mac ?? [])].map((octet) => octet.toString(16).padStart(2, '0')).join(':')
  const cases = stacks.map((tags, n) => [`10.1.${n}.1`, `10.1.${n}.9`, ...tags.map(textOf)].join(','))
  const said = await router.h1.exec('/usr/bin/python3', script, mac, ...cases)
  t.deepEqual(
    said.trim().split('\n'),
    stacks.flatMap((tags, n) => {
      const words = tags.map(textOf).join(' ')
      return [`arp ${mac} ${words}`, `echo 10.1.${n}.1 ${words}`]
    }),
  )
  const { drops } = await router.member.state({ drops: true })
  const strangers = drops.find(
    ({ reason, node }) => node === 'circuit-input' && reason.startsWith('vlan-tag'),
  )
  t.is(strangers?.packets, 0n)
})

for (const tags of [[q(10)], [ad(10)], [q(10), q(11)], [ad(10), q(11)]]) {
  const extra = 4 * tags.length - (tags[0]?.tpid === 0x8100 ? 4 : 0)
  test.serial(`TCP between hosts over a wire with tags ${tags.map(textOf).join(', ')}`, async (t) => {
    const ports = await router.lab.host('ports')
    await ports.ip('link', 'add', 'p3', 'type', 'veth', 'peer', 'name', 'p4')
    const before = router.tables
    router.tables = [
      ...before.map((operation) =>
        operation.op === 'interface-set' && operation.interface.name === 'p2'
          ? { ...operation, interface: { ...operation.interface, vrf: 5 } }
          : operation,
      ),
      { op: 'vrf-set', vrf: 5, name: 'far' },
      { op: 'object-set', key: 50n, object: { type: 'local', vrf: 5 } },
      ...(['p3', 'p4'] as const).flatMap((name, n): Operation[] => {
        const [vrf, next] = [n * 5, [3, 4][1 - n]]
        const own = [`10.9.0.${n + 3}`, `2001:db8:9::${n + 3}`]
        const far = [`10.9.0.${next}`, `2001:db8:9::${next}`]
        return [
          { op: 'port-set', name, driver: 'af_packet', device: name },
          interfaceSet(name, name, vrf),
          interfaceSet(`${name}.x`, undefined, vrf, ...own),
          { op: 'circuit-set', interface: `${name}.x`, circuit: circuit(name, tags) },
          { op: 'object-set', key: BigInt(30 + n), object: { type: 'glean', interface: `${name}.x` } },
          ...[0, 1].flatMap((family): Operation[] => [
            {
              ...{ op: 'object-set', key: BigInt(60 + 2 * n + family) },
              object: { type: 'adjacency', interface: `${name}.x`, nextHop: address(far[family] as string) },
            },
            route(vrf, own[family] as string, BigInt(30 + n)),
            route(vrf, addresses[n === 0 ? 'p2' : 'p1'][family] as string, BigInt(60 + 2 * n + family)),
          ]),
        ]
      }),
      ...addresses.p2.map((text) => route(5, text, keys.p2)),
      ...addresses.p2.map((text): Operation => {
        const at = address(text)
        return { op: 'route-set', vrf: 5, prefix: { address: at, length: at.length * 8 }, key: 50n }
      }),
    ]
    await router.commit(router.tables, { full: true })
    const octetsAt = async (port: string) => {
      const { ports: all } = await router.member.state({ ports: true })
      return all.find(({ name }) => name === port)!.counters
    }
    try {
      await until('the wire is up', () => router.h1.pings(addresses.h2[0]))
      for (const at of [0, 1] as const) {
        for (const [from, to, where, port] of [
          [router.h1, router.h2, addresses.h2[at], 'p4'],
          [router.h2, router.h1, addresses.h1[at], 'p3'],
        ] as const) {
          const start = await octetsAt(port)
          const { octets, same } = await transfer(from, to, where, mebibytes)
          t.true(same && octets === mebibytes << 20)
          const end = await octetsAt(port)
          const mean = Number(end.rxOctets - start.rxOctets) / Number(end.rxPackets - start.rxPackets)
          t.true(mean > 2000, `frames of ${mean.toFixed(0)} octets on average are not super-packets`)
        }
      }
      const pings = (size: number) =>
        router.h1
          .exec('ping', '-n', '-c', '1', '-W', '2', '-M', 'do', '-s', String(size), addresses.h2[0])
          .then(
            () => true,
            () => false,
          )
      t.true(await pings(1472 - extra))
      if (extra > 0) t.false(await pings(1472 - extra + 1))
      const { interfaces } = await router.member.state({ interfaces: true })
      const mtu = (name: string) => interfaces.find((one) => one.name === name)?.mtu
      t.is(mtu('p3.x'), 1500 - extra)
      const [parent, child] = ['p3', 'p3.x'].map(
        (name) => interfaces.find((one) => one.name === name)?.counters,
      )
      t.is(parent?.outOctets, child?.outOctets)
      const { ports: all } = await router.member.state({ ports: true })
      t.deepEqual(
        all.map(({ counters }) => [counters.rxDropped, counters.txDropped]),
        all.map(() => [0n, 0n]),
      )
    } finally {
      router.tables = before
      await router.commit(before, { full: true })
      await ports.ip('link', 'del', 'p3')
      await router.h1.ip('route', 'flush', 'cache')
    }
  })
}
