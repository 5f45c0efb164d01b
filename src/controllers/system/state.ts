/** Operational state of the system (RFC 7317, section 3.2): platform and clock. */
import { machine, release, type, uptime, version } from 'node:os'
import type { StateProvider } from '../../../datastore/index.js'
import { dateAndTime, leaf } from '../xml.js'

const namespace = 'urn:ietf:params:xml:ns:yang:ietf-system'

export function systemState(now: () => number): StateProvider {
  // The boot is one moment, however often it is asked for.
  const boot = Math.round((now() - uptime() * 1000) / 1000) * 1000
  return {
    path: '/ietf-system:system-state',
    async *read() {
      yield [
        `<system-state xmlns="${namespace}"><platform>`,
        leaf('os-name', type()),
        leaf('os-release', release()),
        leaf('os-version', version()),
        leaf('machine', machine()),
        '</platform><clock>',
        leaf('current-datetime', dateAndTime(now())),
        leaf('boot-datetime', dateAndTime(boot)),
        '</clock></system-state>',
      ].join('')
    },
  }
}
