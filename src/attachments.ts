/**
 * The ports of member 0: existing Linux devices that an operator attached with --port, and those of the demo's hosts.
 * A device is taken: it is moved into the engine's port namespace, where it has no address and the kernel answers for
 * nothing, and given back when the appliance stops.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Namespace } from '../dataplane/client/index.js'
import { execIn, type Keeper } from './lab/namespace.js'
import type { Log } from './log.js'

export interface Attachment {
  readonly name: string
  readonly device: string
}

const capNetAdmin = 12n

/** Does this process hold CAP_NET_ADMIN where its network devices are? */
function mayMoveDevices(): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  const initial = /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'))
  return initial && effective !== undefined && ((BigInt(`0x${effective}`) >> capNetAdmin) & 1n) === 1n
}

function devicesHere(): string[] {
  const links = JSON.parse(execFileSync('ip', ['-j', 'link', 'show'], { encoding: 'utf8' })) as {
    ifname: string
  }[]
  return links.map(({ ifname }) => ifname)
}

async function devicesIn(keeper: Keeper, ports: Namespace): Promise<string[]> {
  const links = JSON.parse(await execIn(keeper, ports, ['ip', '-j', 'link', 'show'])) as { ifname: string }[]
  return links.map(({ ifname }) => ifname)
}

/** Moves the devices into the port namespace; those that are there already stay. Throws when one can't be had, moving none. */
export async function takeDevices(keeper: Keeper, attachments: readonly Attachment[]): Promise<void> {
  const loopback = attachments.find(({ device }) => device === 'lo')
  if (loopback) throw new Error(`--port ${loopback.name}=lo: the loopback device can't be a port`)
  const ports = await keeper.namespace('ports')
  const taken = await devicesIn(keeper, ports)
  const wanted = attachments.filter(({ device }) => !taken.includes(device))
  if (wanted.length === 0) return
  if (!mayMoveDevices()) {
    throw new Error(
      `--port ${wanted[0]?.name}=${wanted[0]?.device} needs CAP_NET_ADMIN on this machine: run as root, or leave --port out`,
    )
  }
  const here = devicesHere()
  for (const { name, device } of wanted) {
    if (here.includes(device)) continue
    const others = here.filter((other) => other !== 'lo').join(', ') || 'none'
    throw new Error(`--port ${name}=${device}: there is no device '${device}' here; devices: ${others}`)
  }
  for (const { device } of wanted) execFileSync('ip', ['link', 'set', 'dev', device, 'netns', ports.path])
}

/** Gives the devices back to this process's own namespace. What fails is logged. */
export async function giveDevicesBack(
  keeper: Keeper,
  attachments: readonly Attachment[],
  log: Log,
): Promise<void> {
  if (attachments.length === 0) return
  const ports = await keeper.namespace('ports')
  for (const { device } of attachments) {
    try {
      const move = ['ip', 'link', 'set', 'dev', device, 'netns', String(process.pid)]
      execFileSync('nsenter', [`--net=${ports.path}`, '--', ...move], { stdio: ['ignore', 'ignore', 'pipe'] })
    } catch (error) {
      log.error(`device ${device} could not be given back: ${(error as Error).message}`)
    }
  }
}
