/** The network instances' controller: weft-network-instance (RFC 8529) becomes VRFs of a member, and imports of the RIB. */
import type { Operation } from '../../../dataplane/client/index.js'
import type { Controller } from '../../../datastore/index.js'
import type { Rib } from '../../rib/index.js'
import type { Context } from '../context.js'
import { claim, type Instances } from './model.js'
import { planInstances } from './plan.js'
import { instanceState } from './state.js'

export function networkInstancesController(rib: Rib): Controller<Context, Operation> {
  let instances: Instances = new Map()
  return {
    name: 'network-instances',
    claims: [claim],
    needs: [],
    provides: ['vrf'],
    plan: (change, context) =>
      planInstances(change, context, (after) => {
        instances = after
      }),
    state: [instanceState(rib, () => instances)],
  }
}
