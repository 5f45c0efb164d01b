/** The controller of alarms: how they are kept, told and shelved. What raises them is elsewhere (src/alarms). No steps of members. */
import type { Operation } from '../../../dataplane/client/index.js'
import type { Controller } from '../../../datastore/index.js'
import type { AlarmControl } from '../../alarms/index.js'
import type { Context } from '../context.js'
import { controlClaim, readSettings } from './model.js'
import { alarmState } from './state.js'

export function alarmsController(control: AlarmControl): Controller<Context, Operation> {
  return {
    name: 'alarms',
    claims: [controlClaim],
    needs: [],
    provides: [],
    async plan({ after }) {
      const settings = await readSettings(after)
      return { steps: [], adopt: () => control.configure(settings) }
    },
    state: alarmState(control),
  }
}
