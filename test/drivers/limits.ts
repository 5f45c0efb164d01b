/** Cases of a driver: more comes than can be taken, devices go away, the engine is killed. */
import test from 'ava'
import { formatMac, parseMac } from '../../src/rib/index.js'
import { address, addresses, keys, until } from '../lab/router.js'
import { difference } from './counts.js'
import type { Subject } from './subject.js'
import { blast, datagrams, listening, python, sink, transfer } from './traffic.js'

export function limitCases({
  router,
  driver,
  fastPath,
  h1,
  h2,
  ports,
  title,
  interfaceState,
  portState,
  counts,
  quietCounts,
  reaches,
}: Subject): void {
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
    title(
      'a port that does not drain, and then is taken away, counts what it loses, and the others lose nothing',
    ),
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
      const lose = async () => {
        const sent = await blast(h1, '203.0.113.9', { seconds: 0.8, payload: 1000, rate: 4000 })
        await until('what p3 did not take is counted', async () => {
          const { txPackets, txDropped } = (await portState('p3')).counters
          return txPackets + txDropped >= BigInt(sent) && txDropped > BigInt(sent) / 2n
        })
        await ports.ip('link', 'del', 'p3')
      }
      const [stream] = await Promise.all([
        datagrams(h2, h1, addresses.h1[0], { seconds: 1.5, payload: 100, rate: 3000 }),
        lose(),
      ])
      t.deepEqual(stream, { sent: stream.sent, received: stream.sent, reordered: 0 })
      await until('it is said to be gone', async () => (await portState('p3')).problem === 'device-missing')
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
}

/** The last one: of an engine that is started anew. */
export function killCase({
  router,
  member,
  driver,
  fastPath,
  h1,
  h2,
  title,
  portState,
  reaches,
}: Subject): void {
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
}
