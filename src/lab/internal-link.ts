/**
 * The internal link of the demo chassis, a bridge in a namespace of its own, and the hosts of members other than 0. All of it is held by
 * the keeper of member 0, in whose user namespace those of the others are.
 */
import type { KeeperClient, Namespace } from '../../dataplane/client/index.js'
import { makeHost } from './lab.js'
import { execIn, type Keeper } from './namespace.js'
import type { LabHost } from './topology.js'

/** Of each member, on the internal link. */
export const internalDevice = 'fab0'

const place = 'internal'
const bridge = 'br0'

/** Makes the link, with the end of member 0, unless it is there. */
export async function makeInternalLink(keeper: KeeperClient): Promise<void> {
  const inside = await keeper.namespace(place)
  const links = JSON.parse(await execIn(keeper, inside, ['ip', '-j', 'link', 'show'])) as { ifname: string }[]
  if (links.some(({ ifname }) => ifname === bridge)) return
  await execIn(keeper, inside, ['ip', 'link', 'add', bridge, 'type', 'bridge'])
  await execIn(keeper, inside, ['ip', 'link', 'set', bridge, 'up'])
  await plugIn(keeper, inside, 0, await keeper.namespace('ports'))
}

async function plugIn(keeper: Keeper, inside: Namespace, number: number, ports: Namespace): Promise<void> {
  const end = `to${number}`
  const peer = ['peer', 'name', internalDevice, 'netns', ports.path]
  await execIn(keeper, inside, ['ip', 'link', 'add', end, 'type', 'veth', ...peer])
  await execIn(keeper, inside, ['ip', 'link', 'set', end, 'master', bridge, 'up'])
}

/** Gives a member its end of the internal link and its host, unless it has them. */
export async function equipMember(
  keeper: KeeperClient,
  member: KeeperClient,
  number: number,
  host: LabHost,
): Promise<void> {
  const ports = await member.namespace('ports')
  const inside = await keeper.namespace(place)
  const there = JSON.parse(await execIn(keeper, ports, ['ip', '-j', 'link', 'show'])) as { ifname: string }[]
  if (!there.some(({ ifname }) => ifname === internalDevice)) await plugIn(keeper, inside, number, ports)
  await makeHost(
    {
      namespace: (name) => (name === 'ports' ? Promise.resolve(ports) : keeper.namespace(name)),
      enter: (namespace, command) => keeper.enter(namespace, command),
    },
    host,
  )
}
