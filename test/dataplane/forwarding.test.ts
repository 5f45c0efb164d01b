import { isDeepStrictEqual } from 'node:util'
import test from 'ava'
import { address, addresses, Router, until } from '../lab/router.js'
import { UdpStream } from '../lab/udp-stream.js'

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

  test.serial(`a stream of datagrams arrives whole over ${family}`, async (t) => {
    await using router = await Router.start()
    // Of packets to a neighbour that has not answered yet, only some wait.
    t.true(await router.h1.pings(addresses.h2[at]))
    await counted(router, 1000, async () => {
      const stream = await UdpStream.start(router.h1, router.h2, addresses.h2[at], 2000)
      await new Promise((resolve) => setTimeout(resolve, 1000))
      const { sent, received, repeated } = await stream.stop()
      t.true(sent >= 1000)
      t.is(received, sent)
      t.is(repeated, 0)
    })
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

test.serial('TCP passes in super-packets', async (t) => {
  await using router = await Router.start()
  const server = router.h2.spawn('iperf3', '--server', '--one-off', '--json')
  await until(
    'iperf3 listens',
    async () => (await router.h2.exec('ss', '-Hltn', 'sport', '=', '5201')) !== '',
  )
  const output = await router.h1.exec('iperf3', '--client', addresses.h2[0], '--time', '2', '--json')
  const { end } = JSON.parse(output) as { end: { sum_received: { bits_per_second: number } } }
  const gigabits = end.sum_received.bits_per_second / 1e9
  t.log(`one TCP stream: ${gigabits.toFixed(1)} Gbit/s`)
  t.true(gigabits > 0.1)
  const { ports } = await router.member.state({ ports: true })
  const p1 = ports.find(({ name }) => name === 'p1')!.counters
  const mean = Number(p1.rxOctets) / Number(p1.rxPackets)
  t.true(mean > 1600, `frames of ${mean.toFixed(0)} octets on average are not super-packets`)
  server.kill()
})

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
  t.like(holds.find(({ kind }) => kind === 'lisp')?.counters, { packets: 1n, events: 1n, expired: 0n })
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

test.serial(
  'a device that is taken away is said to be gone, and used again when it comes back',
  async (t) => {
    await using router = await Router.start()
    const presence = async () =>
      (await router.member.state({ interfaces: true, interface: 'p2' })).interfaces[0]?.present
    t.true(await presence())
    await router.h2.ip('link', 'del', 'eth0')
    await until('p2 is gone', async () => (await presence()) === false)
    const ports = await router.lab.host('ports')
    await router.lab.link(
      router.h2,
      { name: 'eth0', addresses: [`${addresses.h2[0]}/24`, `${addresses.h2[1]}/64`] },
      ports,
      { name: 'p2' },
    )
    await router.h2.ip('route', 'add', 'default', 'via', addresses.p2[0])
    await until('p2 is back', async () => (await presence()) === true)
    t.true(await router.h1.pings(addresses.h2[0]))
  },
)

test.serial('a VLAN tag passes a port unharmed in both directions of the kernel interface', async (t) => {
  await using router = await Router.start()
  const before = (await router.member.state({ ports: true })).ports.find(
    ({ name }) => name === 'p1',
  )!.counters
  const script = [
    'import socket, struct',
    's = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)',
    's.bind(("eth0", 0))',
    'frame = b"\\x02\\0\\0\\0\\0\\x01" + b"\\x02\\0\\0\\0\\0\\x02" + struct.pack("!HHH", 0x8100, 5, 0x0800) + b"E" * 60',
    's.send(frame)',
  ]
  await router.h1.exec('/usr/bin/python3', '-c', script.join('\n'))
  await until('the frame is counted', async () => {
    const state = await router.member.state({ ports: true, drops: true })
    return state.ports.find(({ name }) => name === 'p1')!.counters.rxPackets > before.rxPackets
  })
  const { drops } = await router.member.state({ drops: true })
  t.true(
    drops.some(
      ({ node, reason, packets }) =>
        node === 'ethernet-input' && /vlan|destination/.test(reason) && packets > 0n,
    ),
  )
})
