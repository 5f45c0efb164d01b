/**
 * `npm run bench -- forward [FIGURE…]`: from h1 to h2 through the engine, next to Linux's own forwarding between two like hosts over
 * like veth pairs, in pairs one right after the other; all figures, or those whose names begin as said (`af_packet`,
 * `af_packet-one-core`, `latency`). Placements, for each driver:
 *
 *   DRIVER-one-core    60-byte UDP packets a second; sender and the engine's worker on core 0, Linux on the sender's core
 *   DRIVER-two-cores   sender on core 0, worker on core 1; Linux as before, on one core
 *   DRIVER-vs-rps      the same beside Linux with receive packet steering (RPS), on core 1 (root only)
 *   DRIVER-tcp-1, -4   TCP streams by iperf3, worker on core 1
 *   ebpf-tc-…          the kernel fast path, on the core of the sender
 *   ebpf-xdp-…         the same by XDP, with generic receive offload on at the hosts; vs-rps with threaded NAPI at the ports, on core 1,
 *                      which the bench sets
 *   latency-p50-us, -p99-us   from socket to socket at 10,000 packets a second, of the first driver
 *   vxlan-across-tcp-1   a TCP stream in a VXLAN of the hosts' own, worker on core 1, of the first driver
 *   idle-nine-engines  per cent of a core that nine engines take which have nothing to do
 */
import { join } from 'node:path'
import { connectKeeper } from '../dataplane/client/index.js'
import { execIn } from '../src/lab/namespace.js'
import { runFolder } from '../src/state.js'
import type { Weftd } from '../test/lab/weftd.js'
import { startBenchAppliance } from './appliance.js'
import { drivers, type BenchDriver } from './forward/drivers.js'
import { idleEngines } from './forward/idle.js'
import {
  enginePath,
  latency,
  linuxPath,
  packetsPerSecond,
  receiveOffload,
  setSteering,
  setThreads,
  sink,
  throughput,
  vxlanPath,
  type Path,
} from './forward/path.js'
import { paired, report, single, tell, type Figure } from './report.js'

const rounds = 3
const idle = 'idle-nine-engines'
const latencies = ['latency-p50-us', 'latency-p99-us']

function figuresOf(driver: string): string[] {
  const names = ['one-core', 'two-cores', 'vs-rps', 'tcp-1', 'tcp-4'].map((name) => `${driver}-${name}`)
  return driver === drivers[0]?.name ? [...names, ...latencies] : names
}

interface Ways {
  readonly engine: Path
  readonly linux: Path
}

export async function bench(options: readonly string[]): Promise<void> {
  const asked = options.filter((option) => !option.startsWith('--'))
  const wanted = (figure: string) => asked.length === 0 || asked.some((start) => figure.startsWith(start))
  const figures: Figure[] = []
  const notes: string[] = []
  const measured = drivers.filter(({ name }) => figuresOf(name).some(wanted))
  if (measured.length > 0) {
    await using appliance = await startBenchAppliance()
    await using keeper = await connectKeeper(join(runFolder(appliance.state), 'keeper.sock'))
    const ways: Ways = { engine: await enginePath(keeper), linux: await linuxPath(keeper) }
    const sinks = [ways.engine, ways.linux].map(sink)
    try {
      for (const path of [ways.engine, ways.linux]) {
        await execIn(path.keeper, path.from, ['ping', '-c', '1', '-w', '5', path.address])
      }
      for (const driver of measured) {
        await receiveOffload(ways.engine, driver.receiveOffload ?? false)
        const missing = await place(appliance, driver, 0).catch((error: Error) => error.message)
        if (missing === undefined) figures.push(...(await measureDriver(appliance, driver, ways, wanted)))
        else notes.push(`${driver.name} is left out: ${missing}`)
      }
    } finally {
      for (const one of sinks) one.kill()
    }
  }
  if (wanted(idle)) figures.push(tell('forward', single(idle, '% of a core', 'lower', await idleEngines(2))))
  report(
    'forward',
    figures,
    [
      'sender pinned to core 0; one-core: the worker too, otherwise on core 1; linux forwards on the core of the sender, linux-rps on core 1 (root only)',
      `medians of ${rounds} pairs of 2 s after one to warm up; each path has two veth pairs of its own`,
      ...notes,
    ],
    options.includes('--json'),
  )
}

async function measureDriver(
  appliance: Weftd,
  driver: BenchDriver,
  ways: Ways,
  wanted: (figure: string) => boolean,
): Promise<Figure[]> {
  const figures: Figure[] = []
  let placed: number | undefined
  const pairs = async <T>(of: (path: Path) => Promise<T>, core = 1): Promise<{ ours: T; peer: T }[]> => {
    if (placed !== core) await place(appliance, driver, core)
    placed = core
    const all: { ours: T; peer: T }[] = []
    for (let round = 0; round <= rounds; round++)
      all.push({ ours: await of(ways.engine), peer: await of(ways.linux) })
    return all.slice(1)
  }
  const wants = (name: string) => wanted(`${driver.name}-${name}`)
  const add = (name: string, unit: string, all: { ours: number; peer: number }[], peer = 'linux') => {
    figures.push(tell('forward', paired(`${driver.name}-${name}`, unit, 'higher', peer, all)))
  }
  if (wants('one-core')) add('one-core', 'kpps', await pairs(packetsPerSecond, 0))
  if (wants('two-cores') && !driver.inKernel) add('two-cores', 'kpps', await pairs(packetsPerSecond))
  for (const streams of [1, 4]) {
    const name = `tcp-${streams}`
    if (wants(name)) add(name, 'Gbit/s', await pairs((path) => throughput(path, streams)))
  }
  if (driver === drivers[0] && latencies.some(wanted)) {
    const all = await pairs(latency)
    for (const q of ['p50', 'p99'] as const) {
      const of = all.map(({ ours, peer }) => ({ ours: ours[q], peer: peer[q] }))
      figures.push(tell('forward', paired(`latency-${q}-us`, 'µs', 'lower', 'linux', of)))
    }
    const inside = await pairs(async (path) => throughput(await vxlanPath(path), 1))
    figures.push(tell('forward', paired('vxlan-across-tcp-1', 'Gbit/s', 'higher', 'linux', inside)))
  }
  if (process.getuid?.() === 0 && wants('vs-rps')) {
    const router = await ways.linux.keeper.namespace('linux-router')
    const ports = await ways.engine.keeper.namespace('ports')
    await setSteering(router, '2')
    if (driver.receiveOffload) await setThreads(ports, 1)
    add('vs-rps', 'kpps', await pairs(packetsPerSecond), 'linux-rps')
    if (driver.receiveOffload) await setThreads(ports, null)
    await setSteering(router, '0')
  }
  return figures
}

/** One worker on this core, which serves both ports by the driver. Why it does not. */
async function place(appliance: Weftd, driver: BenchDriver, core: number): Promise<string | undefined> {
  await using client = await appliance.connect()
  const port = (name: string) =>
    `<port nc:operation="replace"><name>${name}</name><rx-queues>1</rx-queues>${driver.settings}</port>`
  const xmlns =
    'xmlns="urn:weft:params:xml:ns:yang:weft-ports" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"'
  await client.edit(
    `<workers ${xmlns}><count>1</count><worker><id>0</id><cpu>${core}</cpu></worker></workers>` +
      `<ports ${xmlns}>${port('p1')}${port('p2')}</ports>`,
  )
  await client.commit()
  return await driver.missing?.(client)
}
