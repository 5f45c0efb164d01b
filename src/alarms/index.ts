/** The room of alarms (RFC 8632): others import from here only. */
export { operatorStates, rank, severities } from './alarm.js'
export type {
  Alarm,
  AlarmKey,
  Condition,
  OperatorChange,
  OperatorState,
  Severity,
  StatusChange,
} from './alarm.js'
export { Alarms } from './alarms.js'
export type { AlarmControl, AlarmsOptions, Part, Selection } from './alarms.js'
export type { Criteria } from './criteria.js'
export { alarmTypes } from './inventory.js'
export type { AlarmType, AlarmTypeName } from './inventory.js'
export { canonical, qualified } from './resources.js'
export { auditConditions, controlConditions, endpointConditions } from './sources/control.js'
export { FabricWatch } from './sources/fabric.js'
export { MemberWatch } from './sources/watch.js'
export { factorySettings } from './settings.js'
export type { AlarmSettings, Shelf, ShelfAlarmType } from './settings.js'
