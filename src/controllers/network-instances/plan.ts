/** From two configurations of network instances to VRFs of a member, and to what they import in the RIB. */
import type { Operation } from '../../../dataplane/client/index.js'
import type { Plan, Step } from '../../../datastore/index.js'
import { isRequested, type Change, type Context } from '../context.js'
import { refuse } from '../refuse.js'
import { check } from './check.js'
import { claim, importsOf, readInstances, type Instance, type Instances } from './model.js'

/** `adopt` is given what instances then are. */
export async function planInstances(
  change: Change,
  { rib, member }: Context,
  adopt: (after: Instances) => void,
): Promise<Plan<Operation>> {
  const running = await readInstances(change.before)
  const after = await readInstances(change.after)
  if (isRequested(change)) refuse(check(after), { at: claim })
  const before: Instances = change.full ? new Map() : running
  await rib.ready()
  try {
    for (const name of new Set([...before.keys(), ...after.keys()])) {
      const was = importsOf(before.get(name), before)
      const is = importsOf(after.get(name), after)
      const vrf = (after.get(name) ?? before.get(name))?.vrf ?? 0
      if (!same(was, is)) rib.setImports(vrf, is)
    }
  } catch (error) {
    rib.abandon()
    throw error
  }
  return { steps: steps(before, after, member), adopt: () => adopt(after), abandon: () => rib.abandon() }
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

function steps(before: Instances, after: Instances, member: string): readonly Step<Operation>[] {
  const missing = (all: Instances, others: Instances): readonly Instance[] =>
    [...all.values()].filter(({ name, vrf }) => vrf !== 0 && !others.has(name))
  const step = (
    kind: Step['kind'],
    instances: readonly Instance[],
    operation: (one: Instance) => Operation,
  ) => {
    if (instances.length === 0) return []
    const names = instances.map(({ name }) => name).join(', ')
    const summary = `${kind === 'create' ? 'set' : 'delete'} network instance ${names}`
    return [{ kind, provides: 'vrf', member, operations: instances.map(operation), summary }]
  }
  return [
    ...step('create', missing(after, before), ({ vrf, name }) => ({ op: 'vrf-set', vrf, name })),
    ...step('delete', missing(before, after), ({ vrf }) => ({ op: 'vrf-delete', vrf })),
  ]
}
