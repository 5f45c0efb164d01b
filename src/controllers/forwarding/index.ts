/** The forwarding controller: weft-forwarding becomes limits, source checks and other settings of a member. */
import type { Member, Operation } from '../../../dataplane/client/index.js'
import type { Controller } from '../../../datastore/index.js'
import type { Context } from '../context.js'
import { claim, interfacesClaim } from './model.js'
import { planForwarding } from './plan.js'
import { puntState } from './state.js'

export function forwardingController(members: () => readonly Member[]): Controller<Context, Operation> {
  return {
    name: 'forwarding',
    claims: [claim, interfacesClaim],
    needs: ['interface'],
    provides: ['forwarding'],
    plan: planForwarding,
    state: [puntState(members)],
  }
}
