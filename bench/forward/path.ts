/** A way from one host to another, and what is measured on it: packets, streams, latency. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { KeeperClient, Namespace } from '../../dataplane/client/index.js'
import { hostNamespaceName } from '../../src/lab/lab.js'
import { execIn } from '../../src/lab/namespace.js'
import { bareAddress, demoHosts, type LabHost } from '../../src/lab/topology.js'

const udpLoad = join(resolve(fileURLToPath(import.meta.url), '../../../..'), 'build/engine/udp-load')
const seconds = 2
/** 18 octets of UDP payload make the 60 octets of the smallest Ethernet frame. */
const payload = 18
const latencyRate = 10_000

const [h1, h2] = demoHosts as [LabHost, LabHost]

export interface Path {
  readonly keeper: KeeperClient
  readonly from: Namespace
  readonly to: Namespace
  readonly address: string
}

async function received({ keeper, to }: Path): Promise<number> {
  const links = JSON.parse(await execIn(keeper, to, ['ip', '-j', '-s', 'link', 'show', 'eth0'])) as {
    stats64: { rx: { packets: number } }
  }[]
  return links[0]?.stats64.rx.packets ?? 0
}

/** Packets a second that arrive at the far host while the near one sends as fast as it can. */
export async function packetsPerSecond(path: Path): Promise<number> {
  const before = await received(path)
  const start = performance.now()
  const load = [udpLoad, 'send', path.address, '9', String(seconds), String(payload)]
  await execIn(path.keeper, path.from, ['taskset', '-c', '0', ...load])
  const elapsed = (performance.now() - start) / 1000
  return ((await received(path)) - before) / elapsed / 1000
}

/** Gbit/s of one or more TCP streams. */
export async function throughput(path: Path, streams: number): Promise<number> {
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

/** Microseconds from one host's socket to the other's at 10,000 datagrams a second: median, and 99 of 100. */
export async function latency(path: Path): Promise<{ p50: number; p99: number }> {
  const [program, ...args] = path.keeper.enter(path.to, [udpLoad, 'receive', path.address, '10', '0.5'])
  const receiver = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  await new Promise<void>((listening, failed) => {
    receiver.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('listening')) listening()
    })
    receiver.once('exit', (code) => failed(new Error(`udp-load ended with ${code}`)))
  })
  const ended = once(receiver, 'exit')
  const send = [udpLoad, 'send', path.address, '10', String(seconds), String(payload), String(latencyRate)]
  await execIn(path.keeper, path.from, send)
  await ended
  const [, p50, p99] = /latency (\S+) (\S+)/.exec(text) ?? []
  return { p50: Number(p50), p99: Number(p99) }
}

/** Between VXLAN devices of the two hosts, whose outer packets take the path; made when there are none yet. */
export async function vxlanPath(path: Path): Promise<Path> {
  const [local, remote] = [h1, h2].map(({ ipv4 }) => bareAddress(ipv4)) as [string, string]
  for (const [host, own, other, address] of [
    [path.from, local, remote, '10.7.0.1'],
    [path.to, remote, local, '10.7.0.2'],
  ] as const) {
    const ip = (...words: readonly string[]) => execIn(path.keeper, host, ['ip', ...words])
    const tunnel = [
      'type',
      'vxlan',
      'id',
      '7',
      'dstport',
      '4789',
      'dev',
      'eth0',
      'local',
      own,
      'remote',
      other,
    ]
    if ((await ip('-br', 'link', 'show', 'type', 'vxlan')) !== '') continue
    await ip('link', 'add', 'vx0', ...tunnel)
    await ip('addr', 'add', `${address}/24`, 'dev', 'vx0')
    await ip('link', 'set', 'vx0', 'up')
  }
  return { ...path, address: '10.7.0.2' }
}

/** Holds the port that packets are sent to, so that nothing is answered; to be killed by the caller. */
export function sink(path: Path) {
  const [program, ...args] = path.keeper.enter(path.to, [udpLoad, 'sink', path.address, '9'])
  return spawn(program, args, { stdio: 'ignore' })
}

/** From h1 to h2 of the demo chassis, through the engine. */
export async function enginePath(keeper: KeeperClient): Promise<Path> {
  const [from, to] = [
    await keeper.namespace(hostNamespaceName('h1')),
    await keeper.namespace(hostNamespaceName('h2')),
  ]
  return { keeper, from, to, address: bareAddress(h2.ipv4) }
}

/** Two hosts on either side of a namespace in which Linux forwards. */
export async function linuxPath(keeper: KeeperClient): Promise<Path> {
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
export async function setSteering(router: Namespace, mask: string): Promise<void> {
  await set(router, `for queue in /sys/class/net/p?/queues/rx-0; do echo ${mask} > $queue/rps_cpus; done`)
}

/**
 * What ports receive is taken in by threads of the kernel on that core, and no longer where it was sent; null: again there. Threads
 * have the names of devices: no others may have them.
 */
export async function setThreads(ports: Namespace, core: number | null): Promise<void> {
  await set(ports, `for port in /sys/class/net/p?; do echo ${core === null ? 0 : 1} > $port/threaded; done`)
  if (core === null) return
  const { stdout } = await promisify(execFile)('pgrep', ['^napi/p[12]-'])
  for (const thread of stdout.trim().split('\n'))
    await promisify(execFile)('taskset', ['-p', '-c', String(core), thread])
}

async function set(namespace: Namespace, script: string): Promise<void> {
  // /sys shows the devices of the namespace it was mounted in, so it is mounted anew in a mount namespace of the command.
  const inside = `mount -t sysfs sysfs /sys && ${script}`
  await promisify(execFile)('nsenter', [`--net=${namespace.path}`, 'unshare', '--mount', 'sh', '-c', inside])
}

/** Generic receive offload at a host: it takes in what comes by NAPI, and its device what XDP redirects to it. */
export async function receiveOffload({ keeper, from, to }: Path, on: boolean): Promise<void> {
  for (const host of [from, to])
    await execIn(keeper, host, ['ethtool', '-K', 'eth0', 'gro', on ? 'on' : 'off'])
}
