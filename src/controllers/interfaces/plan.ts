/**
 * From two configurations of interfaces to steps and routes: interfaces that are new or different are set, those that are gone
 * are deleted, and their subnets and addresses go into the RIB (RFC 8349, section 5: the direct pseudo-protocol).
 */
import type { InterfaceSpec, Operation } from '../../../dataplane/client/index.js'
import { type Plan, type Step } from '../../../datastore/index.js'
import {
  connected,
  direct,
  formatAddress,
  formatPrefix,
  hostPrefix,
  kindOf,
  local,
  prefixOf,
  widthOf,
  type FamilyState,
  type NextHop,
  type Prefix,
  type RibInterface,
} from '../../rib/index.js'
import { namedPorts } from '../chassis/model.js'
import { isRequested, type Change, type Context } from '../context.js'
import { readMade, withMade } from '../ports/made.js'
import { refuse } from '../refuse.js'
import { check } from './check.js'
import {
  claim,
  loopback,
  pathOf,
  readInterfaces,
  specOf,
  type InterfaceConfig,
  type Interfaces,
  type IpConfig,
} from './model.js'

/** `adopt` is given what interfaces then are. */
export async function planInterfaces(
  change: Change,
  context: Context,
  adopt: (after: Interfaces) => void,
): Promise<Plan<Operation>> {
  const running = await readInterfaces(change.before)
  const after = await readInterfaces(change.after)
  const [madeBefore, made] = [await readMade(change.before), await readMade(change.after)]
  const ports = withMade(context.ports, made)
  const portsBefore = withMade(context.ports, madeBefore)
  if (isRequested(change)) {
    const gone = [...madeBefore.keys()].filter((name) => !made.has(name))
    refuse(check(running, after, ports, await namedPorts(change.after), gone), { at: claim })
  }
  const before: Interfaces = change.full ? new Map() : running
  await context.rib.ready()
  try {
    contribute(before, after, context)
  } catch (error) {
    context.rib.abandon()
    throw error
  }
  return {
    steps: steps(before, after, context.member, portsBefore.names, ports.names),
    adopt: () => adopt(after),
    abandon: () => context.rib.abandon(),
  }
}

function steps(
  before: Interfaces,
  after: Interfaces,
  member: string,
  portsBefore: readonly string[],
  ports: readonly string[],
): readonly Step<Operation>[] {
  const create: Operation[] = []
  const remove: Operation[] = []
  const set: string[] = []
  const deleted: string[] = []
  for (const config of after.values()) {
    const was = before.get(config.name)
    const spec = specOf(config, ports)
    const old = was && specOf(was, portsBefore)
    if (!old || identity(old) !== identity(spec)) {
      create.push({ op: 'interface-set', interface: spec })
      set.push(config.name)
    }
    if (config.circuit) {
      if (JSON.stringify(was?.circuit) !== JSON.stringify(config.circuit)) {
        create.push({ op: 'circuit-set', interface: config.name, circuit: config.circuit })
        if (set.at(-1) !== config.name) set.push(config.name)
      }
    } else if (was?.circuit) {
      create.push({ op: 'circuit-delete', interface: config.name })
    }
    const neighbours = neighboursOf(config)
    const known = was ? neighboursOf(was) : new Map<string, Operation>()
    for (const [id, operation] of neighbours) if (!known.has(id)) create.push(operation)
    const kept = new Set([...neighbours.values()].map(addressOf))
    for (const operation of known.values()) {
      if (operation.op !== 'neighbour-set' || kept.has(addressOf(operation))) continue
      remove.push({ op: 'neighbour-delete', interface: config.name, address: operation.address })
    }
  }
  for (const name of before.keys()) {
    if (after.has(name)) continue
    if (before.get(name)?.circuit) remove.push({ op: 'circuit-delete', interface: name })
    remove.push({ op: 'interface-delete', name })
    deleted.push(name)
  }
  const locate: Step['locate'] = ({ kind, name }) =>
    kind === 'interface' && after.has(name) ? pathOf.interface(name) : undefined
  const step = (kind: Step['kind'], operations: readonly Operation[], names: readonly string[]) =>
    operations.length === 0
      ? []
      : [
          {
            kind,
            provides: 'interface',
            member,
            operations,
            summary: summary(kind, operations, names),
            locate,
          },
        ]
  return [...step('create', create, set), ...step('delete', remove, deleted)]
}

