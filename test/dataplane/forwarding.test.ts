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
