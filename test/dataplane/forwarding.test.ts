import { isDeepStrictEqual } from 'node:util'
import test from 'ava'
import { address, addresses, Router, until } from '../lab/router.js'

/** What h1 sends to h2 passes the engine and no kernel: its counters move by at least `packets`, the kernel's stay 0. */
async function counted(router: Router, packets: number, work: () => Promise<void>): Promise<void> {
  const forwarded = async () => {
    const { interfaces } = await router.member.state({ interfaces: true })
    return interfaces.reduce((sum, { counters }) => sum + counters.forwarded4 + counters.forwarded6, 0n)
  }
  const before = await forwarded()
  await work()
  const count = (await forwarded()) - before
  if (count < BigInt(packets)) throw new Error(`the engine forwarded ${count} packets, not ${packets}`)
  for (const host of [router.chassis, await router.lab.host('ports')]) {
    const kernel = await host.counter('Ip', 'ForwDatagrams')
    if (kernel !== 0) throw new Error(`the kernel of ${host.name} forwarded ${kernel} packets`)
  }
}

for (const [family, at] of [
  ['IPv4', 0],
  ['IPv6', 1],
] as const) {
  test.serial(`hosts reach each other, the router and nothing else over ${family}`, async (t) => {
    await using router = await Router.start()
    await counted(router, 10, async () => {
      t.true(await router.h1.pings(addresses.h2[at], { count: 5 }))
      t.true(await router.h2.pings(addresses.h1[at], { count: 5 }))
    })
    t.true(await router.h1.pings(addresses.p1[at]))
    t.true(await router.h1.pings(addresses.p2[at]))
    t.false(await router.h1.pings(at === 0 ? '203.0.113.1' : '2001:db8:99::1', { seconds: 1 }))
  })

  test.serial(
    `the router's own host reaches its neighbours over ${family}, by way of the engine`,
    async (t) => {
      await using router = await Router.start()
      t.true(await router.chassis.pings(addresses.h1[at], { count: 3 }))
      t.true(await router.chassis.pings(addresses.h2[at], { count: 3 }))
    },
  )
}

test.serial('link state, counters and neighbours are told as they are', async (t) => {
  await using router = await Router.start()
  t.true(await router.h1.pings(addresses.h2[0]))
  const { interfaces, neighbours, ports, drops, statistics } = await router.member.state({
    interfaces: true,
    neighbours: true,
    ports: true,
    drops: true,
    statistics: true,
  })
  t.deepEqual(
    interfaces.map(({ name, operUp, mtu, driver }) => ({ name, operUp, mtu, driver })),
    ['p1', 'p2'].map((name) => ({ name, operUp: true, mtu: 1500, driver: 'af_packet' })),
  )
  t.deepEqual(ports.map(({ name, up, present }) => ({ name, up, present })).sort(), [
    { name: 'p1', up: true, present: true },
    { name: 'p2', up: true, present: true },
  ])
  t.true(
    neighbours.some(({ interface: name, address }) => name === 'p1' && address.join('.') === addresses.h1[0]),
  )
  t.true(drops.length > 10)
  t.is(statistics?.commit, BigInt(router.member.commit))

  const { nodes } = await router.member.state({ nodes: true })
  const lookup = nodes.find(({ node }) => node === 'ip4-lookup')
  t.true(lookup && lookup.packets >= 2n && lookup.bursts > 0n)
  const page = (await router.member.state({ objects: { from: 0, most: 2 } })).objects
  t.is(page?.objects.length, 2)
  const rest = (await router.member.state({ objects: { from: page?.next ?? 0, most: 4096 } })).objects
  t.is(rest?.next, undefined)
  const objects = [...(page?.objects ?? []), ...(rest?.objects ?? [])]
  t.is(BigInt(objects.length), statistics?.objects ?? 0n)
  const used = objects.find(({ type, interface: name }) => type === 'glean' && name === 'p2')
  t.true(used && used.packets > 0n && used.octets >= 84n && used.routes > 0)
  const [named] = (await router.member.state({ objects: { key: used?.key ?? 0n } })).objects?.objects ?? []
  t.is(named?.key, used?.key)
  t.deepEqual((await router.member.state({ objects: { key: 4711n } })).objects?.objects, [])

  const only = await router.member.state({ interfaces: true, interface: 'p2' })
  t.deepEqual(
    only.interfaces.map(({ name }) => name),
    ['p2'],
  )

  const prefix = { address: address(addresses.h2[0]), length: 32 }
  await router.commit([
    { op: 'object-set', key: 50n, object: { type: 'resolve', kind: 'lisp', id: 7, hold: true } },
    { op: 'route-set', vrf: 0, prefix, key: 50n },
  ])
  const ping = router.h1.pings(addresses.h2[0])
  await until('an event that says what to resolve', () =>
    router.events.some(
      (event) =>
        event.kind === 'resolve' &&
        isDeepStrictEqual(
          {
            ...event.miss,
            source: event.miss.source.join('.'),
            destination: event.miss.destination.join('.'),
          },
          {
            ...{ kind: 'lisp', id: 7, vrf: 0, source: addresses.h1[0], destination: addresses.h2[0] },
            ...{ protocol: 1, sourcePort: 0, destinationPort: 0 },
          },
        ),
    ),
  )
  const { holds } = await router.member.state({ holds: true })
  // ping asks again each second until it is answered.
  const { packets = 0n, events = 0n, expired } = holds.find(({ kind }) => kind === 'lisp')?.counters ?? {}
  t.true(packets >= 1n && events >= 1n)
  t.is(expired, 0n)
  await router.commit([{ op: 'route-delete', vrf: 0, prefix }])
  t.true(await ping)

  await router.h1.ip('link', 'set', 'eth0', 'down')
  await until('a link event', () =>
    router.events.some((event) => event.kind === 'link' && event.interface === 'p1' && !event.up),
  )
  const state = await router.member.state({ interfaces: true, interface: 'p1' })
  t.false(state.interfaces[0]?.operUp)
  await router.h1.ip('link', 'set', 'eth0', 'up')
  await router.h1.ip('route', 'replace', 'default', 'via', addresses.p1[0])
  t.true(await router.h1.pings(addresses.h2[0]))
})

