/** The door of the audit log. */
export { factorySettings, type AuditControl, type AuditSettings, type PlaceState } from './settings.js'
export { Audit, type AuditOptions } from './audit.js'
export type { MemberDeed } from './events.js'
