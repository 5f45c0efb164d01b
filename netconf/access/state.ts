/** What access control has denied, as state of ietf-netconf-acm (RFC 8341, section 3.5.2). */
import type { StateProvider } from '../../datastore/index.js'
import type { AccessControl } from './control.js'
import { NACM_PATH } from './rules.js'

export const NACM_NAMESPACE = 'urn:ietf:params:xml:ns:yang:ietf-netconf-acm'

export function accessState(control: AccessControl): StateProvider {
  return {
    path: NACM_PATH,
    async *read() {
      const { operations, dataWrites, notifications } = control.denials
      yield (
        `<nacm xmlns="${NACM_NAMESPACE}"><denied-operations>${operations}</denied-operations>` +
        `<denied-data-writes>${dataWrites}</denied-data-writes>` +
        `<denied-notifications>${notifications}</denied-notifications></nacm>`
      )
    },
  }
}
