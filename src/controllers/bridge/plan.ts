/** From two configurations of bridge domains to steps: domains and circuits of switch ports that are new or different, and those that go. */
import type { BridgeSpec, Operation } from '../../../dataplane/client/index.js'
import type { Plan, Step } from '../../../datastore/index.js'
import { isRequested, type Change, type Context } from '../context.js'
import { readCrossConnects } from '../cross-connects/model.js'
import { readInterfaces } from '../interfaces/model.js'
import { refuse } from '../refuse.js'
import { readTunnels } from '../tunnels/model.js'
import { check, isMultipoint } from './check.js'
import { bridgesOf, claim, readBridges, type Bridges, type SwitchCircuit } from './model.js'

const none: Bridges = { specs: new Map(), circuits: new Map() }

/** `adopt` is given the domains that there then are. */
export async function planBridges(
  change: Change,
  { member }: Context,
  adopt: (after: Bridges) => void,
): Promise<Plan<Operation>> {
  const config = await readBridges(change.after)
  if (isRequested(change)) {
    const tunnels = await readTunnels(change.after)
    if (config.domains.size > 0 || config.ports.length > 0 || [...tunnels.values()].some(isMultipoint)) {
      const others = {
        tunnels,
        interfaces: await readInterfaces(change.after),
        crossConnects: await readCrossConnects(change.after),
      }
      refuse(check(config, others), { at: claim })
    }
  }
  const before = change.full ? none : bridgesOf(await readBridges(change.before))
  const after = bridgesOf(config)
  const create: Operation[] = []
  const remove: Operation[] = []
  for (const [name, made] of after.circuits) {
    if (sameCircuit(before.circuits.get(name), made)) continue
    create.push({ op: 'interface-set', interface: made.interface })
    create.push({ op: 'circuit-set', interface: name, circuit: made.circuit })
  }
  for (const [name, bridge] of after.specs)
    if (!same(before.specs.get(name), bridge)) create.push({ op: 'bridge-set', bridge })
  for (const name of before.specs.keys())
    if (!after.specs.has(name)) remove.push({ op: 'bridge-delete', name })
  for (const name of before.circuits.keys()) {
    if (after.circuits.has(name)) continue
    remove.push({ op: 'circuit-delete', interface: name }, { op: 'interface-delete', name })
  }
  return {
    steps: [...step('create', create, member), ...step('delete', remove, member)],
    adopt: () => adopt(after),
  }
}

const sameCircuit = (one: SwitchCircuit | undefined, other: SwitchCircuit): boolean =>
  JSON.stringify(one) === JSON.stringify(other)

function same(one: BridgeSpec | undefined, other: BridgeSpec): boolean {
  const text = (spec: BridgeSpec | undefined) =>
    JSON.stringify(spec && { ...spec, macs: spec.macs.map(({ mac, ...rest }) => [...mac, rest]) })
  return text(one) === text(other)
}

function step(
  kind: Step['kind'],
  operations: readonly Operation[],
  member: string,
): readonly Step<Operation>[] {
  if (operations.length === 0) return []
  const said = operations.flatMap((operation) => {
    if (operation.op === 'bridge-set') return [`set bridge domain ${operation.bridge.name}`]
    if (operation.op === 'bridge-delete') return [`delete bridge domain ${operation.name}`]
    if (operation.op === 'interface-set') return [`set switch port's ${operation.interface.name}`]
    return operation.op === 'interface-delete' ? [`delete switch port's ${operation.name}`] : []
  })
  return [{ kind, provides: 'bridge', member, operations, summary: said.join(', ') }]
}
