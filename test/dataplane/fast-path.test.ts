/**
 * The kernel fast path gives what the engine gives: the same frames come out, with the same counters, whatever form the tables have.
 * What goes by it follows every change of routes, objects, neighbours and features at once, and it ends with the engine.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import type { FastPath, Operation, PortState } from '../../dataplane/client/index.js'
import { parseMac } from '../../src/rib/index.js'
import { address, addresses, keys, portSettings, Router, until } from '../lab/router.js'

const script = join(dirname(fileURLToPath(import.meta.url)), '../../../test/dataplane/fast-path.py')
const [nextHop, blackhole, unreachable, beyond, group, mixed] = [21n, 22n, 23n, 24n, 25n, 26n]
/** Of a neighbour that is configured and is nobody. */
const beyondMac = parseMac('02:00:00:00:00:33') as Uint8Array

const route = (text: string, length: number, key: bigint): Operation => ({
  ...{ op: 'route-set', vrf: 0, prefix: { address: address(text), length }, key },
})
const routes: readonly Operation[] = [
  {
    op: 'object-set',
    key: nextHop,
    object: { type: 'adjacency', interface: 'p2', nextHop: address(addresses.h2[0]) },
  },
  {
    op: 'object-set',
    key: nextHop + 10n,
    object: { type: 'adjacency', interface: 'p2', nextHop: address(addresses.h2[1]) },
  },
  { op: 'object-set', key: blackhole, object: { type: 'drop', kind: 'blackhole' } },
  { op: 'object-set', key: unreachable, object: { type: 'drop', kind: 'unreachable' } },
  ...(['198.51.100.3', '2001:db8:2::3'] as const).flatMap((text, n): Operation[] => {
    const [to, key] = [address(text), 10n * BigInt(n)]
    const members = [
      { key: nextHop + key, weight: 3 },
      { key: beyond + key, weight: 2 },
    ]
    return [
      { op: 'neighbour-set', interface: 'p2', address: to, mac: beyondMac },
      { op: 'object-set', key: beyond + key, object: { type: 'adjacency', interface: 'p2', nextHop: to } },
      { op: 'object-set', key: group + key, object: { type: 'group', members } },
      {
        op: 'object-set',
        key: mixed + key,
        object: { type: 'group', members: [...members, { key: blackhole, weight: 2 }] },
      },
    ]
  }),
  route('10.20.0.0', 16, group),
  route('10.21.0.0', 16, mixed),
  route('2001:db8:200::', 48, group + 10n),
  route('2001:db8:201::', 48, mixed + 10n),
  route('10.0.0.0', 8, blackhole),
  route('10.1.0.0', 16, nextHop),
  route('10.1.2.128', 25, unreachable),
  route('10.250.0.0', 16, unreachable),
  route('172.16.0.0', 12, nextHop),
  route('2001:db8:100::', 40, nextHop + 10n),
  route('2001:db8:100:2::', 64, blackhole),
]
/** So many that the table takes another form. */
function* many(count: number, key: bigint): Generator<Operation> {
  for (let n = 0; n < count; n++) yield route(`11.${n >> 8}.${n & 255}.0`, 24, key)
  for (let n = 0; n < 5000; n++)
    yield route(`2001:db8:${(0x1000 + (n >> 4)).toString(16)}:${(n & 15).toString(16)}::`, 64, key + 10n)
}

const plain = { reversePath: undefined, allowDefault: false, redirects: false, unreachables: true }

const settings = (name: string, fastPath: FastPath) => portSettings(name, { fastPath })

async function portState(router: Router, name: string): Promise<PortState> {
  return (await router.member.state({ ports: true })).ports.find((port) => port.name === name) as PortState
}

async function started(t: ExecutionContext, hook: FastPath): Promise<Router | undefined> {
  if (process.getuid?.() !== 0) return (t.log('left out: it needs root'), t.pass(), undefined)
  const router = await Router.start({ userNamespace: false })
  t.teardown(() => router[Symbol.asyncDispose]())
  await router.commit(routes)
  // XDP sends to a veth pair whose other end takes redirected frames, as it does with generic receive offload.
  for (const host of [router.h1, router.h2]) await host.exec('ethtool', '-K', 'eth0', 'gro', 'on')
  await router.commit([settings('p1', hook), settings('p2', hook)])
  const { fastPath, fastPathReason } = await portState(router, 'p1')
  if (fastPath === hook) return router
  t.log(`left out: ${fastPathReason}`)
  t.true(/kernel refused|built without/.test(fastPathReason), fastPathReason)
  return undefined
}

