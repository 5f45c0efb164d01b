/** discard-changes (RFC 6241, section 8.3.4.2): the candidate becomes what running is. */
import { BASE_NAMESPACE } from '../xml.js'
import { ok } from './operation.js'
import type { Operation } from './operation.js'

export const discardChanges: Operation = {
  name: 'discard-changes',
  namespace: BASE_NAMESPACE,
  async run({ requester, services }) {
    await services.datastores.discard(requester)
    return ok
  },
}
