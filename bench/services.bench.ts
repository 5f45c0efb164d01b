/**
 * `npm run bench -- services [FIGURE…]`: what services cost; all figures, or those whose names begin as said.
 *
 *   SERVICE-encap, -decap   nanoseconds a packet that tunnels add to forwarding, on one core and in memory
 *                           (dataplane/engine/bench/services.cc says what is counted)
 *   vlan-routed             the same of packets routed from a VLAN sub-interface
 *   vlan-translate          and of another VLAN by a cross-connect, next to one that keeps its tag
 *   bridge, bridge-few      the same that a bridge domain adds to a cross-connect, with 100,000 addresses, and with 100
 *   fabric-KIND-ingress, -egress  the same that a fabric of a chassis adds, at the member where packets come in and at the one where they leave
 *   vxlan-tcp               a TCP stream from h1 into a VXLAN to a device of Linux at h2, next to a like one by Linux's own VXLAN
 *   vxlan-tcp-back          the same the other way
 */
import { execFile } from 'node:child_process'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { connectKeeper, type Namespace } from '../dataplane/client/index.js'
import { execIn } from '../src/lab/namespace.js'
import { runFolder } from '../src/state.js'
import { startBenchAppliance } from './appliance.js'
import { enginePath, linuxPath, throughput, type Path } from './forward/path.js'
import { paired, report, single, type Figure } from './report.js'

const program = join(resolve(fileURLToPath(import.meta.url), '../../..'), 'build/engine/services-bench')
const seconds = 0.1
const rounds = 3
const streams = ['vxlan-tcp', 'vxlan-tcp-back']

export async function bench(options: readonly string[]): Promise<void> {
  const asked = options.filter((option) => !option.startsWith('--'))
  const wanted = (figure: string) => asked.length === 0 || asked.some((start) => figure.startsWith(start))
  const { stdout } = await promisify(execFile)(program, [String(seconds)])
  const figures = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' ') as [string, string])
    .filter(([name]) => wanted(name))
    .map(([name, value]) => single(name, 'ns', 'lower', [Number(value)]))
  if (streams.some(wanted)) figures.push(...(await overVxlan(wanted)))
  const notes = [`streams: medians of ${rounds} pairs of 2 s after one to warm up; worker on core 1`]
  report('services', figures, notes, options.includes('--json'))
}

async function overVxlan(wanted: (figure: string) => boolean): Promise<Figure[]> {
  await using appliance = await startBenchAppliance()
  await using keeper = await connectKeeper(join(runFolder(appliance.state), 'keeper.sock'))
  const ways = { engine: await enginePath(keeper), linux: await linuxPath(keeper) }
  const device = async (inside: Namespace, ends: readonly [string, string], address: string) => {
    const ip = (...words: readonly string[]) => execIn(keeper, inside, ['ip', ...words])
    const [local, remote] = ends
    await ip(
      ...['link', 'add', 'vx0', 'type', 'vxlan', 'id', '7', 'dstport', '4789'],
      'local',
      local,
      'remote',
      remote,
    )
    await ip('addr', 'add', `${address}/24`, 'dev', 'vx0')
    await ip('link', 'set', 'vx0', 'up')
  }
  const [gateway, far] = ['198.51.100.1', '198.51.100.2'] as const
  for (const { to } of Object.values(ways)) {
    await device(to, [far, gateway], '10.7.0.2')
    await execIn(keeper, to, ['ip', 'route', 'add', '192.0.2.0/24', 'via', '10.7.0.1'])
  }
  await device(await keeper.namespace('linux-router'), [gateway, far], '10.7.0.1')
  await using client = await appliance.connect()
  await client.edit(
    '<workers xmlns="urn:weft:params:xml:ns:yang:weft-ports"><count>1</count><worker><id>0</id><cpu>1</cpu></worker></workers>' +
      '<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"><interface><name>vx0</name>' +
      '<type xmlns:i="urn:ietf:params:xml:ns:yang:iana-if-type">i:tunnel</type>' +
      `<tunnel xmlns="urn:weft:params:xml:ns:yang:weft-tunnels"><source>${gateway}</source><destination>${far}</destination>` +
      '<vxlan><vni>7</vni></vxlan></tunnel><ipv4 xmlns="urn:ietf:params:xml:ns:yang:ietf-ip"><forwarding>true</forwarding>' +
      '<address><ip>10.7.0.1</ip><prefix-length>24</prefix-length></address></ipv4></interface></interfaces>',
  )
  await client.commit()
  const figures: Figure[] = []
  const measure = async (name: string, turn: (path: Path) => Path) => {
    const pairs: { ours: number; peer: number }[] = []
    for (let round = 0; round <= rounds; round++)
      pairs.push({
        ours: await throughput(turn(ways.engine), 1),
        peer: await throughput(turn(ways.linux), 1),
      })
    figures.push(paired(name, 'Gbit/s', 'higher', 'linux', pairs.slice(1)))
  }
  for (const path of Object.values(ways))
    await execIn(keeper, path.from, ['ping', '-c', '1', '-w', '5', '10.7.0.2'])
  if (wanted('vxlan-tcp')) await measure('vxlan-tcp', (path) => ({ ...path, address: '10.7.0.2' }))
  if (wanted('vxlan-tcp-back'))
    await measure('vxlan-tcp-back', ({ from, to, ...path }) => ({
      ...path,
      from: to,
      to: from,
      address: '192.0.2.2',
    }))
  return figures
}
