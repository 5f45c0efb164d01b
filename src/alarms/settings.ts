/** What of the alarms is configured: `/alarms/control` of ietf-alarms (RFC 8632, section 4.1). */
import type { Severity, StatusChange } from './alarm.js'
import { rank } from './alarm.js'

export interface ShelfAlarmType {
  /** Identity, as libyang writes it. */
  readonly type: string
  readonly qualifier: RegExp
}

/** Alarms of one of the resources and of one of the types; either is any when there are none. */
export interface Shelf {
  readonly name: string
  /** XPath expressions. */
  readonly resources: readonly string[]
  readonly types: readonly ShelfAlarmType[]
}

export interface AlarmSettings {
  /** Of status and operator states that are kept of each alarm. */
  readonly mostChanges: number
  readonly notify: 'all-state-changes' | 'raise-and-clear' | { readonly level: Severity }
  readonly shelves: readonly Shelf[]
}

export const factorySettings: AlarmSettings = { mostChanges: 32, notify: 'all-state-changes', shelves: [] }

/** Is a change to be told? `before`: the status until then, `cleared` when there was no alarm. */
export function isNotified(
  notify: AlarmSettings['notify'],
  before: StatusChange['severity'],
  after: StatusChange['severity'],
): boolean {
  if (notify === 'all-state-changes') return true
  if (notify === 'raise-and-clear') return (before === 'cleared') !== (after === 'cleared')
  if (after === 'cleared') return true
  const level = rank(notify.level)
  return rank(after) >= level || (before !== 'cleared' && rank(before) >= level)
}
