/**
 * What YANG cannot say of interfaces: ports that exist, addresses that can be a box's own, subnets that do not overlap.
 * Gives every error with its instance path and what would be right.
 */
import { ConfigError } from '../../../datastore/index.js'
import {
  contains,
  formatAddress,
  formatPrefix,
  kindOf,
  lastOf,
  overlaps,
  parseMac,
  prefixOf,
  sameAddress,
  widthOf,
  type Address,
  type Family,
  type Prefix,
} from '../../rib/index.js'
import { isSlotPort } from '../chassis/model.js'
import type { PortInventory } from '../context.js'
import { key } from '../path.js'
import { checkCircuits } from './check-circuits.js'
import { ethernet, loopback, pathOf, portOf, types, type InterfaceConfig, type Interfaces } from './model.js'

const families = [4, 6] as const

/**
 * `before`: what was there already; its missing ports are not the fault of this change, but for those that it unmakes: `gone`.
 * `named`: ports of members, which may come later.
 */
export function check(
  before: Interfaces,
  after: Interfaces,
  ports: PortInventory,
  named: ReadonlySet<string>,
  gone: readonly string[],
): readonly ConfigError[] {
  return [
    ...[...after.values()].flatMap((config) => [...checkOne(config)]),
    ...checkPorts(before, after, ports, named, gone),
    ...checkCircuits(before, after),
    ...checkSubnets(before, after),
  ]
}

function* checkOne(config: InterfaceConfig): Iterable<ConfigError> {
  const { name, type } = config
  if (!/^[!-~]{1,64}$/.test(name)) {
    const message = 'a name of an interface has 1 to 64 printable ASCII characters without spaces'
    yield new ConfigError(pathOf.leaf(name, 'name'), message)
  }
  if (!types.includes(type)) {
    const message = `interfaces of type ${type} are not supported; supported are ${types.slice(0, -1).join(', ')} and ${types.at(-1)}`
    yield new ConfigError(pathOf.leaf(name, 'type'), message)
  }
  if (type !== ethernet && types.includes(type) && config.portLeaf !== undefined) {
    const message = `an interface of type ${type.replace('iana-if-type:', '')} sits on no port; delete its port or make it ${ethernet}`
    yield new ConfigError(pathOf.leaf(name, 'weft-interfaces:port'), message)
  }
  yield* checkMac(config)
  for (const family of families) {
    for (const address of config.ip[family]?.addresses ?? []) yield* checkAddress(config, family, address)
    yield* checkNeighbours(config, family)
  }
}

const isUnicastMac = (mac: Uint8Array | undefined): boolean =>
  mac !== undefined && mac.some((octet) => octet !== 0) && ((mac[0] as number) & 1) === 0

function* checkMac({ name, type, macText }: InterfaceConfig): Iterable<ConfigError> {
  if (macText === undefined) return
  const path = pathOf.leaf(name, 'weft-interfaces:mac-address')
  if (type === loopback) {
    yield new ConfigError(path, 'an interface of type softwareLoopback has no MAC address; delete it')
  } else if (!isUnicastMac(parseMac(macText))) {
    const message = `'${macText}' is not an interface's address; it needs a unicast one, such as 02:00:5e:10:00:01`
    yield new ConfigError(path, message)
  }
}

function* checkAddress(config: InterfaceConfig, family: Family, own: Prefix): Iterable<ConfigError> {
  const text = formatAddress(own.address)
  const path = (leaf: string) => pathOf.ip(config.name, family, `address${key('ip', text)}/${leaf}`)
  const kind = kindOf(own.address)
  if (kind !== 'unicast' && kind !== 'link-local') {
    yield new ConfigError(
      path('ip'),
      `${text} is ${kind === 'unspecified' ? 'an' : 'a'} ${kind} address; an interface needs a unicast one`,
    )
    return
  }
  const width = widthOf(family)
  if (config.type === loopback) {
    if (own.length !== width) {
      const message = `prefix-length of an address of a softwareLoopback interface is ${width}, not ${own.length}`
      yield new ConfigError(path('prefix-length'), message)
    }
    return
  }
  if (own.length === 0) {
    const message = `prefix-length 0 would put every address on this link; it is 1 to ${width}`
    yield new ConfigError(path('prefix-length'), message)
    return
  }
  if (family === 4 && own.length < 31) {
    const subnet = prefixOf(own.address, own.length)
    const last = lastOf(subnet)
    if (sameAddress(own.address, subnet.address) || sameAddress(own.address, last)) {
      const what = sameAddress(own.address, last) ? 'broadcast address' : 'network'
      yield new ConfigError(
        path('ip'),
        `${text} is the ${what} of ${formatPrefix(subnet)}; take an address between`,
      )
    }
  }
}