/** What became of the frames. */
async function outcome(router: Router) {
  const counted = async () => {
    const state = await router.member.state({
      interfaces: true,
      drops: true,
      objects: { from: 0, most: 100 },
    })
    const values = new Map<string, bigint>()
    for (const { name, counters } of state.interfaces)
      for (const which of [
        'forwarded4',
        'forwarded6',
        'inDiscards',
        'inErrors',
        'inUnknown',
        'outDiscards',
      ] as const)
        values.set(`${name} ${which}`, BigInt(counters[which]))
    // Neighbours are asked when their time has come, and given up, and how many ICMP errors h1 gets is limited by time.
    for (const { node, reason, packets } of state.drops)
      if (reason !== 'consumed' && reason !== 'unresolved') values.set(`${node} ${reason}`, packets)
    for (const { key, packets, octets } of state.objects?.objects.filter(
      ({ key }) => key !== keys.p1 && key !== keys.local,
    ) ?? [])
      values.set(`object ${key}`, packets).set(`octets of ${key}`, octets)
    return values
  }
  const mac = Buffer.from((await portState(router, 'p1')).mac).toString('hex')
  for (const to of addresses.h2) await until(`${to} is a neighbour that is known`, () => router.h1.pings(to))
  const [program, ...args] = router.lab.keeper.enter(router.h2.namespace, ['python3', script, 'collect'])
  const collecting = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(collecting, 'close')
  let text = ''
  await new Promise<void>((listening) => {
    collecting.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('listening')) listening()
    })
  })
  const before = await counted()
  await router.h1.exec('python3', script, 'send', mac)
  await closed
  const after = await counted()
  const frames = text
    .split('\n')
    .slice(1, -1)
    .map((hex) => `${hex.slice(0, 148)} of ${hex.length / 2} octets`)
    .sort()
  const changes = [...after].map(([name, value]) => [name, value - (before.get(name) ?? 0n)] as const)
  return { frames, counters: Object.fromEntries(changes.filter(([, change]) => change !== 0n)) }
}

const hooks = ['tc', 'xdp'] as const

test('frames have the same end as by the engine, whatever form the tables have', async (t) => {
  const router = await started(t, 'tc')
  if (!router) return
  t.true(await router.h1.pings(addresses.h2[0]))
  t.true(await router.h1.pings(addresses.h2[1]))
  const compare = async (form: string) => {
    await router.commit([settings('p1', 'off'), settings('p2', 'off')])
    const engine = await outcome(router)
    t.true(engine.frames.length >= 60, `${form}: ${engine.frames.length} frames`)
    for (const hook of hooks) {
      await router.commit([settings('p1', hook), settings('p2', hook)])
      const { fastPath, fastPathPackets: before } = await portState(router, 'p1')
      t.is(fastPath, hook)
      const kernel = await outcome(router)
      const { fastPathPackets: after } = await portState(router, 'p1')
      const only = (those: readonly string[], others: readonly string[]) =>
        those.filter((one) => !others.includes(one))
      t.deepEqual(only(kernel.frames, engine.frames), [], `${form}: by ${hook} alone`)
      t.deepEqual(only(engine.frames, kernel.frames), [], `${form}: by the engine and not by ${hook}`)
      t.is(kernel.frames.length, engine.frames.length, `${form}: ${hook}`)
      t.deepEqual(kernel.counters, engine.counters, `${form}: ${hook}`)
      t.true(after - before >= 60n, `${form}: ${after - before} by ${hook}`)
    }
  }
  await compare('tries')
  await router.commit(many(20_000, nextHop))
  await compare('narrow, and IPv6 by the first bits')
  await router.commit(
    [...Array(33_000).keys()].map((n): Operation => {
      return { op: 'object-set', key: 1000n + BigInt(n), object: { type: 'drop', kind: 'blackhole' } }
    }),
  )
  await router.commit([route('10.8.0.0', 16, 33_999n)])
  await compare('wide')
})

