/** The chassis controller: weft-chassis becomes where members of other machines attach, their slots, and the names of their ports. */
import type { Operation } from '../../../dataplane/client/index.js'
import type { Controller } from '../../../datastore/index.js'
import type { Context } from '../context.js'
import { claim as bridgesClaim } from '../bridge/model.js'
import { claim as interfacesClaim } from '../interfaces/model.js'
import { portsClaim } from '../ports/model.js'
import type { ChassisControl, ChassisSettings } from './model.js'
import { claim } from './paths.js'
import { planChassis } from './plan.js'
import { chassisState } from './state.js'

export { noKeys, type Keys } from './keys.js'
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
      claims: [claim, portsClaim, interfacesClaim, bridgesClaim],
      needs: ['vrf', 'interface', 'bridge'],
      provides: ['fabric'],
      plan: (change, context) =>
        planChassis(change, context, control(), (adopted) => {
          settings = adopted
        }),
      state: [chassisState(control)],
    },
    settings: () => settings,
  }
}
