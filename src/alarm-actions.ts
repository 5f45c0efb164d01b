/** The actions of ietf-alarms (RFC 8632, sections 4.4 to 4.6): what operators do with alarms. */
import type { Rpc } from 'libyang-js'
import { RequestError } from '../datastore/index.js'
import type { Call, Operation, Reply } from '../netconf/index.js'
import {
  canonical,
  operatorStates,
  severities,
  type AlarmKey,
  type Alarms,
  type AlarmTypeName,
  type Criteria,
  type OperatorChange,
  type Part,
} from './alarms/index.js'

const namespace = 'urn:ietf:params:xml:ns:yang:ietf-alarms'
const ok: Reply = { kind: 'ok' }

/** For `NetconfOptions.operations`. */
export function alarmOperations(alarms: Alarms): readonly Operation[] {
  const action = (name: string, run: (call: Call) => Promise<Reply>): Operation => ({ name, namespace, run })
  const purge =
    (part: Part) =>
    async ({ rpc }: Call) =>
      counted('purged-alarms', alarms.purge(part, criteriaOf(rpc)))
  const compress =
    (part: Part) =>
    async ({ rpc }: Call) => {
      const selection = {
        resource: rpc.value('resource'),
        type: rpc.value('alarm-type-id'),
        qualifier: rpc.value('alarm-type-qualifier'),
      }
      const fault = selection.resource === undefined ? undefined : alarms.fault(selection.resource)
      if (fault !== undefined)
        throw new RequestError({
          type: 'application',
          tag: 'invalid-value',
          message: fault,
          path: `${rpc.path ?? ''}/resource`,
        })
      return counted('compressed-alarms', await alarms.compress(part, selection))
    }
  return [
    action('purge-alarms', purge('list')),
    action('purge-shelved-alarms', purge('shelves')),
    action('compress-alarms', compress('list')),
    action('compress-shelved-alarms', compress('shelves')),
    action('set-operator-state', async ({ rpc, requester }) => {
      const key = keyOfAction(rpc)
      const state = operatorStates.find((one) => one === rpc.value('state')) ?? 'none'
      const change = { operator: requester.user, state, text: rpc.value('text') }
      if (key && alarms.setOperatorState(key, change)) return ok
      throw new RequestError({
        type: 'application',
        tag: 'data-missing',
        message: 'there is no such alarm in the alarm list',
        ...(rpc.path !== undefined && { path: rpc.path }),
      })
    }),
  ]
}

const counted = (name: string, count: number): Reply => ({
  kind: 'content',
  xml: `<${name} xmlns="${namespace}">${count}</${name}>`,
})

const milliseconds = {
  seconds: 1_000,
  minutes: 60_000,
  hours: 3_600_000,
  days: 86_400_000,
  weeks: 604_800_000,
} as const

function criteriaOf(rpc: Rpc): Criteria {
  const clearance = rpc.value('alarm-clearance-status') as Criteria['clearance']
  const age = Object.entries(milliseconds).flatMap(([unit, length]) => {
    const value = rpc.value(`older-than/${unit}`)
    return value === undefined ? [] : [Number(value) * length]
  })[0]
  const severity = (['below', 'is', 'above'] as const).flatMap((how) => {
    const value = rpc.value(`severity/${how}`)
    const than = severities.find((one) => one === value)
    return than === undefined ? [] : [{ how, than }]
  })[0]
  const operator =
    rpc.value('operator-state-filter') === undefined
      ? undefined
      : {
          state: rpc.value('operator-state-filter/state') as OperatorChange['state'] | undefined,
          user: rpc.value('operator-state-filter/user'),
        }
  return {
    clearance,
    ...(age !== undefined && { olderThan: age }),
    ...(severity && { severity }),
    ...(operator && { operator }),
  }
}

const alarmPath =
  /\/alarm\[resource=('[^']*'|"[^"]*")\]\[alarm-type-id='weft-alarms:([\w-]+)'\]\[alarm-type-qualifier=('[^']*'|"[^"]*")\]$/

/** The alarm that an action is called on; undefined when it is of no type of ours. */
function keyOfAction({ path = '' }: Rpc): AlarmKey | undefined {
  const [, resource, type, qualifier] = alarmPath.exec(path) ?? []
  if (resource === undefined || type === undefined || qualifier === undefined) return undefined
  return {
    resource: canonical(resource.slice(1, -1)),
    type: type as AlarmTypeName,
    qualifier: qualifier.slice(1, -1),
  }
}
