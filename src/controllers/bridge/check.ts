/** What YANG cannot say of bridge domains: who is in two of them, who routes already, what tunnels are, and names that are taken. */
import { ConfigError } from '../../../datastore/index.js'
import type { CrossConnect } from '../cross-connects/model.js'
import { ethernet, loopback, type Interfaces } from '../interfaces/model.js'
import { formatAddress } from '../../rib/index.js'
import { isLayer3, type TunnelConfig, type Tunnels } from '../tunnels/model.js'
import { circuitName, pathOf, vlansOf, type BridgeConfig } from './model.js'

/** What else a domain is judged by. */
export interface Others {
  readonly interfaces: Interfaces
  readonly tunnels: Tunnels
  readonly crossConnects: ReadonlyMap<string, CrossConnect>
}

export const isMultipoint = ({ remotes }: TunnelConfig): boolean => remotes.length > 1

export function check(
  config: BridgeConfig,
  { interfaces, tunnels, crossConnects }: Others,
): readonly ConfigError[] {
  const connected = new Map(
    [...crossConnects.values()].flatMap((one) => one.interfaces.map((name) => [name, one.name])),
  )
  return [
    ...checkMembers(config, interfaces, connected),
    ...checkTunnels(config, interfaces, tunnels),
    ...checkRouted(config),
    ...checkPorts(config, interfaces),
  ]
}

function* checkMembers(
  { domains, ports, routed }: BridgeConfig,
  interfaces: Interfaces,
  connected: ReadonlyMap<string, string>,
): Iterable<ConfigError> {
  const owners = new Map<string, string>()
  const switched = new Set(ports.map((port) => port.interface))
  for (const { spec } of domains.values()) {
    for (const { interface: name } of spec.members) {
      const path = pathOf.member(spec.name, name)
      const owner = owners.get(name)
      const config = interfaces.get(name)
      if (owner !== undefined) {
        const message = `interface ${name} is in bridge domain ${owner} already; an interface is in one`
        yield new ConfigError(path, message)
        continue
      }
      owners.set(name, spec.name)
      if (config?.type === loopback || routed.has(name)) {
        const type = config?.type.replace('iana-if-type:', '')
        yield new ConfigError(
          path,
          `interface ${name} is of type ${type}, which has no frames to be switched`,
        )
      } else if (switched.has(name)) {
        const message = `interface ${name} is a switch port, which is in the domains of its VLANs; delete its 'switched', or the member`
        yield new ConfigError(path, message)
      } else if (connected.has(name)) {
        const message = `interface ${name} is in cross-connect ${connected.get(name)}, which has its frames`
        yield new ConfigError(path, message)
      } else if (config?.ip[4] ?? config?.ip[6]) {
        const message = `interface ${name} routes IPv${config.ip[4] ? 4 : 6}; a member has neither ipv4 nor ipv6, an interface of type l3ipvlan routes for the domain`
        yield new ConfigError(path, message)
      }
    }
  }
}

function* checkTunnels(
  { domains }: BridgeConfig,
  interfaces: Interfaces,
  tunnels: Tunnels,
): Iterable<ConfigError> {
  for (const { spec } of domains.values()) {
    for (const { interface: name } of spec.members) {
      const tunnel = tunnels.get(name)
      if (tunnel && isLayer3(tunnel.kind)) {
        const message = `tunnel ${name} carries IP packets; a member carries Ethernet frames`
        yield new ConfigError(pathOf.member(spec.name, name), message)
      }
    }
    for (const { mac, interface: name, remote } of spec.macs) {
      const remotes = (tunnels.get(name)?.remotes ?? []).map(formatAddress)
      if (remote === undefined || remotes.includes(formatAddress(remote))) continue
      const its = remotes.length > 0 ? `its remotes are ${remotes.join(', ')}` : 'it is no tunnel'
      const message = `${formatAddress(remote)} is no remote of interface ${name}; ${its}`
      yield new ConfigError(pathOf.remoteOf(spec.name, mac), message)
    }
  }
  for (const tunnel of [...tunnels.values()].filter(isMultipoint)) {
    const ip = interfaces.get(tunnel.name)?.ip
    if (!ip?.[4] && !ip?.[6]) continue
    const message = `tunnel ${tunnel.name} has several remotes and routes IPv${ip[4] ? 4 : 6}; make it a member of a bridge domain, for which an interface of type l3ipvlan routes`
    yield new ConfigError(pathOf.interface(tunnel.name, 'weft-tunnels:tunnel'), message)
  }
}

function* checkRouted({ routed }: BridgeConfig): Iterable<ConfigError> {
  const owners = new Map<string, string>()
  for (const [name, domain] of routed) {
    const owner = owners.get(domain)
    if (owner === undefined) owners.set(domain, name)
    else
      yield new ConfigError(
        pathOf.interface(name, 'weft-bridge:bridge-domain'),
        `interface ${owner} routes for bridge domain ${domain} already; a domain has one such interface`,
      )
  }
}

function* checkPorts({ domains, ports }: BridgeConfig, interfaces: Interfaces): Iterable<ConfigError> {
  const all = [...domains.values()].flatMap(({ vlan }) => vlan ?? [])
  const children = new Map(
    [...interfaces.values()].flatMap((one) => (one.circuit ? [[one.circuit.parent, one.name]] : [])),
  )
  for (const port of ports) {
    const path = pathOf.interface(port.interface, 'weft-bridge:switched')
    const config = interfaces.get(port.interface)
    if (config?.type !== ethernet) continue
    if (config.ip[4] ?? config.ip[6]) {
      const message = `interface ${port.interface} routes IPv${config.ip[4] ? 4 : 6}; a switch port has neither ipv4 nor ipv6, an interface of type l3ipvlan routes for a VLAN`
      yield new ConfigError(path, message)
    }
    const child = children.get(port.interface)
    if (child !== undefined) {
      const message = `interface ${child} is a sub-interface of ${port.interface}; a switch port has VLANs instead: make it a member of a bridge domain, or delete it`
      yield new ConfigError(path, message)
    }
    for (const { vlan } of vlansOf(port, all)) {
      const name = circuitName(port.interface, vlan)
      if (!interfaces.has(name)) continue
      yield new ConfigError(
        path,
        `an interface is named ${name}, as VLAN ${vlan} of ${port.interface} is; name it otherwise`,
      )
    }
  }
}
