/** commit (RFC 6241, section 8.3.4.1): the candidate becomes running. */
import { BASE_NAMESPACE } from '../xml.js'
import { ok } from './operation.js'
import type { Operation } from './operation.js'

export const commit: Operation = {
  name: 'commit',
  namespace: BASE_NAMESPACE,
  async run({ requester, services }) {
    await services.datastores.commit(requester)
    return ok
  },
}
