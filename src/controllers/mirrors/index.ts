/** The controller of mirrors: weft-mirror becomes copies that a member sends. */
import type { Member, Operation } from '../../../dataplane/client/index.js'
import type { Controller } from '../../../datastore/index.js'
import type { Context } from '../context.js'
import { claim } from './model.js'
import { planMirrors } from './plan.js'
import { mirrorState } from './state.js'

export function mirrorsController(member: () => Member): Controller<Context, Operation> {
  return {
    name: 'mirrors',
    claims: [claim],
    needs: ['interface'],
    provides: ['mirror'],
    plan: planMirrors,
    state: [mirrorState(member)],
  }
}
