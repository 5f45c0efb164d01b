/**
 * Super-packets of hosts that use all their offloads, on every way on which somebody does not take them: a smaller MTU, a device
 * without offloads, tunnels of the hosts' own (the super-packet of TCP is inside then, and the engine routes what is around it).
 * All arrives as it was sent, nothing is dropped on the way, and it is not by chance: super-packets came to the engine.
 */
import test, { type ExecutionContext } from 'ava'
import { addresses, Router, until } from '../lab/router.js'
import type { Host } from '../lab/lab.js'
import { superDatagrams, transfer } from './traffic.js'

const mebibytes = 16
let router: Router

test.before(async () => {
  router = await Router.start()
})
test.after.always(() => router?.[Symbol.asyncDispose]())

/** What ports and engine have lost so far. */
async function lost() {
  const { ports, interfaces, drops } = await router.member.state({
    ...{ ports: true, interfaces: true, drops: true },
  })
  return {
    ports: ports.map(({ name, counters: { rxDropped, txDropped } }) => [name, rxDropped, txDropped]),
    interfaces: interfaces.map(({ name, counters: c }) => [name, c.outDiscards, c.outErrors, c.inErrors]),
    segment: drops.filter(({ node, packets }) => node === 'segment' && packets > 0n),
  }
}

async function received(port: string): Promise<{ packets: bigint; octets: bigint }> {
  const { ports } = await router.member.state({ ports: true })
  const { rxPackets, rxOctets } = ports.find(({ name }) => name === port)!.counters
  return { packets: rxPackets, octets: rxOctets }
}

/** A file from h1 to h2 and back, by these addresses of theirs. */
async function bothWays(t: ExecutionContext, h1At: string, h2At: string): Promise<void> {
  t.true(await router.h1.pings(h2At))
  const before = await lost()
  for (const [from, to, at, port] of [
    [router.h1, router.h2, h2At, 'p1'],
    [router.h2, router.h1, h1At, 'p2'],
  ] as const) {
    const start = await received(port)
    const { octets, same, retransmits } = await transfer(from, to, at, mebibytes)
    t.true(same)
    t.is(octets, mebibytes << 20)
    t.log(`${at}: ${retransmits} segments sent again`)
    const end = await received(port)
    const mean = Number(end.octets - start.octets) / Number(end.packets - start.packets)
    t.true(mean > 2000, `frames of ${mean.toFixed(0)} octets on average are not super-packets`)
  }
  t.deepEqual(await lost(), before)
}

/** Everything of the device that segments or sums is off, so that its kernel takes nothing that is not finished. */
async function offloads(host: Host, device: string, state: 'on' | 'off'): Promise<void> {
  await host.exec('ethtool', '-K', device, 'tx', state, 'tso', state, 'gso', state, 'gro', state)
}

for (const [family, at] of [
  ['IPv4', 0],
  ['IPv6', 1],
] as const) {
  test.serial(`a link with a smaller MTU behind the engine, ${family}`, async (t) => {
    const ports = await router.lab.host('ports')
    await ports.ip('link', 'set', 'p2', 'mtu', '1400')
    await until('the interface follows', async () => {
      const { interfaces } = await router.member.state({ interfaces: true, interface: 'p2' })
      return interfaces[0]?.mtu === 1400
    })
    // h2 has said that it takes segments of 1500: the engine's errors tell h1 of less.
    const { same, octets } = await transfer(router.h1, router.h2, addresses.h2[at], mebibytes)
    t.true(same && octets === mebibytes << 20)
    t.deepEqual((await lost()).segment, [])
    await ports.ip('link', 'set', 'p2', 'mtu', '1500')
    await router.h1.ip(at === 0 ? '-4' : '-6', 'route', 'flush', 'cache')
  })

  test.serial(`a port and a host without offloads, ${family}`, async (t) => {
    const ports = await router.lab.host('ports')
    await offloads(ports, 'p2', 'off')
    await offloads(router.h2, 'eth0', 'off')
    const before = await lost()
    for (const [from, to, where] of [
      [router.h1, router.h2, addresses.h2[at]],
      [router.h2, router.h1, addresses.h1[at]],
    ] as const)
      t.true((await transfer(from, to, where, mebibytes)).same)
    const datagrams = await superDatagrams(router.h1, router.h2, addresses.h2[at], {
      ...{ size: 1200, count: 40, times: 10 },
    })
    t.deepEqual(datagrams, { sent: 400, received: 400, right: 400 })
    t.deepEqual(await lost(), before)
    await offloads(ports, 'p2', 'on')
    await offloads(router.h2, 'eth0', 'on')
  })
}

for (const [outer, at] of [
  ['IPv4', 0],
  ['IPv6', 1],
] as const) {
  for (const sum of [false, true]) {
    test.serial(
      `TCP in a VXLAN of the hosts over ${outer}, ${sum ? 'with' : 'without'} outer UDP checksums`,
      async (t) => {
        const sums =
          at === 0
            ? [sum ? 'udpcsum' : 'noudpcsum']
            : sum
              ? ['noudp6zerocsumtx', 'noudp6zerocsumrx']
              : ['udp6zerocsumtx', 'udp6zerocsumrx']
        for (const [host, local, remote, last] of [
          [router.h1, addresses.h1[at], addresses.h2[at], 1],
          [router.h2, addresses.h2[at], addresses.h1[at], 2],
        ] as const) {
          const tunnel = ['type', 'vxlan', 'id', '7', 'dstport', '4789', 'dev', 'eth0']
          await host.ip('link', 'add', 'vx0', ...tunnel, 'local', local, 'remote', remote, ...sums)
          await host.ip('addr', 'add', `10.7.0.${last}/24`, 'dev', 'vx0')
          await host.ip('addr', 'add', `fd07::${last}/64`, 'dev', 'vx0', 'nodad')
          await host.ip('link', 'set', 'vx0', 'up')
        }
        await bothWays(t, '10.7.0.1', '10.7.0.2')
        await bothWays(t, 'fd07::1', 'fd07::2')
        const datagrams = await superDatagrams(router.h1, router.h2, '10.7.0.2', {
          ...{ size: 1200, count: 40, times: 10 },
        })
        t.deepEqual(datagrams, { sent: 400, received: 400, right: 400 })
        for (const host of [router.h1, router.h2]) await host.ip('link', 'del', 'vx0')
      },
    )
  }
}
