/** The door of the audit log. */
export { Audit, type AuditOptions } from './audit.js'
