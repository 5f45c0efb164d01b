/** By what alarms are chosen that are to be purged (RFC 8632, `filter-input`). */
import { rank, type Alarm, type OperatorChange, type Severity } from './alarm.js'

export interface Criteria {
  readonly clearance: 'any' | 'cleared' | 'not-cleared'
  /** Milliseconds since its status changed. */
  readonly olderThan?: number
  readonly severity?: { readonly how: 'below' | 'is' | 'above'; readonly than: Severity }
  readonly operator?: {
    readonly state?: OperatorChange['state'] | undefined
    readonly user?: string | undefined
  }
}

/** `now`: milliseconds since the epoch. */
export function meets(
  alarm: Alarm,
  { clearance, olderThan, severity, operator }: Criteria,
  now: number,
): boolean {
  if (clearance !== 'any' && alarm.cleared !== (clearance === 'cleared')) return false
  const [last] = alarm.changes
  if (olderThan !== undefined && last && now - last.time <= olderThan) return false
  if (severity !== undefined) {
    const difference = rank(alarm.severity) - rank(severity.than)
    const fits = { below: difference < 0, is: difference === 0, above: difference > 0 }
    if (!fits[severity.how]) return false
  }
  const acted = alarm.operator.at(-1)
  if (operator?.state !== undefined && operator.state !== (acted?.state ?? 'none')) return false
  return operator?.user === undefined || operator.user === acted?.operator
}
