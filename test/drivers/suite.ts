/**
 * What every driver of ports promises, at the front door: real packets between the namespaces of two hosts, through an engine whose
 * two ports it serves. A driver's own test file calls this once, and adds what is peculiar to it.
 *
 *   h1 eth0 192.0.2.2, 2001:db8:1::2 --- p1 engine p2 --- eth0 198.51.100.2, 2001:db8:2::2 h2
 */
import { isDeepStrictEqual } from 'node:util'
import test from 'ava'
import { formatMac, parseMac } from '../../src/rib/index.js'
import { compileFilter, type CaptureRequest, type PortState } from '../../dataplane/client/index.js'
import { address, addresses, keys, portSettings, Router, until, type RouterOptions } from '../lab/router.js'
import type { Host } from '../lab/lab.js'
import { blast, datagrams, listening, python, sink, superDatagrams, transfer } from './traffic.js'

export interface DriverCase extends RouterOptions {
  readonly driver: string
  /** Kernels may refuse it: then nothing is tested, and what they said is shown. Any other reason is a failure. */
  readonly mayBeRefused?: boolean
  /** TCP of the hosts comes in super-packets; false: the driver has the device cut them. */
  readonly superPackets?: boolean
  /** Octets of each packet that the device of the host that sends it does not count. */
  readonly uncounted?: number
}

