/** The chassis controller: weft-chassis becomes where members of other machines attach, their slots, and the names of their ports. */
import type { Operation } from '../../../dataplane/client/index.js'
import type { Controller } from '../../../datastore/index.js'
import type { Context } from '../context.js'
import { portsClaim } from '../ports/model.js'
import { claim, type ChassisControl, type ChassisSettings } from './model.js'
import { planChassis } from './plan.js'
import { chassisState } from './state.js'

export type { ChassisControl, ChassisSettings, MemberStatus } from './model.js'

export function chassisController(control: () => ChassisControl | undefined): {
  readonly controller: Controller<Context, Operation>
  /** Those adopted last; undefined before the first. */
  readonly settings: () => ChassisSettings | undefined
} {
  let settings: ChassisSettings | undefined
  return {
    controller: {
      name: 'chassis',
      claims: [claim, portsClaim],
      needs: [],
      provides: [],
      plan: (change) =>
        planChassis(change, control(), (adopted) => {
          settings = adopted
        }),
      state: [chassisState(control)],
    },
    settings: () => settings,
  }
}