function summary(kind: Step['kind'], operations: readonly Operation[], names: readonly string[]): string {
  const neighbours = operations.filter(({ op }) => op.startsWith('neighbour-')).length
  const said = [
    ...(names.length > 0 ? [`${kind === 'create' ? 'set' : 'delete'} interface ${names.join(', ')}`] : []),
    ...(neighbours > 0 ? [`${kind === 'create' ? 'set' : 'delete'} ${neighbours} static neighbours`] : []),
  ]
  return said.join(', ')
}

const addressOf = (operation: Operation): string =>
  operation.op === 'neighbour-set' ? formatAddress(operation.address) : ''

/** Static neighbours of the families that are enabled, by what they say. */
function neighboursOf(config: InterfaceConfig): Map<string, Operation> {
  const found = new Map<string, Operation>()
  for (const ip of [config.ip[4], config.ip[6]]) {
    if (!ip?.enabled) continue
    for (const { address, mac, macText } of ip.neighbours) {
      if (!mac) continue
      found.set(`${formatAddress(address)} ${macText}`, {
        op: 'neighbour-set',
        interface: config.name,
        address,
        mac,
      })
    }
  }
  return found
}

function identity({ addresses, mac, ...rest }: InterfaceSpec): string {
  const texts = addresses.map(({ address, length }) => `${formatAddress(address)}/${length}`)
  return JSON.stringify([rest, mac && [...mac], texts])
}

/** What an interface says of routes. */
function routesOf(
  config: InterfaceConfig,
): Map<string, { readonly prefix: Prefix; readonly nextHop: NextHop }> {
  const found = new Map<string, { readonly prefix: Prefix; readonly nextHop: NextHop }>()
  const add = (prefix: Prefix, nextHop: NextHop) => found.set(formatPrefix(prefix), { prefix, nextHop })
  for (const ip of [config.ip[4], config.ip[6]]) {
    for (const { address, length } of ip?.addresses ?? []) {
      // A link-local address says nothing that holds beyond its link.
      if (address.length === 16 && kindOf(address) === 'link-local') continue
      if (config.type !== loopback && length < widthOf(address.length === 4 ? 4 : 6)) {
        add(prefixOf(address, length), connected(config.name))
      }
    }
  }
  for (const ip of [config.ip[4], config.ip[6]]) {
    if (!config.enabled || !ip?.enabled) continue
    for (const { address } of ip.addresses) {
      if (address.length === 16 && kindOf(address) === 'link-local') continue
      add(hostPrefix(address), local(config.name))
    }
  }
  return found
}

function ribInterface(config: InterfaceConfig): RibInterface {
  const state = (ip: IpConfig | undefined): FamilyState =>
    !ip ? 'none' : config.enabled && ip.enabled ? 'on' : 'off'
  return {
    name: config.name,
    vrf: config.vrf,
    neighbours: config.type !== loopback,
    ipv4: state(config.ip[4]),
    ipv6: state(config.ip[6]),
  }
}

/** Tells the RIB what is different. */
function contribute(before: Interfaces, after: Interfaces, { rib }: Context): void {
  const said = (all: Interfaces) =>
    new Map(
      [...all.values()].flatMap((config) =>
        [...routesOf(config)].map(
          ([text, route]) => [`${config.vrf} ${text}`, { ...route, vrf: config.vrf }] as const,
        ),
      ),
    )
  const routes = said(after)
  for (const [text, { vrf, prefix }] of said(before)) if (!routes.has(text)) rib.delete(direct, vrf, prefix)
  for (const { vrf, prefix, nextHop } of routes.values()) rib.set(direct, vrf, prefix, nextHop)
  for (const name of before.keys()) if (!after.has(name)) rib.deleteInterface(name)
  for (const config of after.values()) {
    const was = before.get(config.name)
    const now = ribInterface(config)
    if (!was || JSON.stringify(ribInterface(was)) !== JSON.stringify(now)) rib.setInterface(now)
  }
}
