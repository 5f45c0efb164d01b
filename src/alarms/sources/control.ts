/** What is wrong with the control plane: the store of the configuration, the audit log, the endpoints of NETCONF. */
import type { RecoveryReport } from '../../../datastore/index.js'
import type { PlaceState } from '../../audit/index.js'
import type { Condition } from '../alarm.js'
import { key } from '../resources.js'

const history = '/weft-history:history'

/** `unstored`: why the last commit could not be stored; undefined when it was, or there was none. */
export function controlConditions(
  { failsafe, lost }: Pick<RecoveryReport, 'failsafe' | 'lost'>,
  unstored: string | undefined,
): readonly Condition[] {
  const conditions: Condition[] = []
  if (failsafe !== undefined)
    conditions.push({
      ...{ resource: history, type: 'configuration-unusable', severity: 'critical' },
      text: `the failsafe configuration is running: ${failsafe}`,
    })
  const [first] = lost
  if (first)
    conditions.push({
      ...{ resource: history, type: 'commits-lost', severity: 'major' },
      text: `commits could not be recovered from the journal: ${first.reason}`,
    })
  if (unstored !== undefined)
    conditions.push({ resource: history, type: 'journal-failed', severity: 'critical', text: unstored })
  return conditions
}

export function auditConditions(state: {
  readonly file: PlaceState
  readonly syslog: ReadonlyMap<string, PlaceState>
}): readonly Condition[] {
  const place = (resource: string, severity: 'minor' | 'major', { failure }: PlaceState): Condition[] =>
    failure === undefined
      ? []
      : [
          {
            ...{ resource: `/weft-audit:audit-state/${resource}`, type: 'audit-not-written', severity },
            text: `records of the audit log can not be written: ${failure}`,
          },
        ]
  return [
    ...place('file', 'major', state.file),
    ...[...state.syslog].flatMap(([name, one]) => place(`syslog${key('name', name)}`, 'minor', one)),
  ]
}

/** `missing`: endpoints of the configuration that could not be bound. */
export const endpointConditions = (
  missing: readonly {
    readonly name: string
    readonly address: string
    readonly port: number
    readonly reason: string
  }[],
): readonly Condition[] =>
  missing.map(({ name, address, port, reason }) => ({
    resource: `/weft-netconf-server:netconf-server/endpoint${key('name', name)}`,
    type: 'endpoint-not-listening',
    severity: 'major',
    text: `NETCONF can not listen on ${address}:${port}, endpoint ${name}: ${reason}; it is tried again`,
  }))
