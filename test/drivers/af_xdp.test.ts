/** AF_XDP, which takes root outside of a user namespace; there kernels refuse the map of its sockets. */
import test from 'ava'
import { patiently } from '../lab/patience.js'
import { addresses, portSettings, Router } from '../lab/router.js'
import { driverSuite } from './suite.js'
import { datagrams, transfer } from './traffic.js'

const userNamespace = process.getuid?.() !== 0

const served = await driverSuite({
  driver: 'af_xdp',
  mayBeRefused: true,
  superPackets: false,
  // A veth device whose other end runs an XDP program counts what is behind the Ethernet header.
  uncounted: 14,
  userNamespace,
})
const xdpTest = served ? test.serial : test.serial.skip

/** Both ports by the driver, with so many receive queues, which these workers serve. */
const settings = (router: Router, driver: string, rxQueues: number, workers: number[]) =>
  router.commit([
    { op: 'workers-set', count: Math.max(...workers) + 1, cpus: [] },
    ...['p1', 'p2'].map((name) => portSettings(name, { driver, rxQueues, workers })),
  ])

xdpTest('a device has a socket for each of its queues, whatever number is asked for', async (t) => {
  await using router = await Router.start({ userNamespace })
  const { h1, h2, lab } = router
  const ports = await lab.host('ports')
  for (const [host, device] of [
    [ports, 'p1'],
    [ports, 'p2'],
    [h1, 'eth0'],
    [h2, 'eth0'],
  ] as const)
    await host.exec('ethtool', '-L', device, 'rx', '2', 'tx', '2')
  for (const [asked, workers, given] of [
    [2, [0, 1], 2],
    [1, [1], 1],
    [4, [1, 0], 2],
  ] as const) {
    await settings(router, 'af_xdp', asked, [...workers])
    const [p1] = (await router.member.state({ ports: true })).ports
    t.is(p1?.driver, 'af_xdp')
    t.regex(p1?.reason ?? '', /2 queues/)
    t.is(p1?.workers.length, given)
    t.true(await h1.pings(addresses.h2[0]))
    const load = { seconds: 0.3, payload: 18, rate: 1000 }
    const streams = await Promise.all([1, 2, 3, 4].map(() => datagrams(h1, h2, addresses.h2[0], load)))
    for (const { sent, received, reordered } of streams)
      t.deepEqual({ received, reordered }, { received: sent, reordered: 0 })
    t.true((await transfer(h2, h1, addresses.h1[0], 4)).same)
  }
})

xdpTest('ports change between af_xdp and af_packet while datagrams pass, and none is lost', async (t) => {
  await using router = await Router.start({ userNamespace, driver: 'af_xdp' })
  const { h1, h2, member } = router
  t.true(await h1.pings(addresses.h2[0]))
  let passing = true
  const load = { seconds: 3, payload: 18, rate: 500 }
  const streams = Promise.all(
    [0, 1].flatMap(() => [
      datagrams(h1, h2, addresses.h2[0], load),
      datagrams(h2, h1, addresses.h1[0], load),
    ]),
  ).finally(() => (passing = false))
  let changes = 0
  while (passing) {
    for (const driver of ['af_packet', 'af_xdp'] as const) {
      // The sockets of the one before are closed when the workers are done with them; until then the kernel binds no others.
      const changed = await patiently(20, () =>
        settings(router, driver, 1, [0]).then(
          () => true,
          (error: Error) => {
            if (!error.message.includes('Device or resource busy')) throw error
            return false
          },
        ),
      )
      t.true(changed)
      t.is((await member.state({ ports: true })).ports[0]?.driver, driver)
      changes += Number(passing)
    }
  }
  t.true(changes > 0, 'no change while datagrams passed')
  for (const { sent, received } of await streams) t.is(received, sent)
})

xdpTest(
  'what native mode does not take is refused with what would be right, and the port stays',
  async (t) => {
    await using router = await Router.start({ userNamespace })
    const ports = await router.lab.host('ports')
    await router.h1.ip('link', 'set', 'eth0', 'mtu', '9000')
    const refused = async (what: RegExp) => {
      const { message } = await t.throwsAsync<Error>(settings(router, 'af_xdp', 1, [0]))
      t.regex(message, what)
      t.deepEqual(
        (await router.member.state({ ports: true })).ports.map(({ driver, up }) => ({ driver, up })),
        [1, 2].map(() => ({ driver: 'af_packet', up: true })),
      )
      t.true(await router.h1.pings(addresses.h2[0]))
    }
    await refused(/^port 'p1': .*native mode: .*MTU.* 3500 or less would do/)
    await ports.ip('link', 'set', 'p1', 'mtu', '9000')
    await refused(
      /^port 'p1': .*MTU is 9000, and af_xdp takes one of at most 3500 on a device that is no card/,
    )
  },
)