function* checkNeighbours(config: InterfaceConfig, family: Family): Iterable<ConfigError> {
  const ip = config.ip[family]
  for (const { address, mac, macText } of ip?.neighbours ?? []) {
    const text = formatAddress(address)
    const path = (leaf: string) => pathOf.ip(config.name, family, `neighbor${key('ip', text)}/${leaf}`)
    if (config.type === loopback) {
      yield new ConfigError(path('ip'), `no neighbour can be on a softwareLoopback interface`)
      continue
    }
    if (!isUnicastMac(mac)) {
      const message = `'${macText}' is not a neighbour's address; it needs a unicast one of six octets, such as 02:00:5e:10:00:01`
      yield new ConfigError(path('link-layer-address'), message)
    }
    if (ip?.addresses.some((own) => sameAddress(own.address, address))) {
      yield new ConfigError(path('ip'), `${text} is this interface's own address`)
    } else if (
      !(family === 6 && kindOf(address) === 'link-local') &&
      !ip?.addresses.some(({ address: own, length }) => contains(prefixOf(own, length), address))
    ) {
      const near = ip?.addresses.map(({ address: own, length }) => formatPrefix(prefixOf(own, length))) ?? []
      const message = `neighbour ${text} is in no subnet of ${config.name}; it has ${near.join(', ') || `no IPv${family} address`}`
      yield new ConfigError(path('ip'), message)
    }
  }
}

function* checkPorts(
  before: Interfaces,
  after: Interfaces,
  ports: PortInventory,
  named: ReadonlySet<string>,
  gone: readonly string[],
): Iterable<ConfigError> {
  const owners = new Map<string, string>()
  for (const config of after.values()) {
    const port = portOf(config)
    if (port === undefined || config.type !== ethernet) continue
    const { name } = config
    const path =
      config.portLeaf === undefined ? pathOf.interface(name) : pathOf.leaf(name, 'weft-interfaces:port')
    const was = before.get(name)
    if (gone.includes(port)) {
      const message = `port '${port}' is made no more; delete this interface too, or leave it the port`
      yield new ConfigError(path, message)
      continue
    }
    const expected = ports.names.includes(port) || isSlotPort(port) || named.has(port)
    if (!expected && !(was && portOf(was) === port)) {
      const there =
        ports.names.length > 0 ? `this chassis has ${ports.names.join(', ')}` : 'this chassis has no ports'
      yield new ConfigError(path, `no port named '${port}'; ${there}`)
      continue
    }
    const owner = owners.get(port)
    if (owner !== undefined) {
      yield new ConfigError(path, `port ${port} is taken by interface ${owner}; a port has one interface`)
      continue
    }
    owners.set(port, name)
    const limit = ports.mtu(port)
    for (const family of families) {
      const mtu = config.ip[family]?.mtu
      if (mtu === undefined || limit === undefined || mtu <= limit) continue
      const message = `mtu ${mtu} is more than port ${port} carries, which is ${limit}`
      yield new ConfigError(pathOf.ip(name, family, 'mtu'), message)
    }
  }
}

interface Subnet {
  readonly name: string
  readonly vrf: number
  readonly address: Address
  readonly subnet: Prefix
}

const within = (begun: Subnet, one: Subnet): boolean =>
  begun.vrf === one.vrf && overlaps(begun.subnet, one.subnet)

/**
 * Two interfaces of one network instance with one address, or in one subnet. A subnet of a link (fe80::/10) may be on each. The error is at the one that
 * is new; of two that are, at the later one.
 */
function* checkSubnets(before: Interfaces, after: Interfaces): Iterable<ConfigError> {
  for (const family of families) {
    const all: Subnet[] = []
    for (const { name, vrf, ip } of after.values()) {
      for (const { address, length } of ip[family]?.addresses ?? []) {
        if (family === 6 && kindOf(address) === 'link-local') continue
        if (length <= 0) continue
        all.push({ name, vrf, address, subnet: prefixOf(address, length) })
      }
    }
    // In order of their first address, a subnet overlaps one that has begun and not ended: the last one, if any.
    const order = new Map(all.map((one, index) => [one, index]))
    const sorted = all.toSorted(
      (a, b) =>
        a.vrf - b.vrf ||
        Buffer.compare(a.subnet.address, b.subnet.address) ||
        a.subnet.length - b.subnet.length,
    )
    const isOld = ({ name, vrf, address, subnet }: Subnet): boolean =>
      before.get(name)?.vrf === vrf &&
      before
        .get(name)
        ?.ip[family]?.addresses.some(
          (was) => was.length === subnet.length && sameAddress(was.address, address),
        ) === true
    const comesFirst = (one: Subnet, other: Subnet): boolean =>
      isOld(one) === isOld(other) ? (order.get(one) ?? 0) < (order.get(other) ?? 0) : isOld(one)
    const begun: Subnet[] = []
    for (const one of sorted) {
      while (begun.length > 0 && !within(begun.at(-1) as Subnet, one)) begun.pop()
      const other = begun.findLast(({ name }) => name !== one.name)
      begun.push(one)
      if (!other) continue
      const [first, second] = comesFirst(other, one) ? [other, one] : [one, other]
      const text = formatAddress(second.address)
      const path = pathOf.ip(second.name, family, `address${key('ip', text)}`)
      const taken = pathOf.ip(first.name, family, `address${key('ip', formatAddress(first.address))}`)
      const others = (without: string) => ({ others: { paths: [taken], without } })
      yield sameAddress(first.address, second.address)
        ? new ConfigError(
            `${path}/ip`,
            `${text} is an address of interface ${first.name} already`,
            others(`${text} is an address of another interface already`),
          )
        : new ConfigError(
            `${path}/prefix-length`,
            `${formatPrefix(second.subnet)} overlaps ${formatPrefix(first.subnet)} of interface ${first.name}; a subnet is on one interface`,
            others(
              `${formatPrefix(second.subnet)} overlaps a subnet of another interface; a subnet is on one interface`,
            ),
          )
    }
  }
}
