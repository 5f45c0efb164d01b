/** Alarms as values (RFC 8632, section 3): a state of a resource that is wrong, of one type. */
import type { AlarmTypeName } from './inventory.js'

/** From the least to the most severe. */
export const severities = ['indeterminate', 'warning', 'minor', 'major', 'critical'] as const
export type Severity = (typeof severities)[number]

export const rank = (severity: Severity): number => severities.indexOf(severity)

/** What is an alarm's own, and no other's. */
export interface AlarmKey {
  /** Instance path of the data node that is concerned, as libyang writes it. */
  readonly resource: string
  readonly type: AlarmTypeName
  /** Tells alarms of one type at one resource apart; mostly empty. */
  readonly qualifier: string
}

/** Something that is wrong now. */
export interface Condition extends Omit<AlarmKey, 'qualifier'> {
  readonly qualifier?: string
  readonly severity: Severity
  /** What is wrong and what can be done; without figures that change by themselves. */
  readonly text: string
}

/** Times are milliseconds since the epoch, and each is later than the one before. */
export interface StatusChange {
  readonly time: number
  readonly severity: Severity | 'cleared'
  readonly text: string
}

export const operatorStates = ['none', 'ack', 'closed'] as const
export type OperatorState = (typeof operatorStates)[number]

export interface OperatorChange {
  readonly time: number
  readonly operator: string
  readonly state: OperatorState | 'shelved' | 'un-shelved'
  readonly text?: string
}

export interface Alarm extends AlarmKey {
  readonly created: number
  /** When it was raised last. */
  readonly raised: number
  /** When status or operator state changed last. */
  readonly changed: number
  readonly cleared: boolean
  /** The last one, when it is cleared. */
  readonly severity: Severity
  readonly text: string
  /** The newest first; at least one. */
  readonly changes: readonly StatusChange[]
  readonly operator: readonly OperatorChange[]
  /** Name of the shelf that it is in. */
  readonly shelf: string | undefined
}

/** One text for each key. */
export const keyText = ({ resource, type, qualifier }: AlarmKey): string =>
  JSON.stringify([resource, type, qualifier])

export const keyOf = ({ resource, type, qualifier = '' }: Condition): AlarmKey => ({
  resource,
  type,
  qualifier,
})
