/**
 * What YANG cannot say of tunnels: sources that are this box's, ends of one family, one tunnel between two ends, other ends that
 * are others. Gives every error with its instance path and what would be right.
 */
import { ConfigError } from '../../../datastore/index.js'
import { familyOf, formatAddress, kindOf, type Address } from '../../rib/index.js'
import type { Interfaces } from '../interfaces/model.js'
import { key } from '../path.js'
import { addressesOf, isLayer3, pathOf, sourceOf, vrfOf, type TunnelConfig, type Tunnels } from './model.js'

export function check(tunnels: Tunnels, interfaces: Interfaces): readonly ConfigError[] {
  const own = new Map<number, Map<string, string>>()
  for (const config of interfaces.values()) {
    const all = own.get(config.vrf) ?? new Map<string, string>()
    own.set(config.vrf, all)
    for (const address of addressesOf(config)) all.set(formatAddress(address), config.name)
  }
  return [
    ...[...tunnels.values()].flatMap((config) => [...checkOne(config, interfaces, own.get(vrfOf(config)))]),
    ...checkDoubles(tunnels, interfaces),
  ]
}

const remotePath = ({ name, several }: TunnelConfig, remote: Address): string =>
  pathOf.leaf(name, several ? `remote${key('address', formatAddress(remote))}/address` : 'destination')

function* checkOne(
  config: TunnelConfig,
  interfaces: Interfaces,
  own: ReadonlyMap<string, string> | undefined,
): Iterable<ConfigError> {
  const { name, kind, remotes, several } = config
  const source = sourceOf(config, interfaces)
  const instance =
    config.networkInstance === undefined ? '' : ` in network instance '${config.networkInstance}'`
  const sourcePath = pathOf.leaf(name, 'address' in config.source ? 'source' : 'source-interface')
  const text = source && formatAddress(source)
  const owner = text === undefined ? undefined : own?.get(text)
  if (!source) {
    const from = 'interface' in config.source ? config.source.interface : ''
    const family = remotes[0] ? familyOf(remotes[0]) : 4
    const message = `interface ${from} has no IPv${family} address that the tunnel could begin at`
    yield new ConfigError(sourcePath, message)
  } else if (owner === undefined) {
    const message = `${text} is no address of an interface${instance}; a tunnel begins at an address of this box`
    yield new ConfigError(sourcePath, message)
  } else if (owner === name) {
    const message = `${text} is an address of this tunnel itself; its packets begin at another interface's`
    yield new ConfigError(sourcePath, message)
  }
  if (several && isLayer3(kind)) {
    const message = `a tunnel of IP packets has one destination; several remotes are for tunnels of Ethernet frames`
    yield new ConfigError(pathOf.tunnel(name), message)
  }
  for (const remote of remotes) {
    const other = formatAddress(remote)
    const path = remotePath(config, remote)
    const what = kindOf(remote)
    if (source && familyOf(remote) !== familyOf(source)) {
      const message = `${other} is of IPv${familyOf(remote)} and the source ${text} of IPv${familyOf(source)}; both ends are of one family`
      yield new ConfigError(path, message)
    } else if (what !== 'unicast') {
      const message = `${other} is ${what === 'unspecified' ? 'an' : 'a'} ${what} address; a tunnel leads to a unicast one`
      yield new ConfigError(path, message)
    } else if (own?.has(other)) {
      const message = `${other} is an address of this box, of interface ${own.get(other)}; a tunnel leads to another one`
      yield new ConfigError(path, message)
    }
  }
  if (config.fragmentsOutside && source && familyOf(source) === 6) {
    const message = `packets of IPv6 are not fragmented on the way; take fragmentation inner, or a source of IPv4`
    yield new ConfigError(pathOf.leaf(name, 'fragmentation'), message)
  }
}

/** What tells the packets of one tunnel from those of another between the same ends. */
function identityOf(config: TunnelConfig): string {
  const { kind, key: number, port } = config
  if (kind === 'ipip') return 'IP in IP'
  if (port !== undefined)
    return `${kind.startsWith('vxlan-gpe') ? 'VXLAN-GPE' : 'VXLAN'} of VNI ${number} at port ${port}`
  if (kind === 'nvgre') return `NVGRE of virtual subnet ${number}`
  const keyed = number === undefined ? 'without key' : `of key ${number}`
  return `${kind === 'gre' ? 'GRE' : 'GRE of Ethernet frames'} ${keyed}`
}

function* checkDoubles(tunnels: Tunnels, interfaces: Interfaces): Iterable<ConfigError> {
  const owners = new Map<string, string>()
  for (const config of tunnels.values()) {
    const source = sourceOf(config, interfaces)
    if (!source) continue
    const what = identityOf(config)
    for (const remote of config.remotes) {
      const id = [vrfOf(config), what, formatAddress(source), formatAddress(remote)].join(' ')
      const owner = owners.get(id)
      owners.set(id, owner ?? config.name)
      if (owner === undefined) continue
      const message =
        `interface ${owner} is ${what} from ${formatAddress(source)} to ${formatAddress(remote)} already; ` +
        `tunnels between the same ends differ in kind or key`
      yield new ConfigError(remotePath(config, remote), message)
    }
  }
}
