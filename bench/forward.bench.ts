/**
 * `npm run bench -- forward`: 60-byte UDP packets per second and TCP throughput from h1 to h2 through the engine, next to
 * Linux's own forwarding between two like hosts over like veth pairs, in pairs one right after the other. The sender is
 * pinned to core 0; the engine's worker runs where the scheduler puts it; Linux forwards on the sender's core, or, with
 * receive packet steering (RPS), on core 1.
 */
import { execFile, spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { connectKeeper, type KeeperClient, type Namespace } from '../dataplane/client/index.js'
import { hostNamespaceName } from '../src/lab/lab.js'
import { execIn } from '../src/lab/namespace.js'
import { bareAddress, demoHosts, type LabHost } from '../src/lab/topology.js'
import { runFolder } from '../src/state.js'
import { startBenchAppliance } from './appliance.js'
import { paired, report, type Figure } from './report.js'

const udpLoad = join(resolve(fileURLToPath(import.meta.url), '../../..'), 'build/engine/udp-load')
const seconds = 2
const rounds = 3
/** 18 octets of UDP payload make the 60 octets of the smallest Ethernet frame. */
const payload = 18

interface Path {
  readonly keeper: KeeperClient
  readonly from: Namespace
  readonly to: Namespace
  readonly address: string
}

const [h1, h2] = demoHosts as [LabHost, LabHost]

async function received({ keeper, to }: Path): Promise<number> {
  const links = JSON.parse(await execIn(keeper, to, ['ip', '-j', '-s', 'link', 'show', 'eth0'])) as {
    stats64: { rx: { packets: number } }
  }[]
  return links[0]?.stats64.rx.packets ?? 0
}

/** Packets a second that arrive at the far host while the near one sends as fast as it can. */
async function packetsPerSecond(path: Path): Promise<number> {
  const before = await received(path)
  const start = performance.now()
  const load = [udpLoad, 'send', path.address, '9', String(seconds), String(payload)]
  await execIn(path.keeper, path.from, ['taskset', '-c', '0', ...load])
  const elapsed = (performance.now() - start) / 1000
  return ((await received(path)) - before) / elapsed / 1000
}

/** Gbit/s of one or more TCP streams. */
async function throughput(path: Path, streams: number): Promise<number> {
  const [program, ...args] = path.keeper.enter(path.to, [
    'iperf3',
    '-s',
    '-1',
    '-B',
    path.address,
    '--forceflush',
  ])
  const server = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise<void>((listening, failed) => {
    server.stdout.on('data', (text: Buffer) => text.includes('listening') && listening())
    server.once('exit', (code) => failed(new Error(`iperf3 ended with ${code}`)))
  })
  const client = ['iperf3', '-c', path.address, '-t', String(seconds), '-P', String(streams), '-J']
  const result = JSON.parse(await execIn(path.keeper, path.from, client)) as {
    end: { sum_received: { bits_per_second: number } }
  }
  return result.end.sum_received.bits_per_second / 1e9
}

export async function bench(options: readonly string[]): Promise<void> {
  await using appliance = await startBenchAppliance()
  await using keeper = await connectKeeper(join(runFolder(appliance.state), 'keeper.sock'))
  const engine: Path = {
    keeper,
    from: await keeper.namespace(hostNamespaceName('h1')),
    to: await keeper.namespace(hostNamespaceName('h2')),
    address: bareAddress(h2.ipv4),
  }
  const linux = await linuxPath(keeper)
  const sinks = [engine, linux].map((path) => {
    const [program, ...args] = path.keeper.enter(path.to, [udpLoad, 'sink', path.address, '9'])
    return spawn(program, args, { stdio: 'ignore' })
  })
  try {
    await measureAll(engine, linux, options)
  } finally {
    for (const sink of sinks) sink.kill()
  }
}

async function measureAll(engine: Path, linux: Path, options: readonly string[]): Promise<void> {
  for (const path of [engine, linux]) {
    await execIn(path.keeper, path.from, ['ping', '-c', '1', '-w', '5', path.address])
  }
  const figures: Figure[] = []
  const measure = async (name: string, unit: string, peer: string, of: (path: Path) => Promise<number>) => {
    const pairs: { ours: number; peer: number }[] = []
    for (let round = 0; round <= rounds; round++) {
      const pair = { ours: await of(engine), peer: await of(linux) }
      if (round > 0) pairs.push(pair)
    }
    figures.push(paired(name, unit, 'higher', peer, pairs))
  }
  await measure('forward-udp-60', 'kpps', 'linux', packetsPerSecond)
  await measure('forward-tcp-1', 'Gbit/s', 'linux', (path) => throughput(path, 1))
  await measure('forward-tcp-4', 'Gbit/s', 'linux', (path) => throughput(path, 4))
  if (process.getuid?.() === 0) {
    await setSteering(await linux.keeper.namespace('linux-router'), '2')
    await measure('forward-udp-60-rps', 'kpps', 'linux-rps', packetsPerSecond)
  }
  report(
    'forward',
    figures,
    [
      'sender pinned to core 0, engine worker unpinned; linux forwards on the core of the sender, linux-rps on core 1 (root only)',
      `medians of ${rounds} pairs of ${seconds} s after one to warm up; each path has two veth pairs of its own`,
    ],
    options.includes('--json'),
  )
}

/** Two hosts on either side of a namespace in which Linux forwards. */
async function linuxPath(keeper: KeeperClient): Promise<Path> {
  const router = await keeper.namespace('linux-router')
  const hosts = [
    { ...h1, name: 'l1' },
    { ...h2, name: 'l2' },
  ]
  const inside: Namespace[] = []
  for (const host of hosts) {
    const namespace = await keeper.namespace(hostNamespaceName(host.name))
    inside.push(namespace)
    const peer = ['peer', 'name', 'eth0', 'netns', namespace.path]
    await execIn(keeper, router, ['ip', 'link', 'add', host.port, 'type', 'veth', ...peer])
    await execIn(keeper, router, ['ip', 'addr', 'add', `${host.gateway4}/24`, 'dev', host.port])
    await execIn(keeper, router, ['ip', 'link', 'set', host.port, 'up'])
    await execIn(keeper, namespace, ['ip', 'addr', 'add', host.ipv4, 'dev', 'eth0'])
    await execIn(keeper, namespace, ['ip', 'link', 'set', 'eth0', 'up'])
    await execIn(keeper, namespace, ['ip', 'route', 'add', 'default', 'via', host.gateway4])
  }
  await execIn(keeper, router, ['sysctl', '-qw', 'net.ipv4.ip_forward=1'])
  return { keeper, from: inside[0] as Namespace, to: inside[1] as Namespace, address: bareAddress(h2.ipv4) }
}

/** Linux forwards on the processors of `mask`; only the machine's own root may say so. */
async function setSteering(router: Namespace, mask: string): Promise<void> {
  // /sys shows the devices of the namespace it was mounted in, so it is mounted anew in a mount namespace of the command.
  const script = `mount -t sysfs sysfs /sys && for queue in /sys/class/net/p?/queues/rx-0; do echo ${mask} > $queue/rps_cpus; done`
  await promisify(execFile)('nsenter', [`--net=${router.path}`, 'unshare', '--mount', 'sh', '-c', script])
}
