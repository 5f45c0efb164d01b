/**
 * The FIB controller: claims no configuration, but is planned after all that say routes, and turns what they said together
 * into forwarding objects and routes of the members. What no commit says is its routing updates.
 */
import type { Member, Operation } from '../../../dataplane/client/index.js'
import type { Controller } from '../../../datastore/index.js'
import type { Context } from '../context.js'
import { planFib } from './plan.js'
import { dataplaneState } from './state.js'

export { followLinks } from './links.js'
export { RoutingUpdates, type UpdateParts } from './updates.js'

export function fibController(members: () => readonly Member[]): Controller<Context, Operation> {
  return {
    name: 'fib',
    claims: [],
    needs: ['vrf', 'interface', 'direct-route', 'static-route'],
    provides: ['object', 'route'],
    plan: planFib,
    state: [dataplaneState(members)],
  }
}
