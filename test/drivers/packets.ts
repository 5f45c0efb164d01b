/** Cases of a driver: what hosts send to each other comes as it was sent, and is counted exactly. */
import test from 'ava'
import { formatMac } from '../../src/rib/index.js'
import { addresses, until } from '../lab/router.js'
import { difference, type Counts } from './counts.js'
import type { Subject } from './subject.js'
import { datagrams, python, superDatagrams, transfer } from './traffic.js'

export function packetCases({
  driver,
  superPackets,
  h1,
  h2,
  title,
  portState,
  counts,
  quietCounts,
  dropsOf,
  reaches,
}: Subject): void {
  test.serial(title('it serves the port, and says of no other driver that it does'), async (t) => {
    t.true(await reaches())
    t.is((await portState('p1')).driver, driver)
    for (const other of (await portState('p1')).others) {
      t.not(other.name, driver)
      t.is(other.reason, 'not asked for')
    }
  })

  test.serial(
    title('small, large and fragmented datagrams pass both ways, counted exactly at port and interface'),
    async (t) => {
      t.true(await reaches())
      const before = await quietCounts()
      const load = { seconds: 0.3, rate: 1000 }
      const streams = await Promise.all(
        [18, 1400, 4000].flatMap((payload) =>
          ([0, 1] as const).flatMap((at) => [
            datagrams(h1, h2, addresses.h2[at], { ...load, payload }),
            datagrams(h2, h1, addresses.h1[at], { ...load, payload }),
          ]),
        ),
      )
      for (const { sent, received, reordered } of streams) {
        t.true(sent > 100)
        t.deepEqual({ received, reordered }, { received: sent, reordered: 0 })
      }
      // The kernels of the hosts may say a word of their own meanwhile: until it has been counted by both.
      const exact = (now: Counts) =>
        ([0, 1] as const).every((at) => {
          const [host, port, its] = (['host', 'port', 'interface'] as const).map((of) =>
            JSON.stringify(difference(now, before, at, of)),
          )
          return host === port && port === its
        })
      await until('hosts, ports and interfaces have counted the same', async () =>
        exact(await counts()),
      ).catch(async () => {
        const now = await counts()
        for (const at of [0, 1] as const)
          for (const of of ['port', 'interface'] as const)
            t.deepEqual(difference(now, before, at, of), difference(now, before, at, 'host'), `${of} ${at}`)
      })
      const after = await counts()
      t.deepEqual([after[0].lost, after[1].lost], [before[0].lost, before[1].lost])
    },
  )

  test.serial(title('TCP of both families passes both ways, without loss'), async (t) => {
    t.true(await reaches())
    const before = await portState('p1')
    for (const at of [0, 1] as const) {
      for (const [from, to, where] of [
        [h1, h2, addresses.h2[at]],
        [h2, h1, addresses.h1[at]],
      ] as const) {
        const { octets, same, retransmits } = await transfer(from, to, where, 24)
        t.true(same)
        t.is(octets, 24 << 20)
        // The kernels' own doing: packets of two processors overtake each other between veth devices, whoever routes.
        t.log(`${where}: ${retransmits} segments sent again`)
      }
    }
    const after = await portState('p1')
    const mean = (direction: 'rx' | 'tx') =>
      Number(after.counters[`${direction}Octets`] - before.counters[`${direction}Octets`]) /
      Number(after.counters[`${direction}Packets`] - before.counters[`${direction}Packets`])
    t.is(
      after.counters.rxDropped + after.counters.txDropped,
      before.counters.rxDropped + before.counters.txDropped,
    )
    if (superPackets) t.true(mean('rx') > 1600 && mean('tx') > 1600, `${mean('rx')} and ${mean('tx')} octets`)
  })

  test.serial(title('super-datagrams of UDP come as the datagrams that they are'), async (t) => {
    t.true(await reaches())
    for (const at of [0, 1] as const) {
      const { sent, received, right } = await superDatagrams(h1, h2, addresses.h2[at], {
        ...{ size: 1200, count: 40, times: 25 },
      })
      t.deepEqual({ sent, received, right }, { sent: 1000, received: 1000, right: 1000 })
    }
  })

  test.serial(title('tags arrive as they were sent, one or two, and whole in the counters'), async (t) => {
    t.true(await reaches())
    const to = formatMac((await portState('p1')).mac).replaceAll(':', '')
    const frame = (...tags: readonly string[]) => `${to}020000000002${tags.join('')}0800${'45'.repeat(60)}`
    const frames = [
      frame('81000005'),
      frame('88a80007', '81000005'),
      frame('8100e005'),
      frame('81000005', '81000006'),
    ]
    const tagged = () => dropsOf('ethernet-input', 'vlan-tag-without-circuit')
    const [before, drops] = [await quietCounts(), await tagged()]
    await h1.exec(...python, 'frames', 'eth0', '10', ...frames)
    await until('each is counted by its name', async () => (await tagged()) - drops === 40n)
    const octets = frames.reduce((sum, hex) => sum + hex.length / 2, 0) * 10
    const after = await quietCounts()
    for (const of of ['port', 'interface'] as const) {
      const { inPackets, inOctets } = difference(after, before, 0, of)
      t.true(
        (inPackets as number) >= 40 && (inOctets as number) >= octets,
        `${of}: ${inPackets}, ${inOctets}`,
      )
      t.deepEqual(
        { inPackets, inOctets },
        {
          inPackets: difference(after, before, 0, 'host')['inPackets'],
          inOctets: difference(after, before, 0, 'host')['inOctets'],
        },
      )
    }
  })
}
