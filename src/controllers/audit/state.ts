/** Operational state of the audit log: what became of its records, a place at a time. */
import type { StateProvider } from '../../../datastore/index.js'
import type { AuditControl, PlaceState } from '../../audit/index.js'
import { leaf } from '../xml.js'

const namespace = 'urn:weft:params:xml:ns:yang:weft-audit'

export function auditState(control: AuditControl): StateProvider {
  return {
    path: '/weft-audit:audit-state',
    async *read() {
      const { file, syslog } = control.state
      yield [
        `<audit-state xmlns="${namespace}"><file>${counters(file)}</file>`,
        ...[...syslog].map(([name, state]) => `<syslog>${leaf('name', name)}${counters(state)}</syslog>`),
        '</audit-state>',
      ].join('')
    },
  }
}

function counters({ written, lost, waiting, failure }: PlaceState): string {
  return [
    leaf('written', written),
    leaf('lost', lost),
    leaf('waiting', waiting),
    leaf('failure', failure),
  ].join('')
}
