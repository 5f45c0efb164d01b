/**
 * From all that a transaction said of routes to steps: objects before the routes that point at them, deletes in the reverse.
 * A route whose next hop cannot lead anywhere is refused where the configuration says it.
 */
import type { Operation } from '../../../dataplane/client/index.js'
import { type Plan, type Step, ConfigError } from '../../../datastore/index.js'
import {
  operationsOf,
  summary,
  type Delta,
  type Finished,
  type Records,
  type Unresolved,
} from '../../rib/index.js'
import { pathOf } from '../interfaces/model.js'
import { isRequested, type Change, type Context } from '../context.js'
import { refuse } from '../refuse.js'

export async function planFib(change: Change, { rib, member }: Context): Promise<Plan<Operation>> {
  if (rib.empty && !change.full) {
    rib.abandon()
    return { steps: [] }
  }
  let finished: Finished
  try {
    finished = await rib.finish()
    const { unresolved, more } = finished
    if (isRequested(change)) refuse(unresolved.map(refusal), { at: '/ietf-routing:routing', more })
  } catch (error) {
    rib.abandon()
    throw error
  }
  return { steps: steps(finished.delta, member), adopt: () => rib.adopt(), abandon: () => rib.abandon() }
}

function refusal({ source, prefix, hop, reason }: Unresolved): ConfigError {
  const at = source.where?.(prefix, hop) ?? '/'
  const { text, others } = reason
  if (!others) return new ConfigError(at, text)
  const family = prefix.address.length === 4 ? 4 : 6
  const paths = others.interfaces.map((name) => pathOf.ip(name, family, 'address'))
  return new ConfigError(at, text, { others: { paths, without: others.without } })
}

function steps(
  { objectsSet, routesSet, routesDeleted, objectsDeleted }: Delta,
  member: string,
): readonly Step<Operation>[] {
  const step = (kind: Step['kind'], provides: string, records: Records, text: () => string) =>
    records.count === 0
      ? []
      : [{ kind, provides, member, operations: operationsOf(records), summary: text() }]
  const objects = ({ count }: Records) => `${count} forwarding object${count === 1 ? '' : 's'}`
  return [
    ...step('create', 'object', objectsSet, () => `set ${objects(objectsSet)}`),
    ...step('create', 'route', routesSet, () => `set route ${summary(routesSet)}`),
    ...step('delete', 'route', routesDeleted, () => `delete route ${summary(routesDeleted)}`),
    ...step('delete', 'object', objectsDeleted, () => `delete ${objects(objectsDeleted)}`),
  ]
}