/**
 * Another member of a chassis, as docs/chassis.md says what it sends: hellos from the device of key 0, until its input ends. Its port
 * has the key 23.
 */
const otherMember = `
import select, socket, struct, sys, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(('vx0', 0))
key, up, mac, mtu = bytes([0, 0, 23]), b'\\1', bytes.fromhex('020000000017'), struct.pack('>H', 1400)
head = struct.pack('>BBHIHBB', 1, 1, 1, int(time.time()), 1, 1, 0)
frame = b'\\2' + bytes(5) + mac + b'\\x88\\xb5' + head + key + up + mac + mtu
while not select.select([sys.stdin], [], [], 0.1)[0]: s.send(frame)
`

test.serial('a VXLAN of Linux is the other end of the fabric, under the keys of ports', async (t) => {
  await using router = await Router.start()
  const { h1, h2 } = router
  const [own, other] = [addresses.p2[0], addresses.h2[0]]
  const far = {
    name: '1/far',
    address: address('203.0.113.1'),
    peer: '203.0.113.2',
    mac: '02:00:00:00:00:18',
  }
  const interfaceOf = {
    ...{ vrf: 0, enabled: true, ipv4: true, ipv6: false, ipv4Forwarding: true, ipv6Forwarding: false },
    mtu: 0,
  }
  const link = (name: string, at: string) => [{ interface: name, address: address(at) }]
  await router.commit([
    { op: 'port-place-set', name: 'far', slot: 1 },
    {
      op: 'interface-set',
      interface: {
        ...interfaceOf,
        name: far.name,
        port: 'far',
        addresses: [{ address: far.address, length: 24 }],
      },
    },
    { op: 'fabric-key-set', of: 'interface', name: far.name, key: 23 },
    { op: 'fabric-key-set', of: 'interface', name: 'p1', key: 7 },
    {
      ...{
        op: 'fabric-set',
        kind: 'vxlan',
        vrf: 0,
        mtu: 0,
        port: 4789,
        vlan: 0,
        interval: 300,
        multiplier: 3,
      },
      members: [
        { slot: 0, links: link('p2', own) },
        { slot: 1, links: link('far0', other) },
      ],
    },
    {
      op: 'neighbour-set',
      interface: far.name,
      address: address(far.peer),
      mac: Buffer.from(far.mac.replaceAll(':', ''), 'hex'),
    },
    { op: 'object-set', key: 23n, object: { type: 'glean', interface: far.name } },
    { op: 'route-set', vrf: 0, prefix: { address: address('203.0.113.0'), length: 24 }, key: 23n },
  ])
  // Frames under 23 leave by its port, which is the device itself; what it has for p1 goes under that one's.
  for (const [key, mac] of [
    [0, '02:00:00:00:00:19'],
    [7, '02:00:00:00:00:17'],
    [23, far.mac],
  ] as const) {
    const device = `vx${key}`
    const ends = ['local', other, 'remote', own, 'dstport', '4789']
    await h2.ip('link', 'add', device, 'address', mac, 'type', 'vxlan', 'id', String(key), ...ends)
    await h2.ip('link', 'set', device, 'mtu', '1400', 'up')
  }
  const mac = JSON.parse(await h1.ip('-j', 'link', 'show', 'eth0')) as { address: string }[]
  await h2.ip('addr', 'add', `${far.peer}/32`, 'dev', 'vx23')
  await h2.ip('route', 'add', `${addresses.h1[0]}/32`, 'dev', 'vx7', 'src', far.peer)
  await h2.ip('neigh', 'add', addresses.h1[0], 'lladdr', mac[0]?.address ?? '', 'dev', 'vx7')
  for (const device of ['all', 'vx7', 'vx23'])
    await h2.exec('sh', '-c', `echo 0 > /proc/sys/net/ipv4/conf/${device}/rp_filter`)
  const member = h2.spawn('/usr/bin/python3', '-c', otherMember)
  const up = async () => {
    const { interfaces } = await router.member.state({ interfaces: true, interface: far.name })
    return interfaces[0]?.operUp === true
  }
  await until('the far port is up', up)
  const { interfaces } = await router.member.state({ interfaces: true, interface: far.name })
  t.is(interfaces[0]?.mtu, 1400)
  t.true(await h1.pings(far.peer, { count: 5 }))
  t.true(await h1.pings(far.peer, { count: 1 }))
  const large = ['ping', '-n', '-c', '1', '-w', '5', '-M', 'do', '-s']
  await h1.exec(...large, '1372', far.peer)
  await t.throwsAsync(h1.exec(...large, '1373', far.peer), { message: /mtu\s*=\s*1400|too long/i })
  member.stdin?.end()
  await until('the far port is down', async () => !(await up()))
})
