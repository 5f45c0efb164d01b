import { readFileSync } from 'node:fs'
import test from 'ava'
import { DataplaneProcess, type Operation } from '../../dataplane/client/index.js'
import { startTimeOf } from '../../dataplane/client/process-file.js'
import { address, addresses, keys, Router, until } from '../lab/router.js'
import { UdpStream } from '../lab/udp-stream.js'

interface LinkFacts {
  readonly ifindex: number
  readonly ifname: string
  readonly operstate: string
  readonly flags: readonly string[]
  readonly addr_info: readonly { readonly local: string; readonly prefixlen: number }[]
}

/** Host devices of the chassis as the kernel has them. */
async function hostDevices(router: Router) {
  const links = JSON.parse(await router.chassis.ip('-j', 'addr', 'show')) as LinkFacts[]
  return {
    links: links.map(({ ifindex, ifname, flags, addr_info }) => ({
      ifindex,
      ifname,
      carrier: flags.includes('LOWER_UP'),
      addresses: addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen}`),
    })),
    routes4: JSON.parse(await router.chassis.ip('-j', 'route')) as unknown,
    routes6: JSON.parse(await router.chassis.ip('-j', '-6', 'route')) as unknown,
  }
}

async function killEngine(router: Router): Promise<number> {
  const pid = router.dataplane.pid as number
  process.kill(pid, 'SIGKILL')
  await until(
    'the engine is dead and said to be',
    () => startTimeOf(pid) === undefined && router.member.pid !== pid,
  )
  return pid
}

test.serial(
  'host taps hold the addresses, and no route but the link-local ones and the default into the engine',
  async (t) => {
    await using router = await Router.start()
    const { links, routes4, routes6 } = await hostDevices(router)
    const p1 = links.find(({ ifname }) => ifname === 'p1')
    t.true(p1?.carrier)
    t.true(p1?.addresses.includes(`${addresses.p1[0]}/24`))
    t.true(p1?.addresses.includes(`${addresses.p1[1]}/64`))
    t.is(p1?.addresses.filter((text) => text.startsWith('fe80::')).length, 1)
    t.deepEqual(
      (routes4 as { dst: string; dev: string }[]).map(({ dst, dev }) => `${dst} ${dev}`),
      ['default weft0'],
    )
    t.deepEqual((routes6 as { dst: string; dev: string }[]).map(({ dst, dev }) => `${dst} ${dev}`).sort(), [
      'default weft0',
      'fe80::/64 p1',
      'fe80::/64 p2',
    ])
  },
)

test.serial(
  'a killed engine leaves its taps with carrier, addresses and routes; the next one finds them',
  async (t) => {
    await using router = await Router.start()
    const before = await hostDevices(router)
    t.true(before.links.filter(({ carrier }) => carrier).length >= 4)
    await router.dataplane.release()
    await killEngine(router)
    await until('it is detached', () => !router.member.attached)
    t.deepEqual(await hostDevices(router), before)
    await router.startDataplane()
    await router.programmed()
    t.deepEqual(await hostDevices(router), before)
    t.true(await router.h1.pings(addresses.h2[0]))
    t.true(await router.chassis.pings(addresses.h1[0]))
  },
)

test.serial('an engine that is killed is started again and programmed by a full transaction', async (t) => {
  await using router = await Router.start()
  t.true(await router.h1.pings(addresses.h2[0]))
  const start = performance.now()
  const pid = await killEngine(router)
  t.true(await router.h1.pings(addresses.h2[0], { seconds: 10 }))
  t.log(`forwarding again ${Math.round(performance.now() - start)} ms after the kill`)
  t.not(router.dataplane.pid, pid)
  t.is(router.dataplane.restarts, 1)
  t.is(router.member.pid, router.dataplane.pid)
})

test.serial('weftd gone and back: the same engine, and no datagram lost', async (t) => {
  await using router = await Router.start()
  const { pid } = router.dataplane
  const { boot } = router.member as unknown as { boot: string }
  t.true(await router.h1.pings(addresses.h2[0]))
  const stream = await UdpStream.start(router.h1, router.h2, addresses.h2[0], 5000)
  await router.members[Symbol.asyncDispose]()
  t.false(router.member.attached)
  await router.dataplane.release()
  await new Promise((resolve) => setTimeout(resolve, 500))
  await router.openMembers()
  await router.startDataplane()
  await router.programmed()
  await new Promise((resolve) => setTimeout(resolve, 500))
  const { sent, received, repeated } = await stream.stop()
  t.true(sent > 4000)
  t.is(received, sent)
  t.is(repeated, 0)
  t.is(router.dataplane.pid, pid)
  t.is((router.member as unknown as { boot: string }).boot, boot)
})

test.serial('a full transaction sweeps what it does not mention, and touches nothing else', async (t) => {
  await using router = await Router.start()
  const extra: Operation[] = [
    {
      op: 'object-set',
      key: 99n,
      object: { type: 'adjacency', interface: 'p2', nextHop: address(addresses.h2[0]) },
    },
    { op: 'route-set', vrf: 0, prefix: { address: address('203.0.113.0'), length: 24 }, key: 99n },
  ]
  await router.commit(extra)
  const routes = async () => (await router.member.state({ statistics: true })).statistics?.routes4
  const before = await routes()
  const stream = await UdpStream.start(router.h1, router.h2, addresses.h2[0], 2000)
  await router.commit(router.tables, { full: true })
  const { sent, received } = await stream.stop()
  t.is(received, sent)
  t.is(await routes(), (before as bigint) - 1n)
  const repaired = async () => (await router.member.state({ statistics: true })).statistics
  const nothing = { interfacesAdded: 0n, interfacesChanged: 0n, interfacesRemoved: 0n, routesAdded: 0n }
  t.like(await repaired(), { ...nothing, routesChanged: 0n, routesRemoved: 1n, objectsRemoved: 1n })
  await router.commit(router.tables, { full: true })
  t.like(await repaired(), { ...nothing, routesChanged: 0n, routesRemoved: 0n, objectsRemoved: 0n })
})

test.serial(
  'taps of interfaces that went while there was no engine go with the next full transaction',
  async (t) => {
    await using router = await Router.start()
    await router.dataplane.release()
    await killEngine(router)
    router.tables = router.tables.filter(
      (operation) =>
        !('name' in operation && operation.name === 'p2') &&
        !(
          'interface' in operation &&
          typeof operation.interface === 'object' &&
          operation.interface.name === 'p2'
        ) &&
        !('key' in operation && operation.key === keys.p2) &&
        !(operation.op === 'object-set' && operation.key === keys.p2),
    )
    await router.startDataplane()
    await router.programmed()
    const { links } = await hostDevices(router)
    t.true(links.some(({ ifname }) => ifname === 'p1'))
    t.false(links.some(({ ifname }) => ifname === 'p2'))
  },
)

test.serial('SIGTERM ends the engine cleanly; its place is free again', async (t) => {
  await using router = await Router.start()
  const { pid } = router.dataplane
  await router.dataplane.stop()
  t.is(startTimeOf(pid as number), undefined)
  t.regex(readFileSync(router.dataplaneLog, 'utf8'), /SIGTERM: ending\n$/)
  await router.startDataplane()
  await router.programmed()
  t.true(await router.h1.pings(addresses.h2[0]))
})

test.serial('shutdown over the contract ends the member', async (t) => {
  await using router = await Router.start()
  const { pid } = router.dataplane
  await router.dataplane.release()
  await router.members.shutdown()
  await until('the engine has ended', () => startTimeOf(pid as number) === undefined)
  t.false(router.member.attached)
})

test.serial('a second data plane does not take the place of a living one', async (t) => {
  await using router = await Router.start()
  const { pid } = router.dataplane
  const second = await DataplaneProcess.start({
    runFolder: router.lab.folder,
    keeper: router.lab.keeper,
    keeperSocket: router.lab.keeperSocket,
    membersSocket: router.membersSocket,
    chassis: 'lab',
    logFile: router.dataplaneLog,
    log: router.log,
  })
  t.is(second.pid, pid)
  await second.release()
  t.true(await router.h1.pings(addresses.h2[0]))
})
