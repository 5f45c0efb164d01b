/**
 * The ports of member 0: existing Linux devices that an operator attached with --port, and those of the demo's hosts.
 * A device is taken: it is moved into the engine's port namespace, where it has no address and the kernel answers for
 * nothing, and given back when the appliance stops. What is taken is written down in the run folder, so that a later
 * process can give back what a killed one has left.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { connectKeeper, type KeeperClient } from '../../dataplane/client/index.js'
import { execIn } from '../lab/namespace.js'
import type { Log } from '../log.js'

export interface Attachment {
  readonly name: string
  readonly device: string
}

interface Link {
  readonly ifname: string
  /** 0: the device does not say. */
  readonly max_mtu?: number
}

const capNetAdmin = 12n
const listLinks = ['ip', '-j', '-d', 'link', 'show'] as const

/** Does this process hold CAP_NET_ADMIN where its network devices are? */
function mayMoveDevices(): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  const initial = /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'))
  return initial && effective !== undefined && ((BigInt(`0x${effective}`) >> capNetAdmin) & 1n) === 1n
}

/** Runs a command; throws what it said on standard error. */
function execHere(program: string, args: readonly string[]): string {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string }
    throw new Error(stderr.trim() || message, { cause: error })
  }
}

function devicesHere(): string[] {
  const links = JSON.parse(execHere(listLinks[0], listLinks.slice(1))) as Link[]
  return links.map(({ ifname }) => ifname)
}

async function linksOfPorts(keeper: KeeperClient): Promise<Link[]> {
  return JSON.parse(await execIn(keeper, await keeper.namespace('ports'), listLinks)) as Link[]
}

const recordOf = (run: string): string => join(run, 'devices.json')

/** Devices that are to be given back, as this process or one before has written down. */
function readTaken(run: string): string[] {
  try {
    return JSON.parse(readFileSync(recordOf(run), 'utf8')) as string[]
  } catch {
    return []
  }
}

function writeTaken(run: string, devices: readonly string[]): void {
  writeFileSync(`${recordOf(run)}.new`, JSON.stringify(devices), { mode: 0o600 })
  renameSync(`${recordOf(run)}.new`, recordOf(run))
}

/** The run folder of another appliance that has the device as a port. */
async function holderOf(device: string, own: KeeperClient): Promise<string | undefined> {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== own.pid)) {
    let words: string[]
    try {
      words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    } catch {
      continue
    }
    const socket = words[words.indexOf('--socket') + 1]
    if (basename(words[0] ?? '') !== 'weft-keeper' || !socket) continue
    const links = await (async () => {
      await using other = await connectKeeper(socket)
      return await linksOfPorts(other)
    })().catch(() => [])
    if (links.some(({ ifname }) => ifname === device)) return dirname(socket)
  }
  return undefined
}

/**
 * Moves the devices into the port namespace; those that are there already stay, and those that an earlier process took and
 * nobody names any more are given back. Throws when one can't be had.
 */
export async function takeDevices(
  keeper: KeeperClient,
  run: string,
  attachments: readonly Attachment[],
  log: Log,
): Promise<void> {
  const loopback = attachments.find(({ device }) => device === 'lo')
  if (loopback) throw new Error(`--port ${loopback.name}=lo: the loopback device can't be a port`)
  const left = readTaken(run).filter((device) => !attachments.some((one) => one.device === device))
  if (left.length > 0) await giveBack(keeper, run, left, log)
  const present = (await linksOfPorts(keeper)).map(({ ifname }) => ifname)
  const wanted = attachments.filter(({ device }) => !present.includes(device))
  if (wanted.length === 0) return
  if (!mayMoveDevices()) {
    throw new Error(
      `--port ${wanted[0]?.name}=${wanted[0]?.device} needs CAP_NET_ADMIN on this machine: run as root, or leave --port out`,
    )
  }
  const here = devicesHere()
  for (const { name, device } of wanted) {
    if (here.includes(device)) continue
    const holder = await holderOf(device, keeper)
    const others = here.filter((other) => other !== 'lo').join(', ') || 'none'
    throw new Error(
      holder === undefined
        ? `--port ${name}=${device}: there is no device '${device}' here; devices: ${others}`
        : `--port ${name}=${device}: device '${device}' is a port of another appliance, the one with run folder ${holder}; ` +
            'stop it, or end what it left with `weft down`, and the device comes back',
    )
  }
  const ports = await keeper.namespace('ports')
  for (const { name, device } of wanted) {
    writeTaken(run, [...new Set([...readTaken(run), device])])
    try {
      execHere('ip', ['link', 'set', 'dev', device, 'netns', ports.path])
    } catch (error) {
      throw new Error(`--port ${name}=${device}: the device can't be moved: ${(error as Error).message}`, {
        cause: error,
      })
    }
  }
}

/** Gives all devices that were taken back to this process's own namespace. What fails is logged. */
export async function giveDevicesBack(keeper: KeeperClient, run: string, log: Log): Promise<void> {
  await giveBack(keeper, run, readTaken(run), log)
}

async function giveBack(
  keeper: KeeperClient,
  run: string,
  devices: readonly string[],
  log: Log,
): Promise<void> {
  if (devices.length === 0) return
  const ports = await keeper.namespace('ports')
  const present = (await linksOfPorts(keeper)).map(({ ifname }) => ifname)
  for (const device of devices.filter((one) => present.includes(one))) {
    try {
      const move = ['ip', 'link', 'set', 'dev', device, 'netns', String(process.pid)]
      execHere('nsenter', [`--net=${ports.path}`, '--', ...move])
    } catch (error) {
      log.error(`device ${device} could not be given back: ${(error as Error).message}`)
    }
  }
  writeTaken(
    run,
    readTaken(run).filter((device) => !devices.includes(device)),
  )
}

/** The most octets of layer 3 that each port's device can be set to carry, by the name of the port, where the device says it. */
export async function largestMtus(
  keeper: KeeperClient,
  attachments: readonly Attachment[],
): Promise<ReadonlyMap<string, number>> {
  const limits = new Map((await linksOfPorts(keeper)).map(({ ifname, max_mtu = 0 }) => [ifname, max_mtu]))
  return new Map(
    attachments.flatMap(({ name, device }) => {
      const limit = limits.get(device) ?? 0
      return limit > 0 ? [[name, limit] as const] : []
    }),
  )
}
