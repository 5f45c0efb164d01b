/** The cross-connects' controller: pairs of interfaces whose frames a member exchanges. */
import type { Operation } from '../../../dataplane/client/index.js'
import { ConfigError, type Controller, type Plan, type Step } from '../../../datastore/index.js'
import { readBridges, type BridgeConfig } from '../bridge/model.js'
import { isRequested, type Change, type Context } from '../context.js'
import { claim as interfacesClaim, loopback, readInterfaces, type Interfaces } from '../interfaces/model.js'
import { refuse } from '../refuse.js'
import { isLayer3, readTunnels, type Tunnels } from '../tunnels/model.js'
import { claim, pathOfEnd, readCrossConnects, type CrossConnect } from './model.js'

export function crossConnectsController(): Controller<Context, Operation> {
  return {
    name: 'cross-connects',
    claims: [claim, interfacesClaim],
    needs: ['interface'],
    provides: ['cross-connect'],
    plan: planCrossConnects,
  }
}

async function planCrossConnects(change: Change, { member }: Context): Promise<Plan<Operation>> {
  const running = await readCrossConnects(change.before)
  const after = await readCrossConnects(change.after)
  if (isRequested(change) && after.size > 0) {
    // Members that are new are the bridge controller's to refuse.
    const before = bridgedBy(await readBridges(change.before))
    const bridged = bridgedBy(await readBridges(change.after))
    for (const name of bridged.keys()) if (!before.has(name)) bridged.delete(name)
    const others = {
      interfaces: await readInterfaces(change.after),
      tunnels: await readTunnels(change.after),
      bridged,
    }
    refuse([...check(running, after, others)], { at: claim })
  }
  const before: typeof running = change.full ? new Map() : running
  const set = [...after.values()].filter((one) => !same(before.get(one.name), one))
  const gone = [...before.keys()].filter((name) => !after.has(name))
  const step = (kind: Step['kind'], operations: readonly Operation[], names: readonly string[]) => {
    const summary = `${kind === 'create' ? 'set' : 'delete'} cross-connect ${names.join(', ')}`
    return operations.length === 0 ? [] : [{ kind, provides: 'cross-connect', member, operations, summary }]
  }
  return {
    steps: [
      ...step(
        'create',
        set.map(({ name, interfaces: [one = '', other = ''] }) => ({
          op: 'cross-connect-set',
          name,
          interfaces: [one, other],
        })),
        set.map(({ name }) => name),
      ),
      ...step(
        'delete',
        gone.map((name) => ({ op: 'cross-connect-delete', name })),
        gone,
      ),
    ],
  }
}

const same = (one: CrossConnect | undefined, other: CrossConnect): boolean =>
  one?.interfaces.join('\n') === other.interfaces.join('\n')

/** What interfaces are in bridging, by name. */
function bridgedBy({ domains, ports, routed }: BridgeConfig): Map<string, string> {
  return new Map([
    ...[...domains.values()].flatMap(({ spec }) =>
      spec.members.map((one) => [one.interface, `a member of bridge domain ${spec.name}`] as const),
    ),
    ...ports.map((port) => [port.interface, 'a switch port'] as const),
    ...[...routed].map(([name, domain]) => [name, `what routes for bridge domain ${domain}`] as const),
  ])
}

/** What cross-connects are judged by. */
interface Others {
  readonly interfaces: Interfaces
  readonly tunnels: Tunnels
  readonly bridged: ReadonlyMap<string, string>
}

function* check(
  before: ReadonlyMap<string, CrossConnect>,
  after: ReadonlyMap<string, CrossConnect>,
  { interfaces, tunnels, bridged }: Others,
): Iterable<ConfigError> {
  const owners = new Map<string, string>()
  const isOld = (one: CrossConnect): boolean => same(before.get(one.name), one)
  for (const one of [...after.values()].toSorted((a, b) => Number(isOld(b)) - Number(isOld(a)))) {
    for (const end of one.interfaces) {
      const config = interfaces.get(end)
      const path = pathOfEnd(one.name, end)
      const tunnel = tunnels.get(end)
      const owner = owners.get(end)
      if (owner !== undefined) {
        yield new ConfigError(path, `interface ${end} is in cross-connect ${owner} already`)
      } else owners.set(end, one.name)
      const bridging = isOld(one) ? undefined : bridged.get(end)
      if (bridging !== undefined) {
        const message = `interface ${end} is ${bridging}, which has its frames; take it out of there, or connect another interface`
        yield new ConfigError(path, message)
      } else if (config?.type === loopback) {
        yield new ConfigError(path, `interface ${end} is of type softwareLoopback, which has no frames`)
      } else if (tunnel && isLayer3(tunnel.kind)) {
        const message = `interface ${end} is a tunnel of IP packets, which has no frames; vxlan, nvgre and l2gre carry frames`
        yield new ConfigError(path, message)
      } else if (config?.ip[4] ?? config?.ip[6]) {
        const family = config.ip[4] ? 4 : 6
        const message = `interface ${end} routes IPv${family}; delete its ipv${family}, or connect another interface`
        yield new ConfigError(path, message)
      }
    }
  }
}
