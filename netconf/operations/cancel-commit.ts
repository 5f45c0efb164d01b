/** cancel-commit (RFC 6241, section 8.4.4.1): running becomes what it was before the confirmed commit. */
import { BASE_NAMESPACE } from '../xml.js'
import { ok } from './operation.js'
import type { Operation } from './operation.js'
import { atBadElement } from './parameters.js'

export const cancelCommit: Operation = {
  name: 'cancel-commit',
  namespace: BASE_NAMESPACE,
  async run({ rpc, requester, services }) {
    await atBadElement(rpc, () => services.datastores.cancelCommit(requester, rpc.value('persist-id')))
    return ok
  },
}
