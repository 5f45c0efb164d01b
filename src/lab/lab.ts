/**
 * Hosts beside the appliance: namespaces with one link each, whose other end is a device in the engine's port namespace.
 * The keeper holds them, so they live as long as it does; making one that is there already changes nothing.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Namespace } from '../../dataplane/client/index.js'
import { execIn, type Keeper } from './namespace.js'
import { bareAddress, type LabHost } from './topology.js'

/** Prefix of host namespaces' names, apart from the keeper's own `ports` and `chassis`. */
const hostPrefix = 'host-'

export function hostNamespaceName(host: string): string {
  return hostPrefix + host
}

export function hostOfNamespace(name: string): string | undefined {
  return name.startsWith(hostPrefix) ? name.slice(hostPrefix.length) : undefined
}

/** Makes the host and its link, unless they are there. The device in the port namespace has the port's name. */
export async function makeHost(keeper: Keeper, host: LabHost): Promise<Namespace> {
  const inside = await keeper.namespace(hostNamespaceName(host.name))
  const ports = await keeper.namespace('ports')
  const ip = (...args: string[]) => execIn(keeper, inside, ['ip', ...args])
  const links = JSON.parse(await ip('-j', 'link', 'show')) as { ifname: string }[]
  if (links.some(({ ifname }) => ifname === 'eth0')) return inside
  await execIn(keeper, ports, [
    'ip',
    'link',
    'add',
    host.port,
    'type',
    'veth',
    'peer',
    'name',
    'eth0',
    'netns',
    inside.path,
  ])
  await execIn(keeper, ports, ['ip', 'link', 'set', host.port, 'up'])
  await ip('link', 'set', 'lo', 'up')
  await ip('addr', 'add', host.ipv4, 'dev', 'eth0')
  await ip('-6', 'addr', 'add', host.ipv6, 'dev', 'eth0', 'nodad')
  await ip('link', 'set', 'eth0', 'up')
  await ip('route', 'add', 'default', 'via', host.gateway4)
  await ip('-6', 'route', 'add', 'default', 'via', host.gateway6, 'dev', 'eth0')
  return inside
}

export interface Reachability {
  readonly from: string
  readonly to: string
  readonly family: 'IPv4' | 'IPv6'
  readonly address: string
  /** Round trip in milliseconds; undefined: not reached. */
  readonly milliseconds: number | undefined
}

const pingSeconds = 10
/** Milliseconds before it is tried again. */
const pause = 100

/** Pings one host from another over both families, up to 10 s each until it answers. */
export async function reach(
  keeper: Keeper,
  from: LabHost,
  to: LabHost,
  signal?: AbortSignal,
): Promise<Reachability[]> {
  const inside = await keeper.namespace(hostNamespaceName(from.name))
  const results: Reachability[] = []
  for (const family of ['IPv4', 'IPv6'] as const) {
    const address = bareAddress(family === 'IPv4' ? to.ipv4 : to.ipv6)
    let milliseconds: number | undefined
    for (let left = pingSeconds; left > 0 && milliseconds === undefined && !signal?.aborted;) {
      const start = performance.now()
      // Two answers: the first one waits for neighbours on both links. An ICMP error, as of a port that is not up yet, ends ping.
      const ping = ['ping', '-n', '-i', '0.2', '-c', '2', '-w', String(Math.ceil(left)), address]
      const output = await execIn(keeper, inside, ping, signal).catch(
        (error: unknown) => (error as Error).message,
      )
      const times = [...output.matchAll(/time=([\d.]+) ms/g)].map((match) => Number(match[1]))
      milliseconds = times.at(-1)
      if (milliseconds === undefined) await delay(pause)
      left -= (performance.now() - start) / 1000
    }
    results.push({ from: from.name, to: to.name, family, address, milliseconds })
  }
  return results
}
