/** lock (RFC 6241, section 7.5). */
import { BASE_NAMESPACE } from '../xml.js'
import { ok } from './operation.js'
import type { Operation } from './operation.js'
import { datastoreOf } from './parameters.js'

export const lock: Operation = {
  name: 'lock',
  namespace: BASE_NAMESPACE,
  async run({ rpc, requester, services }) {
    await services.datastores.lock(requester, datastoreOf(rpc, 'target', services.context))
    return ok
  },
}
