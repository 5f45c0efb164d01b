/** The controller of ports: weft-ports becomes workers, and the drivers and receive queues of a member's ports. */
import type { Member, Operation } from '../../../dataplane/client/index.js'
import type { Controller } from '../../../datastore/index.js'
import type { Context } from '../context.js'
import { portsClaim, workersClaim } from './model.js'
import { planPorts } from './plan.js'
import { driverState, fastPathState, madeState, queueState, workerState } from './state.js'

export { readMade, withMade } from './made.js'
export { readPorts } from './model.js'

export function portsController(members: () => readonly Member[]): Controller<Context, Operation> {
  return {
    name: 'ports',
    claims: [workersClaim, portsClaim],
    needs: [],
    provides: ['port'],
    plan: planPorts,
    state: [
      workerState(members),
      driverState(members),
      madeState(members),
      fastPathState(members),
      queueState(members),
    ],
  }
}