/** Of kernels and machines that can't, in their own words; whatever else a port is refused for is a defect. */
const refusals = [
  'Operation not permitted',
  'Operation not supported',
  'Function not implemented',
  'Address family not supported by protocol',
  'Protocol not supported',
  /No buffer space available \(without CAP_IPC_LOCK/,
  'this kernel is older than',
  'this engine was built without the kernel fast path',
]
const isRefusal = (reason: string): boolean =>
  refusals.some((known) => (typeof known === 'string' ? reason.includes(known) : known.test(reason)))

type Port = 'p1' | 'p2'

/** False: the driver is refused here. */
export async function driverSuite({
  driver,
  mayBeRefused = false,
  superPackets = true,
  uncounted = 0,
  fastPath = 'off',
  ...options
}: DriverCase): Promise<boolean> {
  const router = await Router.start({ ...options, driver, fastPath })
  const { member, h1, h2 } = router
  const ports = await router.lab.host('ports')
  // XDP sends to a veth pair only when the other end has it.
  if (fastPath === 'xdp') for (const host of [h1, h2]) await host.exec('ethtool', '-K', 'eth0', 'gro', 'on')
  const portState = async (name: Port | 'p3'): Promise<PortState> =>
    (await member.state({ ports: true })).ports.find((port) => port.name === name) as PortState
  const interfaceState = async (name: Port) =>
    (await member.state({ interfaces: true, interface: name })).interfaces[0]!

  // Until then packets go by the engine, and those that come later may overtake them.
  await until('the fast path has followed', async () =>
    (await member.state({ ports: true })).ports.every(
      (port) => port.fastPath !== fastPath || port.fastPathReason === '',
    ),
  )
  // What is declared is declared at once, so that all that is awaited is so before.
  const first = await portState('p1')
  test.after.always(() => router[Symbol.asyncDispose]())
  const refused =
    first.driver !== driver || !first.present
      ? { what: driver, why: first.reason }
      : first.fastPath !== fastPath
        ? { what: fastPath, why: first.fastPathReason }
        : undefined
  if (refused) {
    const title = `${refused.what} is refused here: ${refused.why}`
    if (mayBeRefused && isRefusal(refused.why)) test.skip(title, (t) => t.fail())
    else test(title, (t) => t.fail('that is not what a kernel says which can not'))
    return false
  }
  const title = (text: string) => `${driver}${fastPath === 'off' ? '' : ` and ${fastPath}`}: ${text}`

  const dropsOf = async (node: string, reason: string): Promise<bigint> =>
    (await member.state({ drops: true })).drops.find((drop) => drop.node === node && drop.reason === reason)
      ?.packets ?? 0n
  /** Both directions of a host's device, as its kernel counts. */
  const hostCounters = async (host: Host) => {
    const [link] = JSON.parse(await host.ip('-j', '-s', 'link', 'show', 'eth0')) as {
      stats64: Record<'rx' | 'tx', { packets: number; bytes: number }>
    }[]
    const { rx, tx } = link!.stats64
    return { rx, tx: { packets: tx.packets, bytes: tx.bytes + tx.packets * uncounted } }
  }
  /** What hosts and ports have counted so far, each port beside its host. */
  const counts = async () => {
    const beside = async (host: Host, name: Port) => {
      const { counters } = await portState(name)
      const { counters: of } = await interfaceState(name)
      const { rx, tx } = await hostCounters(host)
      return {
        host: { inPackets: tx.packets, inOctets: tx.bytes, outPackets: rx.packets, outOctets: rx.bytes },
        port: {
          inPackets: Number(counters.rxPackets),
          inOctets: Number(counters.rxOctets),
          outPackets: Number(counters.txPackets),
          outOctets: Number(counters.txOctets),
        },
        interface: {
          inPackets: Number(of.inUnicast + of.inMulticast + of.inBroadcast),
          inOctets: Number(of.inOctets),
          outPackets: Number(of.outUnicast + of.outMulticast + of.outBroadcast),
          outOctets: Number(of.outOctets),
        },
        lost: counters.rxDropped + counters.txDropped,
      }
    }
    return [await beside(h1, 'p1'), await beside(h2, 'p2')] as const
  }
  type Counts = Awaited<ReturnType<typeof counts>>
  /** That which all have counted while the hosts' kernels said nothing of their own. */
  const quietCounts = async (): Promise<Counts> => {
    for (let [before, after] = [await counts(), await counts()]; ; [before, after] = [after, await counts()])
      if (isDeepStrictEqual(before, after)) return after
  }
  const difference = (after: Counts, before: Counts, at: 0 | 1, of: 'host' | 'port' | 'interface') =>
    Object.fromEntries(
      Object.entries(after[at][of]).map(([name, value]) => [
        name,
        value - before[at][of][name as keyof Counts[0]['host']],
      ]),
    )
  const reaches = async (): Promise<boolean> =>
    (await h1.pings(addresses.h2[0])) && (await h1.pings(addresses.h2[1]))

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

  test.serial(title('another MTU of the device holds at once, for errors and for fragments'), async (t) => {
    t.true(await reaches())
    // Both ends: a veth device takes no frame that is longer than its own.
    const setMtu = async (mtu: number) => {
      await ports.ip('link', 'set', 'p2', 'mtu', String(mtu))
      await h2.ip('link', 'set', 'eth0', 'mtu', String(mtu))
    }
    await setMtu(1400)
    await until('the interface follows', async () => (await interfaceState('p2')).mtu === 1400)
    for (const at of [0, 1] as const) {
      const said = await h1
        .exec('ping', '-n', '-M', 'do', '-s', '1420', '-c', '1', '-w', '5', addresses.h2[at])
        .catch((error: Error) => String((error.cause as { stdout?: string }).stdout))
      t.regex(said, at === 0 ? /Frag needed.*mtu = 1400/ : /Packet too big: mtu=1400/)
    }
    // The hosts have learned it by now; what h2 sends is not concerned.
    t.true((await transfer(h1, h2, addresses.h2[0], 4)).same)
    t.true((await transfer(h1, h2, addresses.h2[1], 4)).same)
    await h1.ip('route', 'flush', 'cache')
    await h1.exec(
      'ping',
      '-n',
      '-M',
      'dont',
      '-s',
      '1460',
      '-c',
      '3',
      '-i',
      '0.1',
      '-w',
      '5',
      addresses.h2[0],
    )
    await setMtu(1500)
    await until('the interface follows back', async () => (await interfaceState('p2')).mtu === 1500)
    await h1.ip('route', 'flush', 'cache')
    await h1.ip('-6', 'route', 'flush', 'cache')
    t.true((await transfer(h1, h2, addresses.h2[0], 4)).same)
  })

  test.serial(title('twenty flaps of a link, and it forwards'), async (t) => {
    t.true(await reaches())
    const flaps = 'for flap in $(seq 20); do ip link set p2 down && ip link set p2 up || exit 1; done'
    await ports.exec('sh', '-c', flaps)
    t.true(await reaches())
    await ports.ip('link', 'set', 'p2', 'down')
    await until('it is said to be down', async () => !(await interfaceState('p2')).operUp)
    t.true((await interfaceState('p1')).operUp)
    await ports.ip('link', 'set', 'p2', 'up')
    await until('it is said to be up', async () => (await interfaceState('p2')).operUp)
    t.true(await reaches())
    t.true((await transfer(h1, h2, addresses.h2[0], 4)).same)
  })

  test.serial(title('another address of the device is the port’s, and neighbours are told'), async (t) => {
    t.true(await reaches())
    await ports.ip('link', 'set', 'p2', 'address', '02:00:5e:77:00:01')
    await until(
      'the interface follows',
      async () => formatMac((await interfaceState('p2')).mac) === '02:00:5e:77:00:01',
    )
    t.true(await reaches())
    t.true((await transfer(h2, h1, addresses.h1[1], 4)).same)
  })

  test.serial(
    title('queues move between workers while datagrams pass: none lost, none overtaken'),
    async (t) => {
      t.true(await reaches())
      const crew = (count: number, ...of: readonly (readonly number[])[]) =>
        router.commit([
          { op: 'workers-set', count, cpus: [] },
          ...of.map((workers, at) => portSettings(`p${at + 1}`, { driver, rxQueues: 2, workers, fastPath })),
        ])
      const queues = (await portState('p1')).workers.length
      await crew(2, [0, 1], [1, 0])
      await until('it forwards', reaches)
      let passing = true
      const load = { seconds: 1.5, payload: 18, rate: 1000 }
      const streams = Promise.all([1, 2, 3].map(() => datagrams(h1, h2, addresses.h2[0], load))).finally(
        () => (passing = false),
      )
      let moves = 0
      for (; passing; moves++) {
        const last = moves % 3
        await crew(1 + last, [last, 0], [moves % (1 + last)])
      }
      t.true(moves >= 3, `only ${moves} moves`)
      for (const { sent, received, reordered } of await streams)
        t.deepEqual({ received, reordered }, { received: sent, reordered: 0 })
      await router.commit([
        { op: 'workers-set', count: 1, cpus: [] },
        portSettings('p1', { driver, fastPath }),
        portSettings('p2', { driver, fastPath }),
      ])
      t.is((await portState('p1')).workers.length, queues)
      t.true(await reaches())
    },
  )

  test.serial(
    title('the number of queues changes while datagrams pass: none is lost, and the counters go on'),
    async (t) => {
      t.true(await reaches())
      const { counters } = await portState('p1')
      let passing = true
      const load = { seconds: 2, payload: 18, rate: 500 }
      const streams = Promise.all([1, 2, 3, 4].map(() => datagrams(h1, h2, addresses.h2[0], load))).finally(
        () => (passing = false),
      )
      let changes = 0
      for (const rxQueues of [4, 1, 3, 8, 2, 1]) {
        await router.commit([
          { op: 'workers-set', count: 2, cpus: [] },
          portSettings('p1', { driver, rxQueues, fastPath }),
          portSettings('p2', { driver, rxQueues, fastPath }),
        ])
        changes += Number(passing)
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      t.true(changes >= 3, `only ${changes} changes`)
      let sent = 0
      for (const stream of await streams) {
        t.is(stream.received, stream.sent)
        sent += stream.sent
      }
      const after = await portState('p1')
      t.true(Number(after.counters.rxPackets - counters.rxPackets) >= sent)
      t.is(after.counters.rxDropped, counters.rxDropped)
      await router.commit([
        { op: 'workers-set', count: 1, cpus: [] },
        portSettings('p1', { driver, fastPath }),
        portSettings('p2', { driver, fastPath }),
      ])
      t.true(await reaches())
    },
  )

  test.serial(title('what comes while the rings are full is counted, and no more is lost'), async (t) => {
    t.true(await reaches())
    const before = await quietCounts()
    const lostBefore = (await portState('p1')).counters.rxDropped
    await sink(h2, addresses.h2[0])
    const pid = router.dataplane.pid as number
    process.kill(pid, 'SIGSTOP')
    const sent = await blast(h1, addresses.h2[0], { seconds: 0.4, payload: 18 }).finally(() =>
      process.kill(pid, 'SIGCONT'),
    )
    await until('all that h1 sent is received or counted as lost', async () => {
      const now = await counts()
      const { rxDropped } = (await portState('p1')).counters
      const { inPackets: host } = difference(now, before, 0, 'host')
      const { inPackets: port } = difference(now, before, 0, 'port')
      return Number(rxDropped - lostBefore) + (port as number) === host
    })
    const lost = (await portState('p1')).counters.rxDropped - lostBefore
    // What the kernel forwards passes by the rings.
    t.true(fastPath === 'off' ? lost > 0n && lost < BigInt(sent) : lost === 0n, `${lost} of ${sent}`)
    t.true(await reaches())
    t.true((await transfer(h1, h2, addresses.h2[0], 4)).same)
  })

  test.serial(
    title('a port that does not drain counts what it loses, and the others lose nothing'),
    async (t) => {
      t.true(await reaches())
      const made = await listening(ports, ...python, 'tap', 'p3').catch((error: Error) => error.message)
      if (typeof made === 'string') return (t.log(`left out, for there are no taps here: ${made}`), t.pass())
      await ports.ip('link', 'set', 'p3', 'txqueuelen', '16', 'up')
      const mac = parseMac('02:00:00:00:00:99') as Uint8Array
      const beyond = { address: address('203.0.113.0'), length: 24 }
      await router.commit([
        { op: 'port-set', name: 'p3', driver: 'auto', device: 'p3' },
        {
          op: 'interface-set',
          interface: {
            ...{ name: 'p3', vrf: 0, port: 'p3', enabled: true, ipv4: true, ipv6: false, mtu: 0 },
            ...{ ipv4Forwarding: true, ipv6Forwarding: false },
            addresses: [{ address: address('203.0.113.1'), length: 24 }],
          },
        },
        { op: 'object-set', key: 13n, object: { type: 'glean', interface: 'p3' } },
        { op: 'route-set', vrf: 0, prefix: beyond, key: 13n },
        { op: 'neighbour-set', interface: 'p3', address: address('203.0.113.9'), mac },
      ])
      await until('its link is up', async () => (await portState('p3')).up)
      const [stream, sent] = await Promise.all([
        datagrams(h2, h1, addresses.h1[0], { seconds: 1, payload: 100, rate: 3000 }),
        blast(h1, '203.0.113.9', { seconds: 1, payload: 1000, rate: 4000 }),
      ])
      t.deepEqual(stream, { sent: stream.sent, received: stream.sent, reordered: 0 })
      await until('what p3 did not take is counted', async () => {
        const { txPackets, txDropped } = (await portState('p3')).counters
        return txPackets + txDropped >= BigInt(sent) && txDropped > BigInt(sent) / 2n
      })
      await router.commit([
        { op: 'route-delete', vrf: 0, prefix: beyond },
        { op: 'neighbour-delete', interface: 'p3', address: address('203.0.113.9') },
        { op: 'object-delete', key: 13n },
        { op: 'interface-delete', name: 'p3' },
        { op: 'port-delete', name: 'p3' },
      ])
      t.true(await reaches())
    },
  )

  test.serial(
    title('a device that is taken away in the midst of traffic is used again when it is back'),
    async (t) => {
      t.true(await reaches())
      const sending = blast(h1, addresses.h2[0], { seconds: 1, payload: 1000, rate: 5000 }).catch(() => 0)
      await h2.ip('link', 'del', 'eth0')
      await until('it is gone', async () => !(await interfaceState('p2')).present)
      t.true((await interfaceState('p1')).operUp)
      t.true(await h1.pings(addresses.p1[0]))
      await sending
      const at = addresses.h2
      await router.lab.link(
        h2,
        { name: 'eth0', addresses: [`${at[0]}/24`, `${at[1]}/64`], mtu: 1400 },
        ports,
        {
          name: 'p2',
          mac: '02:00:5e:77:00:02',
          mtu: 1400,
        },
      )
      if (fastPath === 'xdp') await h2.exec('ethtool', '-K', 'eth0', 'gro', 'on')
      await h2.ip('route', 'add', 'default', 'via', addresses.p2[0])
      await h2.ip('-6', 'route', 'add', 'default', 'via', addresses.p2[1])
      await until('it is back, as it is now', async () => {
        const { present, operUp, mtu, mac } = await interfaceState('p2')
        return present && operUp && mtu === 1400 && formatMac(mac) === '02:00:5e:77:00:02'
      })
      await until('the fast path has followed', async () => (await portState('p2')).fastPathReason === '')
      t.is((await portState('p2')).driver, driver)
      t.true(await reaches())
      t.true((await transfer(h2, h1, addresses.h1[0], 4)).same)
      await h2.ip('link', 'set', 'eth0', 'mtu', '1500')
      await ports.ip('link', 'set', 'p2', 'mtu', '1500')
    },
  )

  if (fastPath !== 'off')
    test.serial(
      title('packets of a port that is captured go by the engine meanwhile, and by the kernel afterwards'),
      async (t) => {
        t.true(await reaches())
        const pieces: Uint8Array[] = []
        const request: CaptureRequest = {
          ...{
            interfaces: ['p1'],
            direction: 'both',
            drops: [],
            filter: await compileFilter('udp and ip[2:2] = 165'),
          },
          ...{ snapLength: 100, packets: 10_000, octets: 1 << 22, seconds: 60, rate: 100_000 },
        }
        let captured = 0n
        const running = await member.capture(request, async (octets, { packets }) => {
          pieces.push(octets)
          captured = packets
        })
        t.is((await portState('p1')).fastPathReason, 'its packets are captured or mirrored')
        t.is((await portState('p2')).fastPathReason, '')
        const load = { seconds: 0.3, rate: 300, payload: 137 }
        const ways = await Promise.all([
          datagrams(h1, h2, addresses.h2[0], load),
          datagrams(h2, h1, addresses.h1[0], load),
        ])
        running.stop()
        t.is(await running.ended, 'stopped')
        for (const { sent, received } of ways) t.is(received, sent)
        t.is(captured, BigInt(ways[0]!.sent + ways[1]!.sent))
        t.true(Buffer.concat(pieces).length > 100 * Number(captured))
        await until('the kernel forwards again', async () => (await portState('p1')).fastPathReason === '')
      },
    )

  test.serial(title('an engine that is killed leaves nothing behind that stops the next one'), async (t) => {
    t.true(await reaches())
    process.kill(router.dataplane.pid as number, 'SIGKILL')
    await until('it is detached', () => !member.attached)
    await router.programmed()
    await until(
      'it is back',
      async () => member.attached && (await portState('p1')).driver === driver,
      20_000,
    )
    t.true(await reaches())
    t.true((await transfer(h1, h2, addresses.h2[0], 8)).same)
    t.is((await portState('p1')).fastPath, fastPath)
    t.is((await member.state({ objects: { key: keys.p1 } })).objects?.objects.length, 1)
  })
  return true
}
