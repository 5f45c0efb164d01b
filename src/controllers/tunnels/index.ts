/** The tunnels' controller: weft-tunnels says which interfaces are tunnels, and what packets of theirs are carried in. */
import type { Member, Operation } from '../../../dataplane/client/index.js'
import type { Controller } from '../../../datastore/index.js'
import type { Context } from '../context.js'
import { claim, type Tunnels } from './model.js'
import { planTunnels } from './plan.js'
import { tunnelState } from './state.js'

export function tunnelsController(member: () => Member): Controller<Context, Operation> {
  let tunnels: Tunnels = new Map()
  return {
    name: 'tunnels',
    claims: [claim],
    needs: ['vrf', 'interface'],
    provides: ['tunnel'],
    plan: (change, context) =>
      planTunnels(change, context, (after) => {
        tunnels = after
      }),
    state: [tunnelState(member, () => tunnels)],
  }
}
