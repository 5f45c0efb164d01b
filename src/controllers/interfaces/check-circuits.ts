/** What YANG cannot say of sub-interfaces: parents, frames that are somebody else's, rewriting, MTU. */
import { ConfigError } from '../../../datastore/index.js'
import { frames, isDefinite, overhead } from './circuit.js'
import { ethernet, pathOf, vlan, type InterfaceConfig, type Interfaces } from './model.js'

const families = [4, 6] as const

export function* checkCircuits(before: Interfaces, after: Interfaces): Iterable<ConfigError> {
  const owners = new Map<string, InterfaceConfig>()
  const sorted = [...after.values()].filter(({ circuit }) => circuit)
  // What was there already keeps its frames; the error is at what is new.
  const isOld = ({ name, circuit }: InterfaceConfig): boolean =>
    JSON.stringify(before.get(name)?.circuit) === JSON.stringify(circuit)
  for (const config of sorted.toSorted((a, b) => Number(isOld(b)) - Number(isOld(a)))) {
    const { name, circuit } = config
    if (!circuit) continue
    const path = (leaf: string) => pathOf.leaf(name, `weft-vlan:encapsulation${leaf}`)
    const parent = after.get(circuit.parent)
    if (parent && parent.type !== ethernet) {
      const remedy =
        parent.type === vlan ? '; two tags of one port are an outer-tag and a second-tag on it' : ''
      const message = `a sub-interface sits on an interface of type ${ethernet}, and ${parent.name} is of type ${parent.type}${remedy}`
      yield new ConfigError(path('/parent-interface'), message)
    }
    const what = JSON.stringify([circuit.parent, circuit.match, circuit.tags])
    const owner = owners.get(what)
    if (owner) {
      const message = `${frames(circuit)} of ${circuit.parent} belong to ${owner.name} already`
      yield new ConfigError(path(''), message, {
        others: {
          paths: [pathOf.interface(owner.name)],
          without: `${frames(circuit)} of ${circuit.parent} belong to another interface already`,
        },
      })
    } else owners.set(what, config)
    yield* checkRewrite(config)
    yield* checkMtu(config, parent)
  }
}

function* checkRewrite(config: InterfaceConfig): Iterable<ConfigError> {
  const { name, circuit, ip } = config
  if (!circuit) return
  const path = (leaf: string) => pathOf.leaf(name, `weft-vlan:encapsulation${leaf}`)
  if (circuit.pop > circuit.tags.length) {
    const message = `pop-tags is ${circuit.pop}, but ${circuit.tags.length} are matched by number; what is not known could not be put on again`
    yield new ConfigError(path('/rewrite/pop-tags'), message)
  }
  const family = families.find((one) => ip[one])
  if (family === undefined) return
  if (!isDefinite(circuit)) {
    const message = `${frames(circuit)} can only be switched: packets that are routed could not be given their tags; delete ipv${family}, or match tags by number`
    yield new ConfigError(path(''), message)
  }
  if (circuit.pop > 0 || circuit.push.length > 0) {
    const message = `tags are rewritten for frames that are switched, and ${name} routes IPv${family}; delete rewrite or ipv${family}`
    yield new ConfigError(path('/rewrite'), message)
  }
}

function* checkMtu(config: InterfaceConfig, parent: InterfaceConfig | undefined): Iterable<ConfigError> {
  const { name, circuit, ip } = config
  const under = parent?.ip[4]?.mtu ?? parent?.ip[6]?.mtu
  if (!circuit || under === undefined) return
  const most = under - overhead(circuit)
  for (const family of families) {
    const mtu = ip[family]?.mtu
    if (mtu === undefined || mtu <= most) continue
    const tags = most < under ? `, and its tags need ${under - most} octets of it` : ''
    const message = `mtu ${mtu} is more than ${circuit.parent} carries, whose mtu is ${under}${tags}; it is at most ${most}`
    yield new ConfigError(pathOf.ip(name, family, 'mtu'), message)
  }
}
