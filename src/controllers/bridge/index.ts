/** The bridge controller: weft-bridge becomes bridge domains of a member, with the circuits of switch ports, and their state. */
import type { Member, Operation } from '../../../dataplane/client/index.js'
import type { Controller } from '../../../datastore/index.js'
import type { Context } from '../context.js'
import { claim, interfacesClaim, type Bridges } from './model.js'
import { planBridges } from './plan.js'
import { bridgeState } from './state.js'

export function bridgeController(member: () => Member): Controller<Context, Operation> {
  let bridges: Bridges = { specs: new Map(), circuits: new Map() }
  return {
    name: 'bridge',
    claims: [claim, interfacesClaim],
    needs: ['interface'],
    provides: ['bridge'],
    plan: (change, context) =>
      planBridges(change, context, (after) => {
        bridges = after
      }),
    state: [bridgeState(member, () => bridges)],
  }
}
