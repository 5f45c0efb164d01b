/** Operational state of the NETCONF server: listeners, host keys, counts. */
import type { StateProvider } from '../../../datastore/index.js'
import { leaf } from '../xml.js'
import { namespace, statePath, type ManagementServer } from './model.js'

export function serverState(server: () => ManagementServer | undefined): StateProvider {
  return {
    path: statePath,
    async *read() {
      const status = server()?.status()
      if (status === undefined) return
      const listeners = status.listening.map(
        ({ name, address, port }) =>
          `<listener>${leaf('address', address)}${leaf('port', port)}${leaf('endpoint', name)}</listener>`,
      )
      const hostKeys = status.hostKeys.map(
        ({ type, bits, publicKey, fingerprint }) =>
          `<host-key>${leaf('type', type)}${leaf('bits', bits)}${leaf('public-key', publicKey)}${leaf('fingerprint', fingerprint)}</host-key>`,
      )
      yield [
        `<netconf-server xmlns="${namespace}"><state>`,
        ...listeners,
        ...hostKeys,
        leaf('sessions', status.sessions),
        leaf('pending-logins', status.pendingLogins),
        leaf('failed-logins', status.failedLogins),
        '</state></netconf-server>',
      ].join('')
    },
  }
}
