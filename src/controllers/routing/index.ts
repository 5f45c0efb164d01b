/** The routing controller: ietf-routing (RFC 8349) becomes static routes in the RIB. */
import type { Operation } from '../../../dataplane/client/index.js'
import type { Controller } from '../../../datastore/index.js'
import type { Rib } from '../../rib/index.js'
import type { Context } from '../context.js'
import { claim as instanceClaim, type Instances } from '../network-instances/model.js'
import { claim } from './model.js'
import { planRouting } from './plan.js'
import { routingState } from './state.js'

export function routingController(rib: Rib): Controller<Context, Operation> {
  let instances: Instances = new Map()
  return {
    name: 'routing',
    claims: [claim, instanceClaim],
    needs: [],
    provides: ['static-route'],
    plan: (change, context) =>
      planRouting(change, context, (after) => {
        instances = after
      }),
    state: routingState(rib, () => instances),
  }
}
