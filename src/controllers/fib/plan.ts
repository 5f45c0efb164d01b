/**
 * From all that a transaction said of routes to steps: objects before the routes that point at them, deletes in the reverse.
 * A route whose next hop cannot lead anywhere is refused where the configuration says it.
 */
import type { Operation } from '../../../dataplane/client/index.js'
import { type Plan, type Step, ConfigError, RequestError } from '../../../datastore/index.js'
import { operationsOf, summary, type Delta, type Unresolved } from '../../rib/index.js'
import { isRequested, type Change, type Context } from '../context.js'

export async function planFib(change: Change, { rib, member }: Context): Promise<Plan<Operation>> {
  if (rib.empty && !change.full) return { steps: [] }
  const { delta, unresolved } = rib.finish()
  if (unresolved.length > 0 && isRequested(change)) {
    rib.abandon()
    throw new RequestError(unresolved.flatMap((one) => refusal(one).errors))
  }
  return { steps: steps(delta, member), adopt: () => rib.adopt(), abandon: () => rib.abandon() }
}

function refusal({ route, prefix, failure }: Unresolved): ConfigError {
  return new ConfigError(route.source.where?.(prefix, failure.hop) ?? '/', failure.reason)
}

function steps(delta: Delta, member: string): readonly Step<Operation>[] {
  const operations = operationsOf(delta)
  const step = (kind: Step['kind'], provides: string, list: readonly Operation[], text: () => string) =>
    list.length === 0 ? [] : [{ kind, provides, member, operations: list, summary: text() }]
  const count = (objects: readonly unknown[]) =>
    `${objects.length} forwarding object${objects.length === 1 ? '' : 's'}`
  return [
    ...step('create', 'object', operations.objectsSet, () => `set ${count(delta.objectsSet)}`),
    ...step('create', 'route', operations.routesSet, () => `set route ${summary(delta.routesSet)}`),
    ...step(
      'delete',
      'route',
      operations.routesDeleted,
      () => `delete route ${summary(delta.routesDeleted)}`,
    ),
    ...step('delete', 'object', operations.objectsDeleted, () => `delete ${count(delta.objectsDeleted)}`),
  ]
}