for (const hook of hooks)
  test(`${hook}: changes hold at once, features turn it off, and it ends with the engine`, async (t) => {
    const router = await started(t, hook)
    if (!router) return
    const { h1, h2 } = router
    const fast = async () => (await portState(router, 'p1')).fastPathPackets
    const goes = async (by: 'engine' | 'kernel', to: string = addresses.h2[0]) => {
      const before = await fast()
      t.true(await h1.pings(to), `to ${to}`)
      t.is((await fast()) > before, by === 'kernel', `to ${to} by the ${by}`)
    }
    t.true(await h1.pings(addresses.h2[0]))
    await until('the neighbours are known to the kernel', async () => {
      const before = await fast()
      await h1.pings(addresses.h2[0])
      return (await fast()) > before
    })
    await goes('kernel')
    await h2.ip('addr', 'add', '10.1.0.1/32', 'dev', 'lo')
    await goes('kernel', '10.1.0.1')
    // Another object, and back: routes stay.
    await router.commit([{ op: 'object-set', key: nextHop, object: { type: 'drop', kind: 'blackhole' } }])
    t.false(await h1.pings('10.1.0.1', { seconds: 1 }))
    await router.commit(routes.slice(0, 1))
    await goes('kernel', '10.1.0.1')
    await router.commit([route('10.1.0.1', 32, blackhole)])
    t.false(await h1.pings('10.1.0.1', { seconds: 1 }))
    await router.commit([
      { op: 'route-delete', vrf: 0, prefix: { address: address('10.1.0.1'), length: 32 } },
    ])
    await goes('kernel', '10.1.0.1')
    await router.commit([
      { op: 'route-delete', vrf: 0, prefix: { address: address('10.1.0.0'), length: 16 } },
    ])
    t.false(await h1.pings('10.1.0.1', { seconds: 1 }))
    // A group of next hops, with other members each time.
    await h2.ip('addr', 'add', '10.20.0.1/32', 'dev', 'lo')
    for (const key of [nextHop, blackhole, nextHop]) {
      const members = [{ key, weight: 1 }]
      await router.commit([{ op: 'object-set', key: group, object: { type: 'group', members } }])
      if (key === nextHop) await goes('kernel', '10.20.0.1')
      else t.false(await h1.pings('10.20.0.1', { seconds: 1 }))
    }
    // The default route.
    await h2.ip('addr', 'add', '100.64.0.1/32', 'dev', 'lo')
    await router.commit([route('0.0.0.0', 0, nextHop)])
    await goes('kernel', '100.64.0.1')
    await router.commit([{ op: 'route-delete', vrf: 0, prefix: { address: address('0.0.0.0'), length: 0 } }])
    t.false(await h1.pings('100.64.0.1', { seconds: 1 }))
    // A neighbour that is somewhere else now.
    await h2.ip('link', 'set', 'eth0', 'address', '02:00:00:00:77:02')
    await h2.exec('ping', '-c', '1', '-w', '5', addresses.p2[0])
    await until('it is reached there', () => h1.pings(addresses.h2[0], { seconds: 1 }))
    await goes('kernel')
    if (hook === 'tc') {
      // What is handed to the other end of a veth pair at once is not for who has another address than was configured.
      const ports = await router.lab.host('ports')
      const sent = async () => (await ports.ip('-j', '-s', 'link', 'show', 'p2')).match(/"tx":{[^}]*}/)?.[0]
      await h2.exec('ethtool', '-K', 'eth0', 'gro', 'off')
      await until('it is handed over', async () => {
        const before = await sent()
        return (await h1.pings(addresses.h2[0])) && (await sent()) === before
      })
      const at = { interface: 'p2', address: address(addresses.h2[0]) }
      const mac = parseMac('02:00:00:00:77:99') as Uint8Array
      await router.commit([{ op: 'neighbour-set', ...at, mac }])
      t.false(await h1.pings(addresses.h2[0], { seconds: 1 }))
      await router.commit([{ op: 'neighbour-delete', ...at }])
      await until('it is asked for', () => h1.pings(addresses.h2[0], { seconds: 1 }))
      await goes('kernel')
    }
    // A reverse path check of IPv4 is the engine's.
    await router.commit([
      { op: 'interface-features-set', name: 'p1', ipv4: { ...plain, reversePath: 'strict' }, ipv6: plain },
    ])
    t.regex((await portState(router, 'p1')).fastPathReason, /reverse path of IPv4/)
    t.true(await h1.pings(addresses.h2[1]))
    await goes('engine')
    await goes('kernel', addresses.h2[1])
    await router.commit([{ op: 'interface-features-delete', name: 'p1' }])
    t.is((await portState(router, 'p1')).fastPathReason, '')
    await goes('kernel')
    if (hook === 'xdp') {
      // Not every device takes what is redirected to it.
      const reason = async () => (await portState(router, 'p2')).fastPathReason
      await h2.exec('ethtool', '-K', 'eth0', 'gro', 'off')
      await until('it is said', async () => /no redirected frames/.test(await reason()))
      await goes('engine')
      await h2.exec('ethtool', '-K', 'eth0', 'gro', 'on')
      await until('it is no longer said', async () => (await reason()) === '')
      await goes('kernel')
      // A device has one XDP program.
      await router.commit([portSettings('p2', { driver: 'af_xdp', fastPath: hook })])
      t.regex(await reason(), /an XDP program of its own/)
      await goes('engine')
      await router.commit([settings('p2', hook)])
      await until(
        'there is room again',
        async () => (await portState(router, 'p2')).fastPath === hook && (await reason()) === '',
      )
      await goes('kernel')
    }
    // Killed, the engine takes it along: the programs that stay at the devices forward nothing.
    const pid = router.dataplane.pid as number
    await router.dataplane.release()
    process.kill(pid, 'SIGKILL')
    await until('nothing is forwarded', async () => !(await h1.pings(addresses.h2[0], { seconds: 1 })))
    t.pass()
  })
