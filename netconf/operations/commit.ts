/** commit (RFC 6241, sections 8.3.4.1 and 8.4.5.1): the candidate becomes running, for good or until it is confirmed. */
import { BASE_NAMESPACE } from '../xml.js'
import { confirmationOf } from './history.js'
import { ok } from './operation.js'
import type { Operation } from './operation.js'
import { atBadElement } from './parameters.js'

export const commit: Operation = {
  name: 'commit',
  namespace: BASE_NAMESPACE,
  async run({ rpc, requester, services }) {
    await atBadElement(rpc, () => services.datastores.commit(requester, confirmationOf(rpc)))
    return ok
  },
}
