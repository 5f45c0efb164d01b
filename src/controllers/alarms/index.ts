/** The controller of alarms: how they are kept, told and shelved. What raises them is elsewhere (src/alarms). No steps of members. */
import type { Operation } from '../../../dataplane/client/index.js'
import type { ConfigError, Controller } from '../../../datastore/index.js'
import type { AlarmControl } from '../../alarms/index.js'
import { isRequested, type Context } from '../context.js'
import { refuse } from '../refuse.js'
import { controlClaim, readSettings } from './model.js'
import { alarmState } from './state.js'

export function alarmsController(control: AlarmControl): Controller<Context, Operation> {
  return {
    name: 'alarms',
    claims: [controlClaim],
    needs: [],
    provides: [],
    async plan(change) {
      const errors: ConfigError[] = []
      const settings = await readSettings(change.after, {
        ofExpression: (expression) => control.fault(expression),
        found: (error) => void errors.push(error),
      })
      if (isRequested(change)) refuse(errors, { at: controlClaim })
      return { steps: [], adopt: () => control.configure(settings) }
    },
    state: alarmState(control),
  }
}
