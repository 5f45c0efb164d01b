/** Cases of a driver: its devices change under it. */
import test from 'ava'
import { formatMac } from '../../src/rib/index.js'
import { addresses, until } from '../lab/router.js'
import type { Subject } from './subject.js'
import { transfer } from './traffic.js'

export function linkCases({ h1, h2, ports, title, interfaceState, reaches }: Subject): void {
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
}
